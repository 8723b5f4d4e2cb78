import type {
  AlphaVantageAnswer,
  AlphaVantageBar,
  AlphaVantageDaily,
  AlphaVantageGlobalQuote,
  AlphaVantageInterval,
  AlphaVantageLimited,
} from '../../protocol/providers/alphaVantage.ts';
import { acceptsKey, jsonAnswer } from './access.ts';
import type { Facade, FacadeWorld, ProviderAnswer, ProviderBar, ProviderKind, ProviderRequest } from './facade.ts';
import { barsOf } from './longBars.ts';
import { newYorkDate, newYorkText } from './newYork.ts';
import { RateWindows } from './rateWindows.ts';
import { fixedDecimal } from './wireNumbers.ts';

const MINUTE_US = 60_000_000;
const DAY_US = 86_400_000_000;
const PLACES = 4;
const COMPACT_POINTS = 100;
const ZONE = 'US/Eastern';
const NO_LIMIT = Number.POSITIVE_INFINITY;

/** Limits of one plan, and what is said beyond. */
interface AlphaVantageLimits {
  readonly perMinute: number;
  readonly perDay: number;
  readonly limited: AlphaVantageLimited;
}

const SUPPORT = 'https://www.alphavantage.co';
const PLANS: Readonly<Record<string, AlphaVantageLimits>> = {
  '5': {
    perMinute: 5,
    perDay: 500,
    limited: {
      Note: `Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute and 500 calls per day. Please visit ${SUPPORT}/premium/ if you would like to target a higher API call frequency.`,
    },
  },
  free: {
    perMinute: 5,
    perDay: 25,
    limited: {
      Information: `We have detected your API key and our standard API rate limit for free API requests is exceeded (25 requests per day). Please visit ${SUPPORT}/premium/ to remove it.`,
    },
  },
  // Third-party: the words of the paid plans.
  '75': { perMinute: 75, perDay: NO_LIMIT, limited: premiumLimit(75) },
  '300': { perMinute: 300, perDay: NO_LIMIT, limited: premiumLimit(300) },
  unlimited: { perMinute: NO_LIMIT, perDay: NO_LIMIT, limited: premiumLimit(0) },
};

/** Bars of intraday series: their lengths in minutes. */
const INTERVAL_MINUTES: Readonly<Record<AlphaVantageInterval, number>> = {
  '1min': 1,
  '5min': 5,
  '15min': 15,
  '30min': 30,
  '60min': 60,
};
const INTERVALS = ['1min', '5min', '15min', '30min', '60min'] as const;

/** Alpha Vantage: quotes and series by HTTP, status 200 whatever the answer. */
export const ALPHA_VANTAGE: ProviderKind = {
  name: 'alpha-vantage',
  plans: {
    '5': '5 calls a minute, 500 a day: the free plan as it was',
    '75': '75 calls a minute',
    '300': '300 calls a minute',
    free: '5 calls a minute, 25 a day: the free plan as it is',
    unlimited: 'no limits',
  },
  create: (world) => new AlphaVantageFacade(world),
};

class AlphaVantageFacade implements Facade {
  readonly socketPaths = [];
  readonly #world: FacadeWorld;
  readonly #limits: AlphaVantageLimits;
  readonly #perMinute: RateWindows;
  readonly #perDay: RateWindows;

  constructor(world: FacadeWorld) {
    this.#world = world;
    this.#limits = PLANS[world.plan] ?? (PLANS['5'] as AlphaVantageLimits);
    this.#perMinute = new RateWindows({ limit: this.#limits.perMinute, windowUs: MINUTE_US });
    this.#perDay = new RateWindows({ limit: this.#limits.perDay, windowUs: DAY_US });
  }

