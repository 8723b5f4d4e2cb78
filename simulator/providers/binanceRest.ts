import type {
  BinanceExchangeInfo,
  BinanceRestAggTrade,
  BinanceRestBookTicker,
  BinanceRestDepth,
  BinanceRestError,
  BinanceRestKline,
  BinanceRestPrice,
  BinanceRestTrade,
  BinanceSymbolInfo,
} from '../../protocol/providers/binance.ts';
import { jsonAnswer } from './access.ts';
import type { BinanceEvents } from './binanceEvents.ts';
import { type BinanceSymbol, type BinanceSymbols, KLINE_INTERVALS, KLINE_MS } from './binanceNames.ts';
import { BinanceTickers } from './binanceTickers.ts';
import type { FacadeWorld, ProviderAnswer, ProviderRequest } from './facade.ts';
import { barsOf } from './longBars.ts';
import { RateWindows } from './rateWindows.ts';
import type { RecentTrade } from './recentTrades.ts';
import { fixedDecimal, wholeMs } from './wireNumbers.ts';

const PLACES = 8;
const MINUTE_US = 60_000_000;
const WEIGHT_PER_MINUTE = 6_000;
/** Weight beyond the limit after which an address is banned, and for how long. Third-party: Binance only says "repeatedly". */
const BAN_AFTER_WEIGHT = 600;
const BAN_US = 120_000_000;
const DEFAULT_ROWS = 500;
const MAX_ROWS = 1_000;

/** Over the limit of requests. */
export const TOO_MANY_REQUESTS: BinanceRestError = {
  code: -1003,
  msg: 'Too much request weight used; current limit is 6000 request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.',
};

const INVALID_SYMBOL: BinanceRestError = { code: -1121, msg: 'Invalid symbol.' };
const INVALID_INTERVAL: BinanceRestError = { code: -1120, msg: 'Invalid interval.' };

type Answerer = (query: URLSearchParams) => unknown;

/** A question that Binance refuses. */
class RestRefusal extends Error {
  readonly answer: BinanceRestError;

  constructor(answer: BinanceRestError) {
    super(answer.msg);
    this.answer = answer;
  }
}

/** Answers Binance's REST questions about the market. */
export class BinanceRest {
  readonly #world: FacadeWorld;
  readonly #symbols: BinanceSymbols;
  readonly #events: BinanceEvents;
  readonly #tickers: BinanceTickers;
  readonly #weights: RateWindows;
  readonly #bannedUntilUs = new Map<string, number>();
  readonly #routes: Readonly<
    Record<string, { readonly answer: Answerer; readonly weight: (query: URLSearchParams) => number }>
  >;

