import { lengthUs, type Schedule, symbolOfTicker } from '../../protocol/run.ts';
import type { GeneratorData } from '../judge/merge.ts';

/** What came in the last moments may still be on its way to others, s. */
const LAST_S = 2;
/** From a silence of this share of the run on, and of {@link LEAST_SILENCE_S}, nobody knows whether a feed ended or its server. */
const SILENCE_SHARE = 0.25;
const LEAST_SILENCE_S = 5;
/** So many prices that would have come at a pace are missed by no feed that only pauses, and in so many seconds. */
const MISSED_PRICES = 50;
const SILENT_S = 3;

/**
 * Up to which number every client must have come in each stream of tickers, where only the server knows its feed and numbers
 * each symbol's prices: the highest that any client heard, less what came in the last two seconds at the stream's mean pace.
 */
export function heardHeads(
  generators: readonly Pick<GeneratorData, 'clients'>[],
  schedule: Schedule,
): Map<string, number> {
  const spans = new Map<string, { first: number; last: number }>();
  for (const { clients } of generators) {
    for (const { streams } of clients) {
      for (const { stream, firstSeq, lastSeq } of streams) {
        if (!stream.startsWith('ticker:') || lastSeq < 0) continue;
        const span = spans.get(stream) ?? { first: firstSeq, last: lastSeq };
        span.first = Math.min(span.first, firstSeq);
        span.last = Math.max(span.last, lastSeq);
        spans.set(stream, span);
      }
    }
  }
  const seconds = Math.max(LAST_S, lengthUs(schedule) / 1e6);
  const heads = new Map<string, number>();
  for (const [stream, { first, last }] of spans) {
    const lately = Math.max(1, Math.ceil(((last - Math.max(0, first)) / seconds) * LAST_S));
    heads.set(symbolOfTicker(stream), last - lately);
  }
  return heads;
}

/**
 * In words, when nothing came to anybody in the last part of a run, or nothing of a symbol that had told much before; ''
 * when something did.
 */
export function silenceAtEnd(
  generators: readonly Pick<GeneratorData, 'clients' | 'received'>[],
  schedule: Schedule,
): string {
  const seconds = Math.floor(lengthUs(schedule) / 1e6);
  const symbols = toldOf(generators, schedule);
  const lastS = Math.max(0, ...symbols.map((symbol) => symbol.lastS));
  const perS = symbols.reduce((sum, symbol) => sum + symbol.perS, 0);
  if (isSilent({ lastS, perS }, schedule))
    return `nothing came to anybody after second ${Math.floor(lastS)} of ${seconds}: ${UNKNOWN}`;
  const silent = symbols.filter((symbol) => isSilent(symbol, schedule));
  const [first] = silent;
  if (first !== undefined) {
    const others = silent.length > 1 ? ` and of ${silent.length - 1} more symbols` : '';
    return `nothing of ${first.symbol}${others} came to anybody after second ${Math.floor(first.lastS)} of ${seconds}, though ${first.events} prices of it had: ${UNKNOWN}`;
  }
  const priced = generators.flatMap(({ clients }) =>
    clients.flatMap((client) => client.tickBySecond.map(([at]) => at)),
  );
  // Where no price says when it was due, any message has to do.
  const heard = priced.length > 0 ? priced : generators.flatMap(({ received }) => [...received.keys()]);
  const last = heard.reduce((latest, second) => Math.max(latest, second), -1);
  const silentS = seconds - 1 - last;
  if (last < 0 || silentS < Math.max(LEAST_SILENCE_S, SILENCE_SHARE * seconds)) return '';
  return `nothing came to anybody after second ${last} of ${seconds}: ${UNKNOWN}`;
}

const UNKNOWN = 'nobody knows whether the server stopped or its feed had nothing to tell';

interface Told {
  readonly symbol: string;
  /** When its last price was read, s after the start. */
  readonly lastS: number;
  readonly events: number;
  /** Its pace until then. */
  readonly perS: number;
}

/** Whether what had that pace fell silent so long before the end that far more was to come. */
function isSilent({ lastS, perS }: Pick<Told, 'lastS' | 'perS'>, schedule: Schedule): boolean {
  const seconds = lengthUs(schedule) / 1e6;
  const silentS = seconds - lastS;
  return silentS >= Math.max(SILENT_S, SILENCE_SHARE * seconds) && perS * silentS >= MISSED_PRICES;
}

/** Symbols of which anything was heard. */
function toldOf(generators: readonly Pick<GeneratorData, 'clients'>[], schedule: Schedule): Told[] {
  const told = new Map<string, { lastUs: number; events: number }>();
  for (const { clients } of generators) {
    for (const { streams } of clients) {
      for (const { stream, events, lastReadUs } of streams) {
        if (lastReadUs === undefined) continue;
        const of = told.get(stream) ?? { lastUs: 0, events: 0 };
        told.set(stream, { lastUs: Math.max(of.lastUs, lastReadUs), events: Math.max(of.events, events) });
      }
    }
  }
  return [...told].map(([stream, { lastUs, events }]) => {
    const lastS = (lastUs - schedule.startUs) / 1e6;
    return { symbol: symbolOfTicker(stream), lastS, events, perS: events / Math.max(1, lastS) };
  });
}
