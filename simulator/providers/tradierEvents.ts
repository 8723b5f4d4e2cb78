import type { Tick } from '../../market/types.ts';
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

/** Names and topics of one symbol. */
interface SymbolTopics {
  /** The symbol as JSON. */
  readonly name: string;
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
      name: JSON.stringify(symbol),
      plain: topicsOf(symbol, false),
      broken: topicsOf(symbol, true),
    }));
    this.#highs = new Int32Array(instruments.length);
    this.#lows = new Int32Array(instruments.length);
  }

  trade(tick: Tick, shownTimeUs: number): void {
    const topics = this.#topics[tick.symbol];
    if (topics === undefined) return;
    if (this.#isWanted(topics, 'trade'))
      this.#say(topics, 'trade', this.#tradeText(tick, { type: 'trade', shownTimeUs }));
    if (this.#isWanted(topics, 'tradex'))
      this.#say(topics, 'tradex', this.#tradeText(tick, { type: 'tradex', shownTimeUs }));
    if (this.#isWanted(topics, 'timesale')) this.#say(topics, 'timesale', this.#timesaleText(tick, shownTimeUs));
    const { high, low } = this.#world.market.view(tick.symbol);
    const isNew = this.#highs[tick.symbol] !== high || this.#lows[tick.symbol] !== low;
    if (!isNew) return;
    this.#highs[tick.symbol] = high;
    this.#lows[tick.symbol] = low;
    const summary = this.#isWanted(topics, 'summary') ? this.summaryOf(tick.symbol) : undefined;
    if (summary !== undefined) this.#say(topics, 'summary', summary);
  }

  quote(tick: Tick, shownTimeUs: number): void {
    const topics = this.#topics[tick.symbol];
    if (topics === undefined || !this.#isWanted(topics, 'quote')) return;
    const { priceDecimals, quantityDecimals } = this.#decimals(tick.symbol);
    const date = wholeMs(shownTimeUs);
    const side = (name: 'bid' | 'ask', price: number, size: number) => {
      const lots = roundLots(size, quantityDecimals);
      return `"${name}":${wireNumber(price, priceDecimals)},"${name}sz":${lots},"${name}exch":"${EXCHANGE}","${name}date":"${date}"`;
    };
    const bid = side('bid', tick.bid, tick.bidSize);
    const ask = side('ask', tick.ask, tick.askSize);
    this.#say(topics, 'quote', `{"type":"quote","symbol":${topics.name},${bid},${ask}}`);
  }

  /** The summary of a symbol's day; undefined before its first trade. */
  summaryOf(symbol: number): string | undefined {
    const topics = this.#topics[symbol];
    const { open, high, low, previousClose, trades } = this.#world.market.view(symbol);
    if (topics === undefined || trades === 0) return undefined;
    const { priceDecimals } = this.#decimals(symbol);
    const price = (ticks: number) => fixedDecimal(ticks, priceDecimals, Math.max(SHORT_PLACES, priceDecimals));
    const range = `"open":"${price(open)}","high":"${price(high)}","low":"${price(low)}"`;
    return `{"type":"summary","symbol":${topics.name},${range},"prevClose":"${price(previousClose)}"}`;
  }

  #tradeText(
    tick: Tick,
    { type, shownTimeUs }: { readonly type: 'trade' | 'tradex'; readonly shownTimeUs: number },
  ): string {
    const { priceDecimals, quantityDecimals } = this.#decimals(tick.symbol);
    const price = fixedDecimal(tick.price, priceDecimals, Math.max(LONG_PLACES, priceDecimals));
    const size = fixedDecimal(tick.size, quantityDecimals, quantityDecimals);
    const { volume } = this.#world.market.view(tick.symbol);
    const head = `"type":"${type}","symbol":${this.#topics[tick.symbol]?.name},"exch":"${EXCHANGE}"`;
    const volumeText = fixedDecimal(volume, quantityDecimals, quantityDecimals);
    return `{${head},"price":"${price}","size":"${size}","cvol":"${volumeText}","date":"${wholeMs(shownTimeUs)}","last":"${price}"}`;
  }

  #timesaleText(tick: Tick, shownTimeUs: number): string {
    const { market } = this.#world;
    const { priceDecimals, quantityDecimals } = this.#decimals(tick.symbol);
    const { bid, ask, trades } = market.view(tick.symbol);
    const price = (ticks: number) => fixedDecimal(ticks, priceDecimals, Math.max(SHORT_PLACES, priceDecimals));
    const prices = `"bid":"${price(bid)}","ask":"${price(ask)}","last":"${price(tick.price)}"`;
    const size = fixedDecimal(tick.size, quantityDecimals, quantityDecimals);
    const head = `"type":"timesale","symbol":${this.#topics[tick.symbol]?.name},"exch":"${EXCHANGE}"`;
    const tail = `"seq":${trades},"flag":"","cancel":false,"correction":false,"session":"${SESSIONS[market.phase()]}"`;
    return `{${head},${prices},"size":"${size}","date":"${wholeMs(shownTimeUs)}",${tail}}`;
  }

  #decimals(symbol: number): { readonly priceDecimals: number; readonly quantityDecimals: number } {
    return this.#world.market.instruments[symbol] ?? NO_DECIMALS;
  }

  #isWanted({ plain, broken }: SymbolTopics, channel: Channel): boolean {
    const { output } = this.#world;
    return output.wants(plain[channel]) || output.wants(broken[channel]);
  }

  #say({ plain, broken }: SymbolTopics, channel: Channel, text: string): void {
    const { output } = this.#world;
    if (output.wants(plain[channel])) output.say(plain[channel], text);
    if (output.wants(broken[channel])) output.say(broken[channel], `${text}\n`);
  }
}

const NO_DECIMALS = { priceDecimals: 0, quantityDecimals: 0 };
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