  constructor(world: FacadeWorld, symbols: BinanceSymbols, events: BinanceEvents) {
    this.#world = world;
    this.#symbols = symbols;
    this.#events = events;
    this.#tickers = new BinanceTickers(world.market);
    const limit = world.plan === 'unlimited' ? Number.POSITIVE_INFINITY : WEIGHT_PER_MINUTE;
    this.#weights = new RateWindows({ limit, windowUs: MINUTE_US });
    const weighs = (weight: number) => () => weight;
    const weighsFor = (one: number, all: number) => (query: URLSearchParams) => (query.has('symbol') ? one : all);
    this.#routes = {
      ping: { answer: () => ({}), weight: weighs(1) },
      time: { answer: () => ({ serverTime: wholeMs(world.market.nowUs()) }), weight: weighs(1) },
      exchangeInfo: { answer: (query) => this.#exchangeInfo(query), weight: weighs(20) },
      depth: { answer: (query) => this.#depth(query), weight: weighs(5) },
      trades: { answer: (query) => this.#trades(query), weight: weighs(25) },
      aggTrades: { answer: (query) => this.#aggTrades(query), weight: weighs(4) },
      klines: { answer: (query) => this.#klines(query), weight: weighs(2) },
      'ticker/price': {
        answer: (query) => this.#perSymbol(query, (symbol) => this.#price(symbol)),
        weight: weighsFor(2, 4),
      },
      'ticker/bookTicker': {
        answer: (query) => this.#perSymbol(query, (symbol) => this.#bookTicker(symbol)),
        weight: weighsFor(2, 4),
      },
      'ticker/24hr': {
        answer: (query) => this.#perSymbol(query, (symbol) => this.#tickers.rest(symbol, world.market.nowUs())),
        weight: weighsFor(2, 80),
      },
    };
  }

  answer({ method, path, query, remoteAddress }: ProviderRequest): ProviderAnswer | undefined {
    const name = /^\/api\/v[13]\/(.+)$/.exec(path)?.[1];
    const route = name !== undefined && Object.hasOwn(this.#routes, name) ? this.#routes[name] : undefined;
    if (route === undefined || method !== 'GET') return undefined;
    const nowUs = this.#world.nowUs();
    const { isOver, used, resetUs } = this.#weights.take(remoteAddress, nowUs, route.weight(query));
    const refusal = this.#refusal(remoteAddress, { nowUs, used, resetUs, isOver });
    if (refusal !== undefined) return refusal;
    const headers = { 'x-mbx-used-weight': String(used), 'x-mbx-used-weight-1m': String(used) };
    try {
      return jsonAnswer(200, route.answer(query), headers);
    } catch (error) {
      if (error instanceof RestRefusal) return jsonAnswer(400, error.answer, headers);
      throw error;
    }
  }

  /** 429 over the limit, 418 for who goes on; both say for how long. */
  #refusal(
    address: string,
    use: { readonly nowUs: number; readonly used: number; readonly resetUs: number; readonly isOver: boolean },
  ): ProviderAnswer | undefined {
    const { nowUs, used, resetUs, isOver } = use;
    const bannedUntilUs = this.#bannedUntilUs.get(address) ?? 0;
    if (nowUs >= bannedUntilUs) this.#bannedUntilUs.delete(address);
    const isBanned = nowUs < bannedUntilUs || used > this.#weights.limit + BAN_AFTER_WEIGHT;
    if (isBanned) {
      const untilUs = nowUs < bannedUntilUs ? bannedUntilUs : nowUs + BAN_US;
      this.#bannedUntilUs.set(address, untilUs);
      const msg = `Way too much request weight used; IP banned until ${wholeMs(untilUs)}. Please use WebSocket Streams for live updates to avoid bans.`;
      return jsonAnswer(418, { code: -1003, msg }, { 'retry-after': secondsUntil(untilUs, nowUs) });
    }
    if (!isOver && !this.#world.link().isRateLimited) return undefined;
    return jsonAnswer(429, TOO_MANY_REQUESTS, { 'retry-after': secondsUntil(resetUs, nowUs) });
  }

  #exchangeInfo(query: URLSearchParams): BinanceExchangeInfo {
    const asked = query.has('symbol') || query.has('symbols') ? this.#asked(query) : this.#symbols.listed;
    return {
      timezone: 'UTC',
      serverTime: wholeMs(this.#world.market.nowUs()),
      rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: WEIGHT_PER_MINUTE }],
      exchangeFilters: [],
      symbols: asked.map((symbol) => symbolInfo(symbol, this.#world.market.view(symbol.index).isHalted)),
    };
  }

  /** The best bid and ask: the tape knows no more of the book. */
  #depth(query: URLSearchParams): BinanceRestDepth {
    const { index, instrument } = this.#one(query);
    const view = this.#world.market.view(index);
    const level = (price: number, size: number): BinanceRestDepth['bids'] =>
      price === 0
        ? []
        : [
            [
              fixedDecimal(price, instrument.priceDecimals, PLACES),
              fixedDecimal(size, instrument.quantityDecimals, PLACES),
            ],
          ];
    return {
      lastUpdateId: this.#events.updateId(index),
      bids: level(view.bid, view.bidSize),
      asks: level(view.ask, view.askSize),
    };
  }

  #trades(query: URLSearchParams): readonly BinanceRestTrade[] {
    const { instrument, trades } = this.#recent(query);
    const { priceDecimals, quantityDecimals } = instrument;
    return trades.map(({ id, price, size, timeUs, isBuyerMaker }) => ({
      id,
      price: fixedDecimal(price, priceDecimals, PLACES),
      qty: fixedDecimal(size, quantityDecimals, PLACES),
      quoteQty: fixedDecimal(price * size, priceDecimals + quantityDecimals, PLACES),
      time: wholeMs(timeUs),
      isBuyerMaker,
      isBestMatch: true,
    }));
  }

  #aggTrades(query: URLSearchParams): readonly BinanceRestAggTrade[] {
    const { instrument, trades } = this.#recent(query);
    return trades.map(({ id, price, size, timeUs, isBuyerMaker }) => ({
      a: id,
      p: fixedDecimal(price, instrument.priceDecimals, PLACES),
      q: fixedDecimal(size, instrument.quantityDecimals, PLACES),
      f: id,
      l: id,
      T: wholeMs(timeUs),
      m: isBuyerMaker,
      M: true,
    }));
  }

  #recent(query: URLSearchParams): {
    readonly instrument: BinanceSymbol['instrument'];
    readonly trades: readonly RecentTrade[];
  } {
    const { index, instrument } = this.#one(query);
    const lastId = this.#world.market.view(index).trades;
    return { instrument, trades: this.#events.recent.upTo(index, lastId, rows(query)) };
  }

  #klines(query: URLSearchParams): readonly BinanceRestKline[] {
    const { index, instrument } = this.#one(query);
    const interval = KLINE_INTERVALS.find((known) => known === query.get('interval') && known !== '1s');
    if (interval === undefined) throw new RestRefusal(INVALID_INTERVAL);
    const fromUs = timeParameter(query, 'startTime');
    const untilUs = timeParameter(query, 'endTime');
    const bars = barsOf(this.#world.market, index, {
      minutesPerBar: KLINE_MS[interval] / 60_000,
      ...(fromUs === undefined ? {} : { fromUs }),
      // The end is inclusive here.
      ...(untilUs === undefined ? {} : { toUs: untilUs + 1_000 }),
    });
    const { priceDecimals, quantityDecimals } = instrument;
    const price = (ticks: number) => fixedDecimal(ticks, priceDecimals, PLACES);
    // With a start the first ones after it, else the newest.
    const shown = fromUs === undefined ? bars.slice(-rows(query)) : bars.slice(0, rows(query));
    return shown.map((bar) => [
      wholeMs(bar.startUs),
      price(bar.open),
      price(bar.high),
      price(bar.low),
      price(bar.close),
      fixedDecimal(bar.volume, quantityDecimals, PLACES),
      wholeMs(bar.startUs) + KLINE_MS[interval] - 1,
      fixedDecimal(bar.notional, priceDecimals + quantityDecimals, PLACES),
      bar.trades,
      '0.00000000',
      '0.00000000',
      '0',
    ]);
  }

