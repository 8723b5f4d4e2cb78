import { type Heard, TOLD_SILENCE_US } from '../../protocol/heard.ts';
import { type ClientLine, symbolOfTicker } from '../../protocol/run.ts';
import type { Target } from '../../protocol/schemas/targets.ts';
import { atLeast } from './countRows.ts';
import { type RunEvidence, secondOf } from './evidence.ts';
import { type Finding, generatorAtFault } from './samples.ts';
import { shutOutWords } from './shutOut.ts';

/** What others hear of a symbol for so long, its client should hear too. */
const MUTE_US = 2_000_000;

/** A client that heard nothing of a symbol while others did. */
interface Muted {
  readonly client: number;
  readonly symbol: string;
  readonly fromUs: number;
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
  const counted = atLeast(target, evidence, served, `of ${evidence.plannedClients} planned`);
  const shut = counted.verdict === 'fail' ? shutOutWords(evidence) : '';
  const found = shut === '' ? counted : { ...counted, reason: `${counted.reason}; ${shut}` };
  const muted = isHeldAgainstOthers(evidence) ? mutedOf(clients) : [];
  const [worst] = muted;
  if (worst === undefined || found.verdict !== 'pass') return found;
  const count = new Set(muted.map(({ client }) => client)).size;
  const fault = generatorAtFault(evidence);
  return {
    ...found,
    measured: `${found.measured}, ${count} not throughout`,
    verdict: fault === '' ? 'fail' : 'invalid',
    reason: `client ${worst.client} heard nothing of ${worst.symbol} for ${(worst.forUs / 1e6).toFixed(1)} s from second ${secondOf(evidence.schedule, worst.fromUs)} on, while others did${fault === '' ? '' : `; ${fault}`}`,
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
  const byStream = new Map<string, HeardBy[]>();
  for (const line of clients) {
    for (const { stream, heard } of line.streams) {
      if (heard === undefined) continue;
      const others = byStream.get(stream);
      if (others === undefined) byStream.set(stream, [{ line, heard }]);
      else others.push({ line, heard });
    }
  }
  const muted = [...byStream].flatMap(([stream, all]) => {
    const symbol = symbolOfTicker(stream);
    return [...mutedToTheEnd(all), ...mutedBetween(all)].map((silence): Muted => ({ ...silence, symbol }));
  });
  return muted.sort((a, b) => b.forUs - a.forUs || a.client - b.client);
}

/** What a client heard of a stream. */
interface HeardBy {
  readonly line: ClientLine;
  readonly heard: Heard;
}

/** Clients that others outlasted, of those that were there at the end. */
function mutedToTheEnd(all: readonly HeardBy[]): Omit<Muted, 'symbol'>[] {
  const present = all.filter(({ line }) => isThereAtEnd(line));
  const lastUs = present.reduce((last, { heard }) => Math.max(last, heard.proven?.lastDueUs ?? -1), -1);
  return present.flatMap(({ line: { client }, heard: { lastDueUs: fromUs } }) => {
    const forUs = lastUs - fromUs;
    return forUs > MUTE_US ? [{ client, fromUs, forUs }] : [];
  });
}

/**
 * Clients that stayed subscribed throughout a silence in which another one must have heard something: it heard of the stream
 * before and after, and never went so long without.
 */
function mutedBetween(all: readonly HeardBy[]): Omit<Muted, 'symbol'>[] {
  // Who went the shortest time without is found first.
  const witnesses = all
    .flatMap(({ heard: { proven } }) => (proven === undefined ? [] : { unheardUs: TOLD_SILENCE_US, ...proven }))
    .sort((a, b) => a.unheardUs - b.unheardUs);
  return all.flatMap(({ line: { client }, heard: { silence } }) => {
    if (silence === undefined) return [];
    const { fromUs, untilUs } = silence;
    const forUs = untilUs - fromUs;
    for (const { firstDueUs, lastDueUs, unheardUs } of witnesses) {
      if (unheardUs + MUTE_US >= forUs) break;
      if (firstDueUs <= fromUs && lastDueUs >= untilUs) return [{ client, fromUs, forUs }];
    }
    return [];
  });
}

function isThereAtEnd({ closes, resumes }: ClientLine): boolean {
  const closedUs = closes.at(-1)?.atUs ?? 0;
  return closedUs === 0 || (resumes.at(-1)?.resumedUs ?? 0) >= closedUs;
}
