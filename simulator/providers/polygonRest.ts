import type {
  PolygonAggregates,
  PolygonError,
  PolygonLastQuote,
  PolygonLastTrade,
  PolygonMarketStatus,
  PolygonRestBar,
  PolygonSnapshot,
  PolygonSnapshots,
  PolygonTickerSnapshot,
  PolygonTickers,
} from '../../protocol/providers/polygon.ts';
import { acceptsKey, decodedPath, jsonAnswer } from './access.ts';
import type { FacadeWorld, ProviderAnswer, ProviderBar, ProviderRequest } from './facade.ts';
import { barsOf } from './longBars.ts';
import { newYorkInstantUs, newYorkOffsetS, newYorkText } from './newYork.ts';
import { averagePrice, EXCHANGE, roundLots, TAPE } from './polygonEvents.ts';
import { RateWindows } from './rateWindows.ts';
import { wholeMs } from './wireNumbers.ts';

const MINUTE_US = 60_000_000;
const DAY_US = 86_400_000_000;
/** Minutes of the timespans that bars of minutes add up to. */
const TIMESPAN_MINUTES: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1_440 };
const MILLISECONDS = /^\d{11,16}$/;
/** The end of the year 9999. */
const LAST_MS = 253_402_300_799_999;
const MAX_RESULTS = 50_000;
const DEFAULT_RESULTS = 5_000;
const MAX_TICKERS = 1_000;
const DEFAULT_TICKERS = 100;

/** Makes what answers Polygon's REST routes, as far as the market book knows the answer. */
export function polygonRest(
  world: FacadeWorld,
  limits: { readonly callsPerMinute: number },
): (request: ProviderRequest) => ProviderAnswer {
  const windows = new RateWindows({ limit: limits.callsPerMinute, windowUs: MINUTE_US });
  const routes = new PolygonRest(world);
  return (request) => {
    const key = keyOf(request);
    if (key === '') return routes.error(401, 'API Key was not provided');
    if (!acceptsKey(world, key)) return routes.error(401, 'Unknown API Key');
    if (windows.take(key, world.nowUs()).isOver || world.link().isRateLimited) return routes.error(429, RATE_LIMITED);
    return routes.answer(request);
  };
}

const RATE_LIMITED =
  "You've exceeded the maximum requests per minute, please wait or upgrade your subscription to continue. https://polygon.io/pricing";

function keyOf({ query, headers }: ProviderRequest): string {
  const bearer = /^Bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1];
  return query.get('apiKey') ?? query.get('apikey') ?? bearer ?? '';
}

/** A route: its path's pattern and what it answers. */
type Route = readonly [RegExp, (parts: readonly string[], request: ProviderRequest) => ProviderAnswer];

