import { type ClientLine, symbolOfTicker } from '../../protocol/run.ts';
import type { Target } from '../../protocol/schemas/targets.ts';
import { atLeast } from './countRows.ts';
import type { RunEvidence } from './evidence.ts';
import { type Finding, generatorAtFault } from './samples.ts';

/** What others still hear of a symbol for so long, its client should hear too. */
const MUTE_US = 2_000_000;

/** A client that heard no more of a symbol while others did. */
interface Muted {
  readonly client: number;
  readonly symbol: string;
  readonly forUs: number;
}

/**
 * Clients that were welcomed, heard ticks, and heard them as long as others did. Where there are no ticks, being subscribed
 * has to do: not every symbol has a pattern.
 */
export function servedClients(target: Target, evidence: RunEvidence): Finding {
  const hasTicks = !evidence.absent.has('time');
  const clients = evidence.generators.flatMap((data) => data.clients);
  const served = clients.filter(
    (client) =>
      client.connects > 0 &&
      (hasTicks ? client.streams.some((stream) => stream.events > 0) : client.patterns.fromUs >= 0),
  ).length;
  const found = atLeast(target, evidence, served, `of ${evidence.plannedClients} planned`);
  const muted = isHeldAgainstOthers(evidence) ? mutedOf(clients) : [];
  const [worst] = muted;
  if (worst === undefined || found.verdict !== 'pass') return found;
  const count = new Set(muted.map(({ client }) => client)).size;
  const fault = generatorAtFault(evidence);
  return {
    ...found,
    measured: `${found.measured}, ${count} not to the end`,
    verdict: fault === '' ? 'fail' : 'invalid',
    reason: `client ${worst.client} heard nothing of ${worst.symbol} for ${(worst.forUs / 1e6).toFixed(1)} s in which others did${fault === '' ? '' : `; ${fault}`}`,
  };
}

/**
 * Whether nobody knows at which number a stream ends, so that only its other clients can tell; and each client stays to the
 * end and reads what comes.
 */
function isHeldAgainstOthers({ expectedHeads, absent, scenario }: RunEvidence): boolean {
  const isSteady = absent.has('soak') && scenario.load.behaviours === undefined;
  return expectedHeads.size === 0 && !absent.has('time') && absent.has('polled') && isSteady;
}

/** The longest silence first. */
function mutedOf(clients: readonly ClientLine[]): Muted[] {
  const present = clients.filter(isThereAtEnd);
  const lastUs = new Map<string, number>();
  for (const { streams } of present) {
    for (const { stream, lastReadUs = -1 } of streams)
      lastUs.set(stream, Math.max(lastReadUs, lastUs.get(stream) ?? lastReadUs));
  }
  const muted = present.flatMap(({ client, streams }) =>
    streams.flatMap(({ stream, lastReadUs }): Muted[] => {
      // What never came at all is a matter of its subscription, and of the row of symbols.
      const forUs = lastReadUs === undefined ? 0 : (lastUs.get(stream) ?? 0) - lastReadUs;
      return forUs > MUTE_US ? [{ client, symbol: symbolOfTicker(stream), forUs }] : [];
    }),
  );
  return muted.sort((a, b) => b.forUs - a.forUs || a.client - b.client);
}

function isThereAtEnd({ closes, resumes }: ClientLine): boolean {
  const closedUs = closes.at(-1)?.atUs ?? 0;
  return closedUs === 0 || (resumes.at(-1)?.resumedUs ?? 0) >= closedUs;
}
