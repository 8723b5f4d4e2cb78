import type { Instrument, Tick } from '../../market/types.ts';
import type {
  TradierEvent,
  TradierSummaryEvent,
  TradierTimesaleEvent,
  TradierTradeEvent,
} from '../../protocol/providers/tradier.ts';
import type { FacadeWorld } from './facade.ts';
import { fixedDecimal, wholeMs, wireNumber } from './wireNumbers.ts';

/** What a subscription's filter names. */
export const CHANNELS = ['trade', 'quote', 'summary', 'timesale', 'tradex'] as const;
export type Channel = (typeof CHANNELS)[number];

/** The tape doesn't know where a trade was made. */
const EXCHANGE = 'Q';
/** Sizes of quotes are round lots of so many shares. */
export const ROUND_LOT = 100;
const SHORT_PLACES = 2;
const LONG_PLACES = 4;

/** The topic of a symbol's events of one kind, with a line break behind each or without. */
export function channelTopic(of: {
  readonly channel: Channel;
  readonly symbol: string;
  readonly linebreak: boolean;
}): string {
  return `${of.channel}${of.linebreak ? '\n' : ' '}${of.symbol}`;
}

/** Topics of one symbol. */
interface SymbolTopics {
  readonly plain: Readonly<Record<Channel, string>>;
  readonly broken: Readonly<Record<Channel, string>>;
}

/** Says what happens in the market as Tradier's events. */
export class TradierEvents {
  readonly #world: FacadeWorld;
  readonly #topics: readonly SymbolTopics[];
  /** The day's extremes as they were last told, in ticks. */
  readonly #highs: Int32Array;
  readonly #lows: Int32Array;

  constructor(world: FacadeWorld) {
    const { instruments } = world.market;
    this.#world = world;
    this.#topics = instruments.map(({ symbol }) => ({
      plain: topicsOf(symbol, false),
      broken: topicsOf(symbol, true),
    }));
    this.#highs = new Int32Array(instruments.length);
    this.#lows = new Int32Array(instruments.length);
  }

  trade(tick: Tick, shownTimeUs: number): void {
    const topics = this.#topics[tick.symbol];
    if (topics === undefined) return;
    if (this.#isWanted(topics, 'trade')) this.#say(topics, 'trade', this.#trade(tick, { type: 'trade', shownTimeUs }));
    if (this.#isWanted(topics, 'tradex'))
      this.#say(topics, 'tradex', this.#trade(tick, { type: 'tradex', shownTimeUs }));
    if (this.#isWanted(topics, 'timesale')) this.#say(topics, 'timesale', this.#timesale(tick, shownTimeUs));
    const { high, low } = this.#world.market.view(tick.symbol);
    if (this.#highs[tick.symbol] === high && this.#lows[tick.symbol] === low) return;
    this.#highs[tick.symbol] = high;
    this.#lows[tick.symbol] = low;
    const summary = this.#isWanted(topics, 'summary') ? this.summaryOf(tick.symbol) : undefined;
    if (summary !== undefined) this.#say(topics, 'summary', summary);
  }

  quote(tick: Tick, shownTimeUs: number): void {
    const topics = this.#topics[tick.symbol];
    if (topics === undefined || !this.#isWanted(topics, 'quote')) return;
    const { symbol, priceDecimals, quantityDecimals } = this.#instrument(tick.symbol);
    const date = String(wholeMs(shownTimeUs));
    this.#say(topics, 'quote', {
      type: 'quote',
      symbol,
      bid: wireNumber(tick.bid, priceDecimals),
      bidsz: roundLots(tick.bidSize, quantityDecimals),
      bidexch: EXCHANGE,
      biddate: date,
      ask: wireNumber(tick.ask, priceDecimals),
      asksz: roundLots(tick.askSize, quantityDecimals),
      askexch: EXCHANGE,
      askdate: date,
    });
  }

  /** The summary of a symbol's day; undefined before its first trade. */
  summaryOf(index: number): TradierSummaryEvent | undefined {
    const { open, high, low, previousClose, volume } = this.#world.market.view(index);
    if (volume === 0) return undefined;
    const { symbol, priceDecimals } = this.#instrument(index);
    const price = (ticks: number) => fixedDecimal(ticks, priceDecimals, Math.max(SHORT_PLACES, priceDecimals));
    const range = { open: price(open), high: price(high), low: price(low) };
    return { type: 'summary', symbol, ...range, prevClose: price(previousClose) };
  }

  #trade(
    tick: Tick,
    { type, shownTimeUs }: { readonly type: 'trade' | 'tradex'; readonly shownTimeUs: number },
  ): TradierTradeEvent {
    const { symbol, priceDecimals, quantityDecimals } = this.#instrument(tick.symbol);
    const price = fixedDecimal(tick.price, priceDecimals, Math.max(LONG_PLACES, priceDecimals));
    const quantity = (lots: number) => fixedDecimal(lots, quantityDecimals, quantityDecimals);
    const cvol = quantity(this.#world.market.view(tick.symbol).volume);
    const date = String(wholeMs(shownTimeUs));
    return { type, symbol, exch: EXCHANGE, price, size: quantity(tick.size), cvol, date, last: price };
  }

  #timesale(tick: Tick, shownTimeUs: number): TradierTimesaleEvent {
    const { market } = this.#world;
    const { symbol, priceDecimals, quantityDecimals } = this.#instrument(tick.symbol);
    const { bid, ask, trades } = market.view(tick.symbol);
    const price = (ticks: number) => fixedDecimal(ticks, priceDecimals, Math.max(SHORT_PLACES, priceDecimals));
    return {
      type: 'timesale',
      symbol,
      exch: EXCHANGE,
      bid: price(bid),
      ask: price(ask),
      last: price(tick.price),
      size: fixedDecimal(tick.size, quantityDecimals, quantityDecimals),
      date: String(wholeMs(shownTimeUs)),
      seq: trades,
      flag: '',
      cancel: false,
      correction: false,
      session: SESSIONS[market.phase()],
    };
  }

  #instrument(symbol: number): Pick<Instrument, 'symbol' | 'priceDecimals' | 'quantityDecimals'> {
    return this.#world.market.instruments[symbol] ?? NO_INSTRUMENT;
  }

  #isWanted({ plain, broken }: SymbolTopics, channel: Channel): boolean {
    const { output } = this.#world;
    return output.wants(plain[channel]) || output.wants(broken[channel]);
  }

  #say({ plain, broken }: SymbolTopics, channel: Channel, event: TradierEvent): void {
    const { output } = this.#world;
    const text = JSON.stringify(event);
    if (output.wants(plain[channel])) output.say(plain[channel], text);
    if (output.wants(broken[channel])) output.say(broken[channel], `${text}\n`);
  }
}

const NO_INSTRUMENT = { symbol: '', priceDecimals: 0, quantityDecimals: 0 };
const SESSIONS = { pre: 'pre', regular: 'normal', post: 'post', closed: 'post' } as const;

/** A size in round lots, the rest of a lot left out; a size above nothing is at least one. */
export function roundLots(lots: number, quantityDecimals: number): number {
  const whole = Math.floor(wireNumber(lots, quantityDecimals) / ROUND_LOT);
  return whole === 0 && lots > 0 ? 1 : whole;
}

function topicsOf(symbol: string, linebreak: boolean): Readonly<Record<Channel, string>> {
  const topic = (channel: Channel) => channelTopic({ channel, symbol, linebreak });
  return {
    trade: topic('trade'),
    quote: topic('quote'),
    summary: topic('summary'),
    timesale: topic('timesale'),
    tradex: topic('tradex'),
  };
}
