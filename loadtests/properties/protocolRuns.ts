import fc from 'fast-check';
import { ByteCutProxy } from '../../client/testing/byteCutProxy.ts';
import type { Operation } from './protocolOperations.ts';
import { ProtocolBroken, ProtocolLaw } from './protocolPlay.ts';
import { session } from './protocolSessions.ts';
import type { LawServer } from './protocolSurroundings.ts';

/** The most operations of a random session. */
const MOST_OPERATIONS = 14;

/** What a run of sessions has come to. */
export interface ProtocolRuns {
  readonly sessions: number;
  readonly operations: number;
  /** How often what has come: types of frames, `error` with its reason or code, `close` with its code. */
  readonly happened: ReadonlyMap<string, number>;
  /** The shrunk session that broke the law, and how it did. */
  readonly broken?: { readonly operations: readonly Operation[]; readonly fault: string };
}

/** Plays random sessions against a server until one breaks the law. Where sessions have restarts, the server needs a journal. */
export async function runSessions(
  server: LawServer,
  parameters: { readonly seed: number; readonly numRuns: number },
): Promise<ProtocolRuns> {
  const proxy = await ByteCutProxy.start(server.port);
  const law = new ProtocolLaw(server, proxy);
  const { happened } = law;
  let [sessions, played] = [0, 0];
  try {
    const sessionsOf = session({ most: MOST_OPERATIONS, restarts: server.hasJournal });
    const property = fc.asyncProperty(sessionsOf, async (operations) => {
      sessions++;
      played += operations.length;
      await law.play(operations);
    });
    const result = await fc.check(property, parameters);
    if (!result.failed || result.counterexample === null) return { sessions, operations: played, happened };
    const { errorInstance: error, counterexample } = result;
    if (!(error instanceof ProtocolBroken)) throw error;
    return { sessions, operations: played, happened, broken: { operations: counterexample[0], fault: error.message } };
  } finally {
    await law.close();
    await proxy.close();
  }
}

/** Plays one session. @throws ProtocolBroken when it breaks the law */
export async function playSession(server: LawServer, operations: readonly Operation[]): Promise<void> {
  const proxy = await ByteCutProxy.start(server.port);
  const law = new ProtocolLaw(server, proxy);
  try {
    await law.play(operations);
  } finally {
    await law.close();
    await proxy.close();
  }
}
