import type { Schedule } from '../../../protocol/run.ts';
import type { CustomRules, TimeUnit } from '../../../protocol/serverUnderTest.ts';
import {
  type Dialect,
  type DialectClient,
  newTickerFields,
  type SessionEvent,
  type SettledStream,
} from '../dialect.ts';
import { bad, isNumber, isWhole } from '../fields.ts';
import { type JsonPath, parseJsonPath, valueAt } from '../jsonPath.ts';
import { told } from '../ports.ts';
import { filledFrames } from './frameTemplate.ts';
import { bearer } from './orders.ts';
import { type PlayedTape, TapeTickers } from './tapeTickers.ts';

/** No server's clock is so wrong, and no price so old. */
const DAY_US = 86_400e6;
const OTHER: SessionEvent = { kind: 'other' };
const STATE: SessionEvent = { kind: 'state' };

/**
 * A server with a language of its own for one client: its prices are found by rules. It is welcome at the upgrade, and
 * subscribed when its frames are sent; what isn't a price by the rules is left alone. What a message says of itself it says
 * of all that it lists.
 */
export function customDialect(client: DialectClient, rules: CustomRules, tape: PlayedTape): Dialect {
  const { account, symbols } = client;
  const prices: Prices =
    rules.price === undefined
      ? new RuledTickers(rules, client, tape)
      : new RuledMatch(rules, new TapeTickers(tape, symbols));
  const where = rules.where === undefined ? undefined : parseJsonPath(rules.where.path);
  const items = rules.items === undefined ? undefined : parseJsonPath(rules.items);
  const isSaid = (value: unknown): boolean =>
    where !== undefined && wordOf(valueAt(value, where)) === rules.where?.value;
  let unread = '';
  const noted = (value: unknown, event: SessionEvent): SessionEvent => {
    if (unread === '' && (event.kind === 'other' || event.kind === 'bad'))
      unread = `${event.kind === 'bad' ? `${event.reason}: ` : ''}${wordOf(value)}`;
    return event;
  };
  const read = (value: unknown, isPrice: boolean, atUs: number): SessionEvent => {
    prices.onAny?.(value);
    return noted(value, isPrice || where === undefined ? prices.read(value, isPrice, atUs) : OTHER);
  };
  return {
    protocol: '',
    isNumbered: false,
    hasTextInBinary: true,
    headers: bearer,
    opened: () => ({ kind: 'welcome', account, epoch: '' }),
    parse: (text, atUs) => {
      const value = parsed(text);
      if (value === undefined) return noted(text, bad('not JSON'));
      const isPrice = isSaid(value);
      if (items === undefined) return read(value, isPrice, atUs);
      const list = valueAt(value, items);
      if (!Array.isArray(list)) return noted(value, OTHER);
      return {
        kind: 'several',
        each: (take) => {
          for (const one of list) take(read(one, isPrice || isSaid(one), atUs));
        },
      };
    },
    subscribe: ({ channel, atUs }) => {
      if (channel !== 'ticker') return { frames: [], isAnswered: false };
      prices.onSubscribed(atUs);
      return { frames: filledFrames(rules.frames, client), isAnswered: false };
    },
    placeOrder: () => undefined,
    settled: () => prices.settled(),
    unread: () => told(unread),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Prices by rules: how each is read. `isPrice` when the message is known to tell one. */
interface Prices {
  readonly onSubscribed: (atUs: number) => void;
  /** Sees each message, whatever it tells; absent where no number is asked for. */
  readonly onAny?: (value: unknown) => void;
  readonly read: (value: unknown, isPrice: boolean, atUs: number) => SessionEvent;
  readonly settled: () => readonly SettledStream[];
}

/** Prices that are found on the tape by the market's time and the price. */
class RuledMatch implements Prices {
  readonly #tickers: TapeTickers;
  readonly #symbol: JsonPath;
  readonly #price: JsonPath;
  readonly #time: TimeRule | undefined;

  constructor(rules: CustomRules, tickers: TapeTickers) {
    this.#tickers = tickers;
    this.#symbol = parseJsonPath(rules.symbol);
    this.#price = parseJsonPath(rules.price ?? '');
    this.#time = timeRule(rules);
  }

  onSubscribed(atUs: number): void {
    this.#tickers.onSubscribed(atUs);
  }

  read(value: unknown, isPrice: boolean): SessionEvent {
    const symbol = valueAt(value, this.#symbol);
    const price = numberOf(valueAt(value, this.#price));
    const timeUs = timeOf(value, this.#time);
    if (typeof symbol !== 'string' || !isNumber(price) || timeUs === undefined)
      return isPrice ? bad('price without its symbol, price or time') : OTHER;
    return this.#tickers.read({ symbol, price, timeMs: Math.floor(timeUs / 1000), data: value });
  }

  settled(): readonly SettledStream[] {
    return this.#tickers.settled();
  }
}

/** Prices that are told by their own time and number, or counted where they have none. */
class RuledTickers implements Prices {
  readonly #symbolPath: JsonPath;
  readonly #time: TimeRule | undefined;
  readonly #seqPath: JsonPath | undefined;
  readonly #isOfConnection: boolean;
  /** The time is the feed's, and due by the schedule; else it is the message's own. */
  readonly #isEventTime: boolean;
  readonly #schedule: Schedule;
  readonly #fields = newTickerFields();
  /** Last number of each symbol, by our own count where the server's is of the connection or absent. */
  readonly #seqs = new Map<string, number>();
  /** Symbols of which nothing has come since they were subscribed. */
  #fresh = new Set<string>();
  readonly #symbols: readonly string[];
  /** Last number of the connection; -1 before its first. */
  #connectionSeq = -1;
  /** Numbers of the connection that are missing before the message at hand. */
  #missing = 0;

  constructor(rules: CustomRules, { symbols }: DialectClient, { timedBy, schedule }: PlayedTape) {
    this.#isEventTime = (timedBy ?? 'schedule') === 'schedule';
    this.#schedule = schedule;
    this.#symbolPath = parseJsonPath(rules.symbol);
    this.#time = timeRule(rules);
    this.#seqPath = rules.seq === undefined ? undefined : parseJsonPath(rules.seq.path);
    this.#isOfConnection = rules.seq?.of === 'connection';
    this.#symbols = symbols;
    this.#fields.receivedTimeUs = -1;
    this.#fields.sentTimeUs = -1;
    for (const symbol of symbols) this.#seqs.set(symbol, 0);
  }

  onSubscribed(): void {
    this.#fresh = new Set(this.#symbols);
    this.#connectionSeq = -1;
  }

  onAny(value: unknown): void {
    if (!this.#isOfConnection || this.#seqPath === undefined) return;
    const told = numberOf(valueAt(value, this.#seqPath));
    if (!isWhole(told)) return;
    this.#missing = this.#connectionSeq < 0 ? 0 : told - this.#connectionSeq - 1;
    this.#connectionSeq = Math.max(this.#connectionSeq, told);
  }

  read(value: unknown, isPrice: boolean, atUs: number): SessionEvent {
    const symbol = valueAt(value, this.#symbolPath);
    const timeUs = this.#time === undefined ? -1 : timeOf(value, this.#time);
    const told = this.#seqPath === undefined ? 0 : numberOf(valueAt(value, this.#seqPath));
    if (typeof symbol !== 'string' || timeUs === undefined || !isWhole(told))
      return isPrice ? bad('price without its symbol, time or number') : OTHER;
    if (this.#isEventTime && timeUs < this.#schedule.fromEventUs) return STATE;
    if (!this.#isEventTime && this.#time !== undefined && Math.abs(timeUs - atUs) > DAY_US)
      return isPrice ? bad('a price whose time is more than a day off; is --time-unit right?') : OTHER;
    const last = this.#seqs.get(symbol);
    if (last === undefined) return isPrice ? bad(`price of ${symbol}, which was not subscribed`) : OTHER;
    const isFirst = this.#fresh.has(symbol);
    const seq = this.#numberOf({ told, last });
    // What was missed while away is no loss, and what is told again before anything new is no double.
    if (isFirst && !this.#isOfConnection && this.#seqPath !== undefined && last > 0 && seq <= last) return STATE;
    this.#fresh.delete(symbol);
    this.#seqs.set(symbol, Math.max(last, seq));
    const fields = this.#fields;
    fields.symbol = symbol;
    fields.seq = seq;
    fields.seqFrom = seq;
    fields.eventTimeUs = this.#isEventTime ? timeUs : 0;
    fields.dueTimeUs = this.#isEventTime ? -1 : timeUs;
    fields.baseSeq = isFirst ? Math.max(last, seq - 1) : -1;
    return { kind: 'ticker', fields, data: value };
  }

  settled(): readonly SettledStream[] {
    return [];
  }

  /** The message's number in its symbol's stream. A hole in a connection's numbers is one in the stream of what comes after it. */
  #numberOf({ told, last }: { readonly told: number; readonly last: number }): number {
    if (this.#seqPath === undefined) return last + 1;
    return this.#isOfConnection ? Math.max(0, last + 1 + this.#missing) : told;
  }
}

interface TimeRule {
  readonly path: JsonPath;
  readonly unit: TimeUnit;
}

function timeRule({ time }: CustomRules): TimeRule | undefined {
  return time === undefined ? undefined : { path: parseJsonPath(time.path), unit: time.unit };
}

const US_OF = { us: 1, ms: 1_000, s: 1_000_000 } as const;

/** Date and time of ISO 8601, with a blank in place of the T too, that name no zone. */
const ISO_WITHOUT_ZONE = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)$/i;

/** A message's time, whole µs since the epoch; undefined where it has none. */
function timeOf(value: unknown, rule: TimeRule | undefined): number | undefined {
  if (rule === undefined) return undefined;
  const said = valueAt(value, rule.path);
  const timeUs = rule.unit === 'iso' ? isoMs(wordOf(said)) * 1_000 : (numberOf(said) ?? Number.NaN) * US_OF[rule.unit];
  return Number.isFinite(timeUs) && timeUs >= 0 ? Math.round(timeUs) : undefined;
}

/** An ISO time in ms, of UTC where it names no zone: the machine's own is none of the server's. */
function isoMs(text: string): number {
  return Date.parse(text.replace(ISO_WITHOUT_ZONE, '$1T$2Z'));
}

/** A value as it is compared with a word of the user's: a server may say anything, and not everything can be made a text of. */
function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** A number, or a text that is one, as several providers write them. */
function numberOf(value: unknown): number | undefined {
  if (isNumber(value)) return value;
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
}