  #price(symbol: BinanceSymbol): BinanceRestPrice {
    const { last } = this.#world.market.view(symbol.index);
    return { symbol: symbol.name, price: fixedDecimal(last, symbol.instrument.priceDecimals, PLACES) };
  }

  #bookTicker(symbol: BinanceSymbol): BinanceRestBookTicker {
    const { bidPrice, bidQty, askPrice, askQty } = this.#tickers.rest(symbol, 0);
    return { symbol: symbol.name, bidPrice, bidQty, askPrice, askQty };
  }

  /** One answer for `symbol`, a list for `symbols` and for none. */
  #perSymbol(query: URLSearchParams, answer: (symbol: BinanceSymbol) => unknown): unknown {
    if (query.has('symbol')) return answer(this.#one(query));
    return (query.has('symbols') ? this.#asked(query) : this.#symbols.listed).map(answer);
  }

  #one(query: URLSearchParams): BinanceSymbol {
    const name = query.get('symbol') ?? '';
    if (name === '') throw new RestRefusal(missing('symbol'));
    return this.#known(name);
  }

  #asked(query: URLSearchParams): readonly BinanceSymbol[] {
    return query.has('symbol') ? [this.#one(query)] : namesIn(query).map((name) => this.#known(name));
  }

  #known(name: string): BinanceSymbol {
    const symbol = this.#symbols.find(name);
    if (symbol === undefined) throw new RestRefusal(INVALID_SYMBOL);
    return symbol;
  }
}

function missing(parameter: string): BinanceRestError {
  return { code: -1102, msg: `Mandatory parameter '${parameter}' was not sent, was empty/null, or malformed.` };
}

function illegal(parameter: string): RestRefusal {
  return new RestRefusal({ code: -1100, msg: `Illegal characters found in parameter '${parameter}'.` });
}

/** The names in `symbols=["A","B"]`. */
function namesIn(query: URLSearchParams): readonly string[] {
  let names: unknown;
  try {
    names = JSON.parse(query.get('symbols') ?? '');
  } catch {
    throw illegal('symbols');
  }
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) throw illegal('symbols');
  return names;
}

function rows(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return DEFAULT_ROWS;
  if (!/^\d{1,6}$/.test(text) || Number(text) === 0) throw illegal('limit');
  return Math.min(Number(text), MAX_ROWS);
}

/** A time of the query in ms, as µs; undefined without one. */
function timeParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,14}$/.test(text)) throw illegal(name);
  return Number(text) * 1000;
}

function secondsUntil(untilUs: number, nowUs: number): string {
  return String(Math.max(1, Math.ceil((untilUs - nowUs) / 1e6)));
}

function symbolInfo({ name, base, quote, instrument }: BinanceSymbol, isHalted: boolean): BinanceSymbolInfo {
  const tick = fixedDecimal(1, instrument.priceDecimals, PLACES);
  const lot = fixedDecimal(1, instrument.quantityDecimals, PLACES);
  return {
    symbol: name,
    status: isHalted ? 'HALT' : 'TRADING',
    baseAsset: base,
    baseAssetPrecision: PLACES,
    quoteAsset: quote,
    quotePrecision: PLACES,
    quoteAssetPrecision: PLACES,
    orderTypes: ['LIMIT', 'MARKET'],
    icebergAllowed: false,
    ocoAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: tick, maxPrice: '922327.00000000', tickSize: tick },
      { filterType: 'LOT_SIZE', minQty: lot, maxQty: '9000000.00000000', stepSize: lot },
    ],
    permissions: ['SPOT'],
  };
}
