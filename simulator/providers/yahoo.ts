import type {
  YahooChart,
  YahooChartMeta,
  YahooChartResult,
  YahooError,
  YahooInterval,
  YahooPeriod,
} from '../../protocol/providers/yahoo.ts';
import { decodedPath, jsonAnswer } from './access.ts';
import type { Facade, FacadeWorld, ProviderAnswer, ProviderBar, ProviderKind, ProviderRequest } from './facade.ts';
import { barsOf } from './longBars.ts';
import { newYorkOffsetS, newYorkZoneName } from './newYork.ts';
import { RateWindows } from './rateWindows.ts';
import { wholeSeconds, wireNumber } from './wireNumbers.ts';

const MINUTE_US = 60_000_000;
const HOUR_US = 60 * MINUTE_US;
const NO_LIMIT = Number.POSITIVE_INFINITY;
const CHART = '/v8/finance/chart/';
/** The regular session opens so long after the market before it, and what comes after lasts so long. */
const PRE_MARKET_US = 5.5 * HOUR_US;
const POST_MARKET_US = 4 * HOUR_US;

/** Third-party: Yahoo publishes no limits; these are what users report. */
const PLANS: Readonly<Record<string, { readonly limit: number; readonly windowUs: number }>> = {
  public: { limit: 60, windowUs: MINUTE_US },
  unlimited: { limit: NO_LIMIT, windowUs: MINUTE_US },
};

/** Yahoo's chart interface: bars by HTTP, without a key. */
export const YAHOO: ProviderKind = {
  name: 'yahoo',
  plans: {
    public: '60 calls a minute from an address',
    unlimited: 'no limits',
  },
  create: (world) => new YahooFacade(world),
};

const INTRADAY_MINUTES: Readonly<Partial<Record<YahooInterval, number>>> = {
  '1m': 1,
  '2m': 2,
  '5m': 5,
  '15m': 15,
  '30m': 30,
  '60m': 60,
  '90m': 90,
  '1h': 60,
};
const INTERVALS: readonly YahooInterval[] = [
  '1m',
  '2m',
  '5m',
  '15m',
  '30m',
  '60m',
  '90m',
  '1h',
  '1d',
  '5d',
  '1wk',
  '1mo',
  '3mo',
];
const RANGES: readonly string[] = ['1d', '5d', '1mo', '3mo', '6mo', '1y', '2y', '5y', '10y', 'ytd', 'max'];

