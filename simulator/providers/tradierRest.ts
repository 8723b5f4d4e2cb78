import type {
  TradierBar,
  TradierClock,
  TradierHistory,
  TradierQuotes,
  TradierRestQuote,
  TradierTimesales,
} from '../../protocol/providers/tradier.ts';
import { jsonAnswer } from './access.ts';
import type { ProviderAnswer, ProviderMarket, ProviderRequest } from './facade.ts';
import { barsOf } from './longBars.ts';
import { newYorkDate, newYorkInstantUs, newYorkText } from './newYork.ts';
import { roundLots } from './tradierEvents.ts';
import { wholeMs, wholeSeconds, wireNumber } from './wireNumbers.ts';

const EXCHANGE = 'Q';
const HOUR_US = 3_600_000_000;
/** The regular session opens so long after the market before it, and what comes after lasts so long. */
const PRE_MARKET_US = 5.5 * HOUR_US;
const POST_MARKET_US = 4 * HOUR_US;
const INTERVAL_MINUTES: Readonly<Record<string, number>> = { '1min': 1, '5min': 5, '15min': 15 };

type Parameters = Readonly<Record<string, string>>;

/** Answers Tradier's REST questions about the market. */
export class TradierRest {
  readonly #market: ProviderMarket;

  constructor(market: ProviderMarket) {
    this.#market = market;
  }

  /** Whether there is such a question. */
  answers({ method, path }: ProviderRequest): boolean {
    if (path === '/v1/markets/quotes') return method === 'GET' || method === 'POST';
    return method === 'GET' && /^\/v1\/markets\/(clock|timesales|history)$/.test(path);
  }

  answer(request: ProviderRequest): ProviderAnswer {
    // What is posted is a form.
    const form = request.method === 'POST' ? new URLSearchParams(request.body) : request.query;
    const parameters: Parameters = Object.fromEntries([...request.query, ...form]);
    switch (request.path) {
      case '/v1/markets/quotes':
        return this.#quotes(parameters);
      case '/v1/markets/clock':
        return jsonAnswer(200, this.#clock());
      case '/v1/markets/timesales':
        return this.#timesales(parameters);
      default:
        return this.#history(parameters);
    }
  }

  #quotes({ symbols = '' }: Parameters): ProviderAnswer {
    const names = symbols
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    if (names.length === 0) return badRequest('Invalid parameter, symbols: must be provided.');
    const quotes: TradierRestQuote[] = [];
    const unmatched: string[] = [];
    for (const name of new Set(names)) {
      const index = this.#market.indexOf(name);
      if (index === undefined) unmatched.push(name);
      else quotes.push(this.#quote(name, index));
    }
    const answer: TradierQuotes = {
      quotes: {
        ...(quotes.length === 0 ? {} : { quote: oneOrAll(quotes) }),
        ...(unmatched.length === 0 ? {} : { unmatched_symbols: { symbol: oneOrAll(unmatched) } }),
      },
    };
    return jsonAnswer(200, answer);
  }

  #quote(symbol: string, index: number): TradierRestQuote {
    const view = this.#market.view(index);
    const { priceDecimals = 0, quantityDecimals = 0 } = this.#market.instruments[index] ?? {};
    const { previousClose } = view;
    const price = (ticks: number) => (ticks === 0 ? null : wireNumber(ticks, priceDecimals));
    const quantity = (lots: number) => wireNumber(lots, quantityDecimals);
    const hasChange = view.last > 0 && previousClose > 0;
    const change = view.last - previousClose;
    const hasClosed = this.#market.phase() === 'post' || this.#market.phase() === 'closed';
    return {
      symbol,
      description: symbol,
      exch: EXCHANGE,
      type: 'stock',
      last: price(view.last),
      change: hasChange ? wireNumber(change, priceDecimals) : null,
      volume: quantity(view.volume),
      open: price(view.open),
      high: price(view.high),
      low: price(view.low),
      close: hasClosed ? price(view.last) : null,
      bid: price(view.bid),
      ask: price(view.ask),
      change_percentage: hasChange ? Number(((change / previousClose) * 100).toFixed(2)) : null,
      // The tape knows one day.
      average_volume: quantity(view.volume),
      last_volume: quantity(view.lastSize),
      trade_date: wholeMs(view.lastTimeUs),
      prevclose: price(previousClose),
      week_52_high: wireNumber(Math.max(view.high, previousClose), priceDecimals),
      week_52_low: wireNumber(lowest(view.low, previousClose), priceDecimals),
      bidsize: roundLots(view.bidSize, quantityDecimals),
      bidexch: view.bid === 0 ? null : EXCHANGE,
      bid_date: wholeMs(view.quoteTimeUs),
      asksize: roundLots(view.askSize, quantityDecimals),
      askexch: view.ask === 0 ? null : EXCHANGE,
      ask_date: wholeMs(view.quoteTimeUs),
      root_symbols: symbol,
    };
  }