  readonly request = ({ method, path, query }: ProviderRequest): ProviderAnswer | undefined => {
    if (path !== '/query' || method !== 'GET') return undefined;
    const key = query.get('apikey') ?? '';
    if (!acceptsKey(this.#world, key)) {
      const claim = `Please claim your free API key on (${SUPPORT}/support/#api-key). It should take less than 20 seconds.`;
      return errorAnswer(`the parameter apikey is invalid or missing. ${claim}`);
    }
    if (this.#isLimited(key)) return okAnswer(this.#limits.limited);
    return this.#answer(query);
  };

  /** A call over the limit of a minute doesn't count for the day. */
  #isLimited(key: string): boolean {
    const nowUs = this.#world.nowUs();
    if (this.#world.link().isRateLimited || this.#perMinute.take(key, nowUs).isOver) return true;
    return this.#perDay.take(key, nowUs).isOver;
  }

  #answer(query: URLSearchParams): ProviderAnswer {
    const name = query.get('function') ?? '';
    switch (name) {
      case 'GLOBAL_QUOTE':
        return okAnswer(this.#globalQuote(query.get('symbol') ?? ''));
      case 'TIME_SERIES_INTRADAY':
        return this.#intraday(query);
      case 'TIME_SERIES_DAILY':
        return this.#daily(query);
      default:
        return name === '' ? errorAnswer(`This API function () does not exist.`) : invalidCall(name);
    }
  }

  /** A symbol that isn't known has an empty quote. Third-party. */
  #globalQuote(name: string): AlphaVantageGlobalQuote {
    const { market } = this.#world;
    const index = market.indexOf(name);
    const instrument = index === undefined ? undefined : market.instruments[index];
    if (index === undefined || instrument === undefined) return { 'Global Quote': {} };
    const { open, high, low, last, volume, previousClose } = market.view(index);
    const { priceDecimals, quantityDecimals } = instrument;
    const price = (ticks: number) => fixedDecimal(ticks, priceDecimals, PLACES);
    const current = last === 0 ? previousClose : last;
    const change = previousClose === 0 ? 0 : current - previousClose;
    const percent = previousClose === 0 ? 0 : (change / previousClose) * 100;
    return {
      'Global Quote': {
        '01. symbol': instrument.symbol,
        '02. open': price(open),
        '03. high': price(high),
        '04. low': price(low),
        '05. price': price(current),
        '06. volume': fixedDecimal(volume, quantityDecimals, 0),
        '07. latest trading day': newYorkDate(market.session().openUs),
        '08. previous close': price(previousClose),
        '09. change': price(change),
        '10. change percent': `${percent.toFixed(PLACES)}%`,
      },
    };
  }

  #intraday(query: URLSearchParams): ProviderAnswer {
    const { market } = this.#world;
    const symbol = query.get('symbol') ?? '';
    const index = market.indexOf(symbol);
    const interval = INTERVALS.find((known) => known === query.get('interval'));
    const size = outputSize(query);
    if (index === undefined || interval === undefined || size === undefined) return invalidCall('TIME_SERIES_INTRADAY');
    const { openUs, closeUs } = market.session();
    const isRegular = query.get('extended_hours') === 'false';
    const bars = barsOf(market, index, {
      minutesPerBar: INTERVAL_MINUTES[interval],
      ...(isRegular ? { fromUs: openUs, toUs: closeUs } : {}),
    });
    const shown = (size === 'Compact' ? bars.slice(-COMPACT_POINTS) : bars).reverse();
    return okAnswer({
      'Meta Data': {
        '1. Information': `Intraday (${interval}) open, high, low, close prices and volume`,
        '2. Symbol': symbol,
        '3. Last Refreshed': newYorkText(shown[0]?.startUs ?? openUs),
        '4. Interval': interval,
        '5. Output Size': size === 'Compact' ? 'Compact' : 'Full size',
        '6. Time Zone': ZONE,
      },
      [`Time Series (${interval})`]: Object.fromEntries(shown.map((bar) => [newYorkText(bar.startUs), this.#bar(bar)])),
    });
  }

  /** The tape's day alone: it knows no other. */
  #daily(query: URLSearchParams): ProviderAnswer {
    const { market } = this.#world;
    const symbol = query.get('symbol') ?? '';
    const index = market.indexOf(symbol);
    const size = outputSize(query);
    if (index === undefined || size === undefined) return invalidCall('TIME_SERIES_DAILY');
    const date = newYorkDate(market.session().openUs);
    const { open, high, low, last, volume } = market.view(index);
    const day = this.#bar({ symbol: index, open, high, low, close: last, volume });
    const daily: AlphaVantageDaily = {
      'Meta Data': {
        '1. Information': 'Daily Prices (open, high, low, close) and Volumes',
        '2. Symbol': symbol,
        '3. Last Refreshed': date,
        '4. Output Size': size === 'Compact' ? 'Compact' : 'Full size',
        '5. Time Zone': ZONE,
      },
      'Time Series (Daily)': last === 0 ? {} : { [date]: day },
    };
    return okAnswer(daily);
  }

  #bar(bar: Pick<ProviderBar, 'symbol' | 'open' | 'high' | 'low' | 'close' | 'volume'>): AlphaVantageBar {
    const { priceDecimals = 0, quantityDecimals = 0 } = this.#world.market.instruments[bar.symbol] ?? {};
    const price = (ticks: number) => fixedDecimal(ticks, priceDecimals, PLACES);
    return {
      '1. open': price(bar.open),
      '2. high': price(bar.high),
      '3. low': price(bar.low),
      '4. close': price(bar.close),
      '5. volume': fixedDecimal(bar.volume, quantityDecimals, 0),
    };
  }
}

/** Undefined for a size that Alpha Vantage doesn't have. */
function outputSize(query: URLSearchParams): 'Compact' | 'Full' | undefined {
  const asked = query.get('outputsize') ?? 'compact';
  if (asked === 'compact') return 'Compact';
  return asked === 'full' ? 'Full' : undefined;
}

function premiumLimit(perMinute: number): { readonly Information: string } {
  return {
    Information: `Thank you for using Alpha Vantage! You have reached the limit of your plan, ${perMinute} requests per minute. Please visit ${SUPPORT}/premium/ if you would like to target a higher API call frequency.`,
  };
}

function invalidCall(name: string): ProviderAnswer {
  const docs = `Please retry or visit the documentation (${SUPPORT}/documentation/) for ${name.slice(0, 64)}.`;
  return errorAnswer(`Invalid API call. ${docs}`);
}

/** Whatever the answer, the status is 200. */
function okAnswer(answer: AlphaVantageAnswer): ProviderAnswer {
  return jsonAnswer(200, answer);
}

function errorAnswer(message: string): ProviderAnswer {
  return okAnswer({ 'Error Message': message });
}
