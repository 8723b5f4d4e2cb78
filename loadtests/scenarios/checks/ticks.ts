import { broken, dueUs, type Finding, kept, noneOf, type Stage } from '../stage.ts';
import type { TrueTick } from '../truth.ts';
import type { HeardTicker, Witness } from '../witness.ts';

/** Prices are sent as decimal numbers: this far apart they are another's. */
const PRICE_TOLERANCE = 1e-6;

/** Every sound event of the feed is told, or covered by a later one. */
export async function noLoss(stage: Stage): Promise<Finding> {
  await stage.ended;
  const faults: string[] = [];
  let told = 0;
  for (const [at, witness] of stage.witnesses.entries()) {
    for (const { symbol, ticks } of symbolsOf(stage, witness)) {
      const { head, holes } = witness.stream('ticker', symbol);
      told += ticks.length;
      if (holes > 0) faults.push(`client ${at} misses ${holes} numbers of ${symbol}`);
      if (Math.max(0, head) !== ticks.length) {
        faults.push(`client ${at} heard ${symbol} up to ${head}, the feed said ${ticks.length}`);
      }
    }
  }
  return noneOf(faults, `${told} events to ${stage.witnesses.length} clients`);
}

/** No number of any stream is told twice. */
export async function noDuplicate({ witnesses, ended }: Stage): Promise<Finding> {
  await ended;
  const faults = witnesses.flatMap((witness, at) =>
    [...witness.streams]
      .filter(([, { repeats }]) => repeats > 0)
      .map(([name, { repeats }]) => `client ${at} was told ${repeats} numbers of ${name} again`),
  );
  return noneOf(faults, 'no number twice');
}

/** Each symbol's events come in their order, and its time never runs backwards. */
export async function inOrder({ witnesses, ended }: Stage): Promise<Finding> {
  await ended;
  const faults: string[] = [];
  for (const [at, witness] of witnesses.entries()) {
    for (const [symbol, heard] of witness.tickers) {
      const wrong = heard.findIndex((ticker, place) => place > 0 && isBefore(ticker, heard[place - 1]));
      if (wrong >= 0) faults.push(`client ${at}: ${symbol} number ${heard[wrong]?.seq} goes back in number or time`);
    }
    for (const bad of witness.badFrames) faults.push(`client ${at} got what is no frame: ${bad}`);
  }
  return noneOf(faults, 'numbers and times run forwards');
}

function isBefore(ticker: HeardTicker, last: HeardTicker | undefined): boolean {
  return last !== undefined && (ticker.seq <= last.seq || ticker.eventTimeUs < last.eventTimeUs);
}

/** Every price told is the feed's, for its event. */
export async function pricesOfFeed(stage: Stage): Promise<Finding> {
  await stage.ended;
  const faults: string[] = [];
  let compared = 0;
  for (const [at, witness] of stage.witnesses.entries()) {
    for (const { symbol, ticks } of symbolsOf(stage, witness)) {
      for (const heard of witness.tickers.get(symbol) ?? []) {
        compared++;
        const difference = differenceOf(heard, ticks[heard.seq - 1]);
        if (difference !== undefined) faults.push(`client ${at}: ${symbol} number ${heard.seq} ${difference}`);
      }
    }
  }
  return compared === 0 ? broken('no price was told') : noneOf(faults, `${compared} prices compared`);
}

function differenceOf({ eventTimeUs, data }: HeardTicker, tick: TrueTick | undefined): string | undefined {
  if (tick === undefined) return 'is no event of the feed';
  if (eventTimeUs !== tick.eventTimeUs) return `is of ${eventTimeUs}, the feed said ${tick.eventTimeUs}`;
  const pairs = [
    ['last', data.last, tick.price],
    ['bid', data.bid, tick.bid],
    ['ask', data.ask, tick.ask],
  ] as const;
  for (const [name, told, said] of pairs) {
    if (said !== null && (told === null || Math.abs(told - said) > PRICE_TOLERANCE)) {
      return `has ${name} ${told}, the feed said ${said}`;
    }
  }
  return undefined;
}

