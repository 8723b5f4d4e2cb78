import type { Scenario } from '../../protocol/schemas/scenario.ts';
import type { CommandUnderTest, UrlUnderTest } from '../gate/underTest.ts';
import { startForeign } from './start.ts';

/** A server that has just come up has nothing to finish. */
const END_MS = 2_000;

/**
 * Starts a server that isn't ours and ends it again, or finds the one that runs: one that doesn't come up is better known
 * before a minute is played into another. A server that waits for a feed or a tape of ours can't be tried without it.
 *
 * @throws GateError when nothing listens in time
 */
export async function startOnce(
  underTest: CommandUnderTest | UrlUnderTest,
  run: {
    readonly scenario: Scenario;
    readonly tapePath: string;
    readonly env: NodeJS.ProcessEnv;
    readonly nowUs: number;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  if (underTest.fed !== undefined && underTest.fed.kind !== 'own') return;
  const { fromS, durationS, speed } = run.scenario.tape;
  const server = await startForeign(underTest, {
    schedule: { startUs: run.nowUs, fromEventUs: 0, toEventUs: durationS * speed * 1e6, speed },
    tapePath: run.tapePath,
    fromS,
    durationS,
    provider: undefined,
    env: run.env,
    signal: run.signal,
  });
  await server.child.end(END_MS);
  run.signal.throwIfAborted();
}
