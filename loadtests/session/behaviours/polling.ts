import type { ClientPlan } from '../../../protocol/generatorPlan.ts';
import { NUMBERED_CHANNELS } from '../../../protocol/run.ts';
import type { ClientStreams } from '../clientStreams.ts';
import type { Dialect, PostAnswer, SessionCursor, SessionEvent } from '../dialect.ts';
import { isFields, parseFields } from '../fields.ts';
import type { ClientPorts } from '../ports.ts';

export interface PollingOptions {
  readonly plan: ClientPlan;
  readonly dialect: Dialect;
  readonly streams: ClientStreams;
  readonly ports: ClientPorts;
  readonly onEvent: (event: SessionEvent, atUs: number) => void;
  /** A poll that was answered badly or not at all, in words. */
  readonly onFailed: (why: string, atUs: number) => void;
}

/** A client without a socket: asks `/api/poll` for all after the numbers at which it stands. */
export class Polling {
  readonly #options: PollingOptions;
  #isAsking = false;
  #onAnswered: () => void = () => undefined;

  constructor(options: PollingOptions) {
    this.#options = options;
  }

  /** Polls, unless the last one is still unanswered: its answer would say the same. Returns whether it asked. */
  poll(url: string): boolean {
    const { plan, streams, ports } = this.#options;
    if (this.#isAsking || ports.post === undefined) return false;
    const since: Record<string, SessionCursor> = {};
    for (const channel of NUMBERED_CHANNELS) {
      const cursor = plan.channels.includes(channel) ? streams.cursor(channel) : undefined;
      if (cursor !== undefined) since[channel] = cursor;
    }
    // Who has heard nothing yet has no place to go on from: its first socket will give it one.
    if (Object.keys(since).length === 0) return false;
    this.#isAsking = true;
    const headers = plan.token === undefined ? {} : { Authorization: `Bearer ${plan.token}` };
    ports.post({ url, headers, body: JSON.stringify({ since }) }, (answer, atUs) => {
      this.#isAsking = false;
      const more = this.#take(answer, atUs);
      if (more && this.poll(url)) return;
      const onAnswered = this.#onAnswered;
      this.#onAnswered = () => undefined;
      onAnswered();
    });
    return true;
  }

  /** Calls when no answer is owed: what comes by the next socket begins where the last answer ended. */
  whenAnswered(action: () => void): void {
    if (this.#isAsking) this.#onAnswered = action;
    else action();
  }

  /** Hands on what came; true when more waits. */
  #take({ status, body }: PostAnswer, atUs: number): boolean {
    const { plan, dialect, streams, onEvent, onFailed } = this.#options;
    const answer = status === 200 ? parseFields(body) : undefined;
    const channels = answer?.['channels'];
    if (answer === undefined || !isFields(channels) || typeof answer['epoch'] !== 'string') {
      onFailed(status === 0 ? 'a poll was not answered' : `a poll was answered with ${status}`, atUs);
      return false;
    }
    streams.onWelcome({ epoch: answer['epoch'], account: plan.account });
    for (const channel of NUMBERED_CHANNELS) {
      const byKey = channels[channel];
      if (!isFields(byKey)) continue;
      for (const key of Object.keys(byKey)) {
        const frames = byKey[key];
        if (!Array.isArray(frames) || frames.length === 0) continue;
        const [first] = frames;
        streams.onPolled(channel, key, !(isFields(first) && first['type'] === 'snapshot'));
        for (const frame of frames) onEvent(dialect.parse(JSON.stringify(frame), atUs), atUs);
      }
    }
    return answer['more'] === true;
  }
}