  #clock(): TradierClock {
    const { openUs, closeUs } = this.#market.session();
    const nowUs = this.#market.nowUs();
    const hour = (timeUs: number) => newYorkText(timeUs).slice(11, 16);
    const date = newYorkDate(nowUs);
    const common = { date, timestamp: wholeSeconds(nowUs) };
    switch (this.#market.phase()) {
      case 'pre':
        return clock({ ...common, state: 'premarket', next_state: 'open', next_change: hour(openUs) });
      case 'regular':
        return clock({ ...common, state: 'open', next_state: 'postmarket', next_change: hour(closeUs) });
      case 'post':
        return clock({
          ...common,
          state: 'postmarket',
          next_state: 'closed',
          next_change: hour(closeUs + POST_MARKET_US),
        });
      case 'closed':
        return clock({
          ...common,
          state: 'closed',
          next_state: 'premarket',
          next_change: hour(openUs - PRE_MARKET_US),
        });
    }
  }

  #timesales(parameters: Parameters): ProviderAnswer {
    const { symbol = '', interval = '1min', start, end, session_filter: filter = 'all' } = parameters;
    const minutesPerBar = Object.hasOwn(INTERVAL_MINUTES, interval) ? INTERVAL_MINUTES[interval] : undefined;
    if (minutesPerBar === undefined)
      return badRequest('Invalid parameter, interval: must be one of 1min, 5min, 15min.');
    const index = this.#market.indexOf(symbol);
    if (index === undefined) return jsonAnswer(200, { series: null } satisfies TradierTimesales);
    const bounds = { startUs: instantOf(start), endUs: instantOf(end) };
    if (bounds.startUs === 'bad' || bounds.endUs === 'bad') {
      return badRequest('Invalid parameter, start and end: must be YYYY-MM-DD HH:MM.');
    }
    const { openUs, closeUs } = this.#market.session();
    const isOpen = filter === 'open';
    const bars = barsOf(this.#market, index, {
      minutesPerBar,
      fromUs: Math.max(bounds.startUs ?? 0, isOpen ? openUs : 0),
      toUs: Math.min(bounds.endUs ?? Number.POSITIVE_INFINITY, isOpen ? closeUs : Number.POSITIVE_INFINITY),
    });
    const { priceDecimals = 0, quantityDecimals = 0 } = this.#market.instruments[index] ?? {};
    const price = (ticks: number) => wireNumber(ticks, priceDecimals);
    const data = bars.map(
      (bar): TradierBar => ({
        time: newYorkText(bar.startUs).replace(' ', 'T'),
        timestamp: wholeSeconds(bar.startUs),
        price: price((bar.high + bar.low) / 2),
        open: price(bar.open),
        high: price(bar.high),
        low: price(bar.low),
        close: price(bar.close),
        volume: wireNumber(bar.volume, quantityDecimals),
        vwap: Number((bar.notional / bar.volume / 10 ** priceDecimals).toFixed(priceDecimals + 2)),
      }),
    );
    const series: TradierTimesales = { series: data.length === 0 ? null : { data: oneOrAll(data) } };
    return jsonAnswer(200, series);
  }

  /** The tape's day alone: it knows no other. */
  #history({ symbol = '', interval = 'daily' }: Parameters): ProviderAnswer {
    if (!['daily', 'weekly', 'monthly'].includes(interval)) {
      return badRequest('Invalid parameter, interval: must be one of daily, weekly, monthly.');
    }
    const index = this.#market.indexOf(symbol);
    const view = index === undefined ? undefined : this.#market.view(index);
    if (index === undefined || view === undefined || view.volume === 0) {
      return jsonAnswer(200, { history: null } satisfies TradierHistory);
    }
    const { priceDecimals = 0, quantityDecimals = 0 } = this.#market.instruments[index] ?? {};
    const day = {
      date: newYorkDate(this.#market.session().openUs),
      open: wireNumber(view.open, priceDecimals),
      high: wireNumber(view.high, priceDecimals),
      low: wireNumber(view.low, priceDecimals),
      close: wireNumber(view.last, priceDecimals),
      volume: wireNumber(view.volume, quantityDecimals),
    };
    return jsonAnswer(200, { history: { day } } satisfies TradierHistory);
  }
}

function clock(fields: Omit<TradierClock['clock'], 'description'>): TradierClock {
  return {
    clock: { ...fields, description: `Market is ${fields.state}, ${fields.next_state} at ${fields.next_change}` },
  };
}

/** The lower of two prices of which 0 is none. */
function lowest(one: number, other: number): number {
  if (one === 0 || other === 0) return Math.max(one, other);
  return Math.min(one, other);
}

/** An optional wall time. */
function instantOf(text: string | undefined): number | undefined | 'bad' {
  return text === undefined ? undefined : (newYorkInstantUs(text) ?? 'bad');
}

/** Tradier gives a list of one as the one itself. */
function oneOrAll<Item>(items: readonly Item[]): Item | readonly Item[] {
  const [first] = items;
  return items.length === 1 && first !== undefined ? first : items;
}

/** Third-party: such refusals are a line of text. */
function badRequest(body: string): ProviderAnswer {
  return { status: 400, body, contentType: 'text/plain' };
}
