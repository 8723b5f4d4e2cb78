import type { ProviderBar } from '../../market/bars/types.ts';
import { emptyTick, type Tick } from '../../market/types.ts';
import type { SymbolBook } from './symbolBook.ts';

const MINUTE_US = 60_000_000;
/** Questions on their way at one time. */
const CONCURRENCY = 16;
const ANSWER_WITHIN_MS = 5_000;
/** More faults than this, and the rest isn't asked for. */
const MAX_FAULTS = 20;

/** A minute's bar as a provider has it; sizes and prices in units of the currency. */
export interface HistoryBar {
  readonly startUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** Price x size of all trades. */
  readonly notional: number;
  readonly trades: number;
}

/** How a provider tells of the minutes before now. */
export interface HistorySource {
  /** The market's time, µs since the epoch. @throws Error with one line when it can't be had */
  readonly nowUs: (get: GetJson) => Promise<number>;
  /** The address of a symbol's bars of one minute for the market's day, and the headers. */
  readonly question: (
    name: string,
    nowUs: number,
  ) => { readonly url: string; readonly headers?: Record<string, string> };
  /** The bars in an answer; undefined when it is none. */
  readonly bars: (answer: unknown) => readonly HistoryBar[] | undefined;
}

/** Asks a provider by HTTP. @throws Error with one line */
export type GetJson = (url: string, headers?: Record<string, string>) => Promise<unknown>;

/** What was found out about the time before a feed begins. */
export interface History {
  /** Up to where it goes, µs since the epoch: the market's time when it was asked for. */
  readonly untilUs: number;
  /** By time, then by symbol. */
  readonly bars: readonly ProviderBar[];
  /** Symbols for which there was no answer that could be used. */
  readonly faults: number;
}

/** Asks a provider for the bars of all symbols for the market's day so far. @throws Error with one line when nothing can be had */
export async function fetchHistory(source: HistorySource, symbols: SymbolBook): Promise<History> {
  const untilUs = await source.nowUs(getJson);
  const bars: ProviderBar[] = [];
  let [next, faults, lastFault] = [0, 0, ''];
  const ask = async (): Promise<void> => {
    while (next < symbols.size && faults <= MAX_FAULTS) {
      const symbol = next++;
      const { url, headers } = source.question(symbols.nameOf(symbol), untilUs);
      try {
        const found = source.bars(await getJson(url, headers));
        if (found === undefined) throw new Error('an answer of another form');
        for (const bar of found) bars.push(inTicks(symbols, symbol, bar));
      } catch (error) {
        faults++;
        lastFault = error instanceof Error ? error.message : String(error);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, ask));
  if (faults > MAX_FAULTS) throw new Error(`the history can't be had: ${lastFault}`);
  bars.sort((one, other) => one.startUs - other.startUs || one.symbol - other.symbol);
  return { untilUs, bars, faults };
}

/** Gives a history to whoever builds bars: closed minutes as bars, the one that is forming as the trades that make it. */
export function tellHistory(
  { bars, untilUs }: History,
  sink: { readonly tick: (tick: Tick) => void; readonly bar: (bar: ProviderBar) => void },
): void {
  const formingUs = Math.floor(untilUs / MINUTE_US) * MINUTE_US;
  const tick = emptyTick();
  for (const bar of bars) {
    if (bar.startUs < formingUs) {
      sink.bar(bar);
      continue;
    }
    const { open, high, low, close, symbol, volume } = bar;
    // The minute's start, so that no trade to come is earlier; the whole size with the first.
    for (const [at, price] of [open, high, low, close].entries()) {
      Object.assign(tick, { symbol, price, size: at === 0 ? volume : 0, eventTimeUs: bar.startUs });
      sink.tick(tick);
    }
  }
}

/** The HTTP address of a provider that is reached by WebSocket at `url`: its own where that is the provider's own, else the same host. */
export function restAddress(url: string, own: { readonly stream: string; readonly rest: string }): string {
  return url === own.stream ? own.rest : url.replace(/^ws/, 'http');
}

const getJson: GetJson = async (url, headers = {}) => {
  const { origin, pathname } = new URL(url);
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch(() => undefined);
  if (response === undefined) throw new Error(`${origin}${pathname} doesn't answer`);
  if (!response.ok) throw new Error(`${origin}${pathname} answers ${response.status}`);
  return response.json().catch(() => undefined);
};

function inTicks(symbols: SymbolBook, symbol: number, bar: HistoryBar): ProviderBar {
  const [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close].map((price) =>
    symbols.ticks(symbol, price),
  );
  const { startUs, trades } = bar;
  const prices = { open: open as number, high: high as number, low: low as number, close: close as number };
  const volume = symbols.lots(symbol, bar.volume);
  const { priceDecimals = 0, quantityDecimals = 0 } = symbols.instruments[symbol] ?? {};
  const worth = Math.round(bar.notional * 10 ** (priceDecimals + quantityDecimals));
  // A provider rounds its mean price: what lies outside the bar's range can't be.
  const notional = Math.min(Math.max(worth, prices.low * volume), prices.high * volume);
  return { symbol, startUs, ...prices, volume, notional, trades };
}
