import type { ClientBehaviour } from '../../../protocol/generatorPlan.ts';
import type { ClientPorts } from '../ports.ts';

/** What a behaviour does to its client, one thing at a time. */
export interface BehaviourHands {
  /** Ends the connection without a close frame; the client comes back by its reconnect policy. */
  readonly drop: () => void;
  /** Stops reading, and goes on with it. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly leave: (symbols: readonly string[]) => void;
  readonly takeBack: (symbols: readonly string[]) => void;
  /** Closes in order and stays without a socket, until it comes back. */
  readonly goAway: () => void;
  readonly poll: (url: string) => void;
  readonly comeBack: () => void;
}

/** One thing that is done at a planned time, µs since the epoch. */
export interface Step {
  readonly atUs: number;
  readonly act: (hands: BehaviourHands) => void;
}

/** The steps of a behaviour, in the order of their times. */
export function stepsOf(behaviour: ClientBehaviour): Step[] {
  return unordered(behaviour).sort((a, b) => a.atUs - b.atUs);
}

function unordered(behaviour: ClientBehaviour): Step[] {
  switch (behaviour.kind) {
    case 'slow':
      return behaviour.spans.flatMap(({ fromUs, toUs }) => [
        { atUs: fromUs, act: (hands) => hands.pause() },
        { atUs: toUs, act: (hands) => hands.resume() },
      ]);
    case 'flapping':
      return behaviour.dropsUs.map((atUs) => ({ atUs, act: (hands) => hands.drop() }));
    case 'churn':
      return behaviour.leaves.flatMap(({ fromUs, toUs, symbols }) => [
        { atUs: fromUs, act: (hands) => hands.leave(symbols) },
        { atUs: toUs, act: (hands) => hands.takeBack(symbols) },
      ]);
    case 'polling':
      return pollingSteps(behaviour);
    case 'bursts':
      return [];
  }
}

/** Polls are due by the clock, whether or not the last one was answered in time. */
function pollingSteps({ url, everyMs, spans }: Extract<ClientBehaviour, { kind: 'polling' }>): Step[] {
  return spans.flatMap(({ fromUs, toUs }) => {
    const steps: Step[] = [{ atUs: fromUs, act: (hands) => hands.goAway() }];
    for (let atUs = fromUs + everyMs * 1000; atUs < toUs; atUs += everyMs * 1000)
      steps.push({ atUs, act: (hands) => hands.poll(url) });
    return [...steps, { atUs: toUs, act: (hands) => hands.comeBack() }];
  });
}

/** Takes a behaviour's steps at their times; returns what ends it. */
export function playSteps(
  steps: readonly Step[],
  hands: BehaviourHands,
  ports: Pick<ClientPorts, 'nowUs' | 'after'>,
): () => void {
  let next = 0;
  let cancel: () => void = () => undefined;
  const arm = (): void => {
    const step = steps[next];
    if (step === undefined) return;
    cancel = ports.after(Math.max(0, Math.ceil((step.atUs - ports.nowUs()) / 1000)), () => {
      next += 1;
      step.act(hands);
      arm();
    });
  };
  arm();
  return () => {
    next = steps.length;
    cancel();
  };
}