/** What a chart is asked to show. */
interface ChartQuery {
  readonly interval: YahooInterval;
  readonly range: string;
  /** µs since the epoch, end exclusive. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly includePrePost: boolean;
}

class YahooFacade implements Facade {
  readonly socketPaths = [];
  readonly #world: FacadeWorld;
  readonly #calls: RateWindows;

  constructor(world: FacadeWorld) {
    this.#world = world;
    this.#calls = new RateWindows(PLANS[world.plan] ?? { limit: NO_LIMIT, windowUs: MINUTE_US });
  }

  readonly request = ({ method, path, query, remoteAddress }: ProviderRequest): ProviderAnswer | undefined => {
    if (method !== 'GET' || !path.startsWith(CHART)) return undefined;
    const { isOver } = this.#calls.take(remoteAddress, this.#world.nowUs());
    if (isOver || this.#world.link().isRateLimited) {
      return { status: 429, body: 'Too Many Requests\r\n', contentType: 'text/plain' };
    }
    if (this.#world.link().refusesAuth) return failure(401, { code: 'Unauthorized', description: 'Invalid Crumb' });
    const index = this.#world.market.indexOf(decodedPath(path.slice(CHART.length)));
    if (index === undefined) {
      // Third-party.
      return failure(404, { code: 'Not Found', description: 'No data found, symbol may be delisted' });
    }
    const asked = parseQuery(query);
    return 'description' in asked ? failure(422, asked) : this.#chart(index, asked);
  };

  #chart(index: number, asked: ChartQuery): ProviderAnswer {
    const bars = this.#bars(index, asked);
    const { priceDecimals = 0, quantityDecimals = 0 } = this.#world.market.instruments[index] ?? {};
    const column = (read: (bar: ProviderBar) => number) => bars.map((bar) => wireNumber(read(bar), priceDecimals));
    const isDaily = INTRADAY_MINUTES[asked.interval] === undefined;
    const closes = column(({ close }) => close);
    const quote = {
      open: column(({ open }) => open),
      high: column(({ high }) => high),
      low: column(({ low }) => low),
      close: closes,
      volume: bars.map(({ volume }) => wireNumber(volume, quantityDecimals)),
    };
    const meta = this.#meta(index, asked);
    const result: YahooChartResult =
      bars.length === 0
        ? { meta, indicators: { quote: [{}], ...(isDaily ? { adjclose: [{}] } : {}) } }
        : {
            meta,
            timestamp: bars.map(({ startUs }) => wholeSeconds(startUs)),
            indicators: { quote: [quote], ...(isDaily ? { adjclose: [{ adjclose: closes }] } : {}) },
          };
    return jsonAnswer(200, { chart: { result: [result], error: null } } satisfies YahooChart);
  }

  #bars(index: number, { interval, fromUs, toUs, includePrePost }: ChartQuery): readonly ProviderBar[] {
    const { market } = this.#world;
    const { openUs, closeUs } = market.session();
    const minutesPerBar = INTRADAY_MINUTES[interval];
    if (minutesPerBar === undefined) return this.#day(index, { fromUs, toUs });
    return barsOf(market, index, {
      minutesPerBar,
      anchorUs: openUs,
      fromUs: Math.max(fromUs, includePrePost ? 0 : openUs),
      toUs: Math.min(toUs, includePrePost ? NO_LIMIT : closeUs),
    });
  }

  /** The tape's day as one bar, whatever the length: it knows no other day. */
  #day(symbol: number, { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number }): readonly ProviderBar[] {
    const { market } = this.#world;
    const { openUs, closeUs } = market.session();
    const { open, high, low, last, volume, notional, trades } = market.view(symbol);
    if (volume === 0 || openUs < fromUs || openUs >= toUs) return [];
    const seconds = (closeUs - openUs) / 1_000_000;
    const prices = { open, high, low, close: last };
    return [{ symbol, seconds, startUs: openUs, endUs: closeUs, ...prices, volume, notional, trades }];
  }

  #meta(index: number, { interval, range, includePrePost }: ChartQuery): YahooChartMeta {
    const { market } = this.#world;
    const { symbol = '', priceDecimals = 0, quantityDecimals = 0 } = market.instruments[index] ?? {};
    const { last, lastTimeUs, high, low, volume, previousClose } = market.view(index);
    const { openUs, closeUs } = market.session();
    const price = (ticks: number) => wireNumber(ticks, priceDecimals);
    const pre = period(openUs - PRE_MARKET_US, openUs);
    const regular = period(openUs, closeUs);
    const post = period(closeUs, closeUs + POST_MARKET_US);
    const isIntraday = INTRADAY_MINUTES[interval] !== undefined;
    const periods = includePrePost ? { pre: [[pre]], regular: [[regular]], post: [[post]] } : [[regular]];
    return {
      currency: 'USD',
      symbol,
      exchangeName: 'NMS',
      fullExchangeName: 'NasdaqGS',
      instrumentType: 'EQUITY',
      // The tape knows one day.
      firstTradeDate: wholeSeconds(openUs),
      regularMarketTime: wholeSeconds(lastTimeUs === 0 ? market.nowUs() : lastTimeUs),
      hasPrePostMarketData: true,
      gmtoffset: newYorkOffsetS(openUs),
      timezone: newYorkZoneName(openUs),
      exchangeTimezoneName: 'America/New_York',
      regularMarketPrice: price(last === 0 ? previousClose : last),
      ...(high === 0 ? {} : { regularMarketDayHigh: price(high), regularMarketDayLow: price(low) }),
      regularMarketVolume: wireNumber(volume, quantityDecimals),
      longName: symbol,
      shortName: symbol,
      chartPreviousClose: price(previousClose),
      ...(isIntraday ? { previousClose: price(previousClose), scale: 3 } : {}),
      priceHint: 2,
      currentTradingPeriod: { pre, regular, post },
      ...(isIntraday ? { tradingPeriods: periods } : {}),
      dataGranularity: interval,
      range,
      validRanges: RANGES,
    };
  }
}

/** Reads the query; an error says what it doesn't take. */
function parseQuery(query: URLSearchParams): ChartQuery | YahooError {
  const asked = query.get('interval') ?? '1d';
  const interval = INTERVALS.find((known) => known === asked);
  if (interval === undefined) {
    return invalid(`interval=${asked.slice(0, 32)} is not supported. Valid intervals: [${INTERVALS.join(', ')}]`);
  }
  const range = query.get('range') ?? '';
  if (range !== '' && !RANGES.includes(range)) {
    return invalid(`range=${range.slice(0, 32)} is not supported. Valid ranges: [${RANGES.join(', ')}]`);
  }
  const fromUs = instantOf(query.get('period1'), 0);
  const toUs = instantOf(query.get('period2'), NO_LIMIT);
  if (fromUs === undefined || toUs === undefined) return invalid('period1 and period2 must be seconds since the epoch');
  if (fromUs >= toUs) return invalid('start date cannot be after end date');
  return { interval, range, fromUs, toUs, includePrePost: query.get('includePrePost') === 'true' };
}

function instantOf(text: string | null, none: number): number | undefined {
  if (text === null) return none;
  return /^-?\d{1,11}$/.test(text) ? Number(text) * 1_000_000 : undefined;
}

function period(startUs: number, endUs: number): YahooPeriod {
  return {
    timezone: newYorkZoneName(startUs),
    start: wholeSeconds(startUs),
    end: wholeSeconds(endUs),
    gmtoffset: newYorkOffsetS(startUs),
  };
}

function invalid(what: string): YahooError {
  return { code: 'Unprocessable Entity', description: `Invalid input - ${what}` };
}

function failure(status: number, error: YahooError): ProviderAnswer {
  return jsonAnswer(status, { chart: { result: null, error } } satisfies YahooChart);
}