/** What can't be is refused and not told. */
export async function refusesBadTicks(stage: Stage, { least }: { readonly least: number }): Promise<Finding> {
  await stage.ended;
  const { refused } = stage.truth;
  const counted = await metric(stage, 'tapedeck_ticks_refused_total');
  const told = stage.witnesses.flatMap((witness) => [...witness.tickers.values()].flat());
  const nonsense = told.filter(({ data }) =>
    [data.last, data.bid, data.ask].some((price) => price !== null && price <= 0),
  );
  if (nonsense.length > 0) return broken(`${nonsense.length} frames tell a price of zero or less`);
  if (refused < least) return broken(`the feed said ${refused} bad ticks, the scenario wants ${least}`);
  return counted === refused
    ? kept(`${refused} refused`)
    : broken(`${counted} refused, the feed said ${refused} bad ones`);
}

/** After the last fault all clients are level with the market in time. */
export async function recoveredWithin(stage: Stage, { s }: { readonly s: number }): Promise<Finding> {
  const lastUs = Math.max(
    stage.schedule.fromEventUs,
    ...stage.windows.map(({ endUs }) => endUs).filter((endUs) => endUs < stage.schedule.toEventUs),
  );
  const deadlineUs = dueUs(stage, lastUs) + s * 1e6;
  await stage.ended;
  const faults: string[] = [];
  for (const [at, witness] of stage.witnesses.entries()) {
    for (const { symbol, ticks } of symbolsOf(stage, witness)) {
      const wanted = ticks.filter(({ eventTimeUs }) => eventTimeUs <= lastUs).length;
      const heard = (witness.tickers.get(symbol) ?? []).filter(({ readUs }) => readUs <= deadlineUs).at(-1)?.seq ?? 0;
      if (heard < wanted) faults.push(`client ${at} is at ${symbol} ${heard} of ${wanted} ${s} s after the last fault`);
    }
  }
  return noneOf(faults, `all level ${s} s after the last fault`);
}

/** A client that stops reading is told which ticks the latest prices stand for, or is closed with 4008. */
export async function slowReaderTold(stage: Stage): Promise<Finding> {
  const [slow] = stage.witnesses;
  if (slow === undefined) return broken('there is no client');
  const { startUs } = stage.schedule;
  await stage.at(startUs + 300_000);
  slow.pause();
  await stage.at(startUs + 4_300_000);
  slow.resume();
  await stage.ended;
  if (slow.closes.some(({ code }) => code === 4008)) return kept('it was closed with 4008');
  if (slow.closes.length > 0) return broken(`it was closed with ${slow.closes[0]?.code}`);
  const conflated = [...slow.tickers.values()].flat().filter(({ seq, seqFrom }) => seqFrom < seq).length;
  const holes = [...slow.streams.values()].reduce((sum, log) => sum + log.holes, 0);
  return holes > 0
    ? broken(`${holes} numbers are missing without a word`)
    : kept(`${conflated} frames stood for several`);
}

/** The server's memory grows by no more than that. */
export async function memoryBounded(stage: Stage, { maxMb }: { readonly maxMb: number }): Promise<Finding> {
  const name = 'process_resident_memory_bytes';
  await stage.at(stage.schedule.startUs);
  const before = await metric(stage, name);
  await stage.ended;
  const grownMb = ((await metric(stage, name)) - before) / 1e6;
  const detail = `memory grew by ${grownMb.toFixed(0)} MB`;
  return grownMb <= maxMb ? kept(detail) : broken(detail);
}

/** A value of `/metrics`, summed over its labels. */
async function metric({ backEnd }: Stage, name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${backEnd.port}/metrics`);
  const lines = (await answer.text())
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

function symbolsOf({ truth }: Stage, witness: Witness) {
  return witness.symbols.flatMap((symbol) => truth.symbols.get(symbol) ?? []);
}