class PolygonRest {
  readonly #world: FacadeWorld;
  readonly #routes: readonly Route[] = [
    [/^\/v2\/last\/trade\/([^/]+)$/, ([ticker]) => this.#of(ticker, (symbol) => this.#lastTrade(symbol))],
    [/^\/v2\/last\/nbbo\/([^/]+)$/, ([ticker]) => this.#of(ticker, (symbol) => this.#lastQuote(symbol))],
    [/^\/v2\/aggs\/ticker\/([^/]+)\/prev$/, ([ticker = '']) => this.#previous(ticker)],
    [
      /^\/v2\/aggs\/ticker\/([^/]+)\/range\/([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)$/,
      (parts, { query }) => this.#range(parts, query),
    ],
    [/^\/v2\/snapshot\/locale\/us\/markets\/stocks\/tickers$/, (_, { query }) => this.#snapshots(query)],
    [
      /^\/v2\/snapshot\/locale\/us\/markets\/stocks\/tickers\/([^/]+)$/,
      ([ticker]) => this.#of(ticker, (symbol) => this.#snapshot(symbol)),
    ],
    [/^\/v1\/marketstatus\/now$/, () => this.#marketStatus()],
    [/^\/v3\/reference\/tickers$/, (_, request) => this.#tickers(request)],
  ];

  constructor(world: FacadeWorld) {
    this.#world = world;
  }

  answer(request: ProviderRequest): ProviderAnswer {
    const { method, path } = request;
    for (const [pattern, route] of this.#routes) {
      const match = pattern.exec(path);
      if (match === null) continue;
      if (method !== 'GET') return this.error(405, `${method} is not allowed here`);
      return route(match.slice(1).map(decodedPath), request);
    }
    return this.error(404, `there is no route ${path}; tapedeck answers what its docs/providers/polygon.md lists`);
  }

  error(status: number, error: string): ProviderAnswer {
    return jsonAnswer(status, { status: 'ERROR', request_id: this.#requestId(), error } satisfies PolygonError);
  }

  #notFound(): ProviderAnswer {
    const body: PolygonError = { status: 'NOT_FOUND', request_id: this.#requestId(), message: 'Data not found.' };
    return jsonAnswer(404, body);
  }

  /** Answers for a symbol of the tape; others have no data. */
  #of(ticker: string | undefined, answer: (symbol: number) => object | undefined): ProviderAnswer {
    const symbol = this.#world.market.indexOf(ticker ?? '');
    const body = symbol === undefined ? undefined : answer(symbol);
    return body === undefined ? this.#notFound() : jsonAnswer(200, body);
  }

  #lastTrade(symbol: number): PolygonLastTrade | undefined {
    const { last, lastSize, lastTimeUs, trades } = this.#world.market.view(symbol);
    if (last === 0) return undefined;
    const { name: T, price, shares } = this.#units(symbol);
    const timeNs = ns(lastTimeUs);
    const results = { T, i: String(trades), p: price(last), s: shares(lastSize), t: timeNs, y: timeNs, q: trades };
    return { request_id: this.#requestId(), status: 'OK', results: { ...results, x: EXCHANGE, z: TAPE } };
  }

  #lastQuote(symbol: number): PolygonLastQuote | undefined {
    const { bid, ask, bidSize, askSize, quoteTimeUs } = this.#world.market.view(symbol);
    if (quoteTimeUs === 0) return undefined;
    const { name: T, price, shares } = this.#units(symbol);
    const offer = { P: price(ask), S: roundLots(shares(askSize)), X: EXCHANGE };
    const demand = { p: price(bid), s: roundLots(shares(bidSize)), x: EXCHANGE };
    const timeNs = ns(quoteTimeUs);
    const results = { T, ...offer, ...demand, t: timeNs, y: timeNs, q: Math.floor(quoteTimeUs), z: TAPE };
    return { request_id: this.#requestId(), status: 'OK', results };
  }

  #previous(ticker: string): ProviderAnswer {
    const { market } = this.#world;
    const symbol = market.indexOf(ticker);
    const close = symbol === undefined ? 0 : market.view(symbol).previousClose;
    if (symbol === undefined || close === 0) return this.#aggregates(ticker, []);
    // Of the day before, a tape knows the close alone.
    const price = this.#units(symbol).price(close);
    const t = wholeMs(market.session().closeUs - DAY_US);
    return this.#aggregates(ticker, [{ o: price, h: price, l: price, c: price, v: 0, vw: price, n: 0, t }]);
  }

  #range(parts: readonly string[], query: URLSearchParams): ProviderAnswer {
    const [ticker = '', multiplier = '', timespan = '', from = '', to = ''] = parts;
    const minutes = TIMESPAN_MINUTES[timespan];
    if (minutes === undefined) {
      return this.error(400, `the timespan '${timespan}' is not one of ${Object.keys(TIMESPAN_MINUTES).join(', ')}`);
    }
    const factor = /^\d{1,5}$/.test(multiplier) ? Number(multiplier) : 0;
    if (factor < 1) return this.error(400, `the multiplier '${multiplier}' is not a whole number above 0`);
    const fromUs = timeOf(from);
    const toUs = endOf(to);
    if (fromUs === undefined || toUs === undefined) {
      return this.error(400, "could not parse the time of 'from' or 'to': give YYYY-MM-DD or ms since the epoch");
    }
    const { market } = this.#world;
    const symbol = market.indexOf(ticker);
    if (symbol === undefined) return this.#aggregates(ticker, []);
    // Days begin at New York's midnight, other bars at the epoch.
    const anchorUs = timespan === 'day' ? -newYorkOffsetS(fromUs) * 1_000_000 : 0;
    const bars = barsOf(market, symbol, { minutesPerBar: minutes * factor, anchorUs, fromUs, toUs });
    const { perUnit, perShare } = this.#units(symbol);
    const results = bars.map((bar) => restBar(bar, { perUnit, perShare }));
    if (query.get('sort') === 'desc') results.reverse();
    return this.#aggregates(ticker, results.slice(0, limitOf(query, { usual: DEFAULT_RESULTS, most: MAX_RESULTS })));
  }

  #aggregates(ticker: string, results: readonly PolygonRestBar[]): ProviderAnswer {
    const { length } = results;
    const counts = { queryCount: length, resultsCount: length, adjusted: true };
    const head = { ticker, ...counts, ...(length > 0 && { results }) };
    return jsonAnswer(200, {
      ...head,
      status: 'OK',
      request_id: this.#requestId(),
      count: length,
    } satisfies PolygonAggregates);
  }

  #snapshot(symbol: number): PolygonSnapshot | undefined {
    const ticker = this.#ticker(symbol);
    return ticker && { request_id: this.#requestId(), status: 'OK', ticker };
  }

  #snapshots(query: URLSearchParams): ProviderAnswer {
    const { market } = this.#world;
    const asked = query.get('tickers')?.split(',');
    const symbols = asked?.map((name) => market.indexOf(name)) ?? market.instruments.map(({ index }) => index);
    const tickers = symbols.flatMap((symbol) => (symbol === undefined ? [] : (this.#ticker(symbol) ?? [])));
    const body = { request_id: this.#requestId(), status: 'OK', count: tickers.length, tickers } as const;
    return jsonAnswer(200, body satisfies PolygonSnapshots);
  }

  #ticker(symbol: number): PolygonTickerSnapshot | undefined {
    const { market } = this.#world;
    const view = market.view(symbol);
    if (view.last === 0 && view.quoteTimeUs === 0) return undefined;
    const { name, price, shares, perUnit, perShare } = this.#units(symbol);
    const close = price(view.previousClose);
    const change = view.last === 0 || close === 0 ? 0 : price(view.last - view.previousClose);
    const day = { o: price(view.open), h: price(view.high), l: price(view.low), c: price(view.last) };
    const minute = market.forming(symbol) ?? market.minutes(symbol, market.nowUs() - 2 * MINUTE_US).at(-1);
    return {
      ticker: name,
      todaysChange: change,
      todaysChangePerc: close === 0 ? 0 : Math.round((change / close) * 1e6) / 1e4,
      updated: ns(Math.max(view.lastTimeUs, view.quoteTimeUs)),
      day: { ...day, v: shares(view.volume), vw: averagePrice(view, perUnit) },
      ...(view.last > 0 && {
        lastTrade: {
          i: String(view.trades),
          p: price(view.last),
          s: shares(view.lastSize),
          t: ns(view.lastTimeUs),
          x: EXCHANGE,
        },
      }),
      ...(view.quoteTimeUs > 0 && {
        lastQuote: {
          P: price(view.ask),
          S: roundLots(shares(view.askSize)),
          p: price(view.bid),
          s: roundLots(shares(view.bidSize)),
          t: ns(view.quoteTimeUs),
        },
      }),
      ...(minute !== undefined && { min: { ...restBar(minute, { perUnit, perShare }), av: shares(view.volume) } }),
      prevDay: { o: close, h: close, l: close, c: close, v: 0, vw: close },
    };
  }

  #marketStatus(): ProviderAnswer {
    const { market } = this.#world;
    const phase = market.phase();
    const state = phase === 'regular' ? 'open' : phase === 'closed' ? 'closed' : 'extended-hours';
    const offsetHours = newYorkOffsetS(market.nowUs()) / 3_600;
    const serverTime = `${newYorkText(market.nowUs()).replace(' ', 'T')}-0${Math.abs(offsetHours)}:00`;
    return jsonAnswer(200, {
      market: state,
      afterHours: phase === 'post',
      earlyHours: phase === 'pre',
      serverTime,
      exchanges: { nasdaq: state, nyse: state, otc: state },
      currencies: { crypto: 'open', fx: 'open' },
    } satisfies PolygonMarketStatus);
  }

  #tickers({ query, headers }: ProviderRequest): ProviderAnswer {
    const { instruments } = this.#world.market;
    const [asked, after] = [query.get('ticker'), query.get('ticker.gt') ?? ''];
    const names = instruments.map(({ symbol }) => symbol).sort((one, other) => (one < other ? -1 : 1));
    const fitting = names.filter((name) => name > after && (asked === null || name === asked));
    const limit = limitOf(query, { usual: DEFAULT_TICKERS, most: MAX_TICKERS });
    const results = fitting.slice(0, limit).map((ticker) => ({ ticker, name: ticker, ...STOCK }));
    const last = fitting.length > limit ? results.at(-1) : undefined;
    const head = { request_id: this.#requestId(), status: 'OK', count: results.length } as const;
    const next = last && {
      next_url: `http://${headers['host'] ?? ''}/v3/reference/tickers?limit=${limit}&ticker.gt=${encodeURIComponent(last.ticker)}`,
    };
    return jsonAnswer(200, { ...head, ...next, results } satisfies PolygonTickers);
  }

  #units(symbol: number) {
    const { symbol: name, priceDecimals, quantityDecimals } = this.#world.market.instruments[symbol] ?? NO_INSTRUMENT;
    const perUnit = 10 ** priceDecimals;
    const perShare = 10 ** quantityDecimals;
    const price = (ticks: number): number => ticks / perUnit;
    const shares = (lots: number): number => lots / perShare;
    return { name, perUnit, perShare, price, shares };
  }

  /** 32 hexadecimal digits, as the provider's. */
  #requestId(): string {
    const { random } = this.#world;
    return Array.from({ length: 4 }, () =>
      Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    ).join('');
  }
}

const STOCK = { market: 'stocks', locale: 'us', type: 'CS', active: true, currency_name: 'usd' } as const;
const NO_INSTRUMENT = { symbol: '', priceDecimals: 0, quantityDecimals: 0 };

function restBar(
  bar: ProviderBar,
  { perUnit, perShare }: { readonly perUnit: number; readonly perShare: number },
): PolygonRestBar {
  const price = (ticks: number): number => ticks / perUnit;
  return {
    o: price(bar.open),
    h: price(bar.high),
    l: price(bar.low),
    c: price(bar.close),
    v: bar.volume / perShare,
    vw: averagePrice(bar, perUnit),
    n: bar.trades,
    t: wholeMs(bar.startUs),
  };
}

/** ns since the epoch of a time in µs: beyond 2^53, as the provider's are. */
function ns(timeUs: number): number {
  return Math.floor(timeUs) * 1_000;
}

/** A path's time, µs since the epoch: a date in New York, or ms up to the last that a calendar has. */
function timeOf(text: string): number | undefined {
  if (MILLISECONDS.test(text)) return Number(text) <= LAST_MS ? Number(text) * 1_000 : undefined;
  return newYorkInstantUs(text);
}

/** The first instant after a path's end, µs since the epoch: the end counts in. */
function endOf(text: string): number | undefined {
  const startUs = timeOf(text);
  if (startUs === undefined) return undefined;
  return MILLISECONDS.test(text) ? startUs + 1 : startUs + DAY_US;
}

function limitOf(query: URLSearchParams, { usual, most }: { readonly usual: number; readonly most: number }): number {
  const text = query.get('limit') ?? '';
  return /^[1-9]\d{0,8}$/.test(text) ? Math.min(most, Number(text)) : usual;
}
