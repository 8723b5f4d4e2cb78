import { Type } from '@sinclair/typebox';
import { NYSE } from '../../../market/calendar/calendars.ts';
import type {
  AlphaVantageError,
  AlphaVantageGlobalQuote,
  AlphaVantageLimited,
} from '../../../protocol/providers/alphaVantage.ts';
import { guard } from '../guard.ts';
import { polled, type Reading } from '../poller.ts';
import type { Provider, ProviderAccess, SessionHost } from '../provider.ts';
import { decimalOf } from '../symbolBook.ts';

/** A limit of the day is looked at again after this, ms. */
const DAILY_MS = 3_600_000;

type Quote = Exclude<AlphaVantageGlobalQuote['Global Quote'], Readonly<Record<string, never>>>;
type QuoteParts = Pick<Quote, '01. symbol' | '05. price' | '06. volume' | '07. latest trading day'>;

const isAnswer = guard<{ readonly 'Global Quote': unknown }>(Type.Object({ 'Global Quote': Type.Object({}) }));
const isQuote = guard<QuoteParts>(
  Type.Object({
    '01. symbol': Type.String(),
    '05. price': Type.String(),
    '06. volume': Type.String(),
    '07. latest trading day': Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
  }),
);
const isEmpty = guard<Readonly<Record<string, never>>>(Type.Object({}, { maxProperties: 0 }));
const isLimited = guard<AlphaVantageLimited>(
  Type.Union([Type.Object({ Information: Type.String() }), Type.Object({ Note: Type.String() })]),
);
const isError = guard<AlphaVantageError>(Type.Object({ 'Error Message': Type.String() }));
const newYorkDate = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York', dateStyle: 'short' });

/** Alpha Vantage: the last price of one symbol a call, within the plan. Everything is said with status 200. */
export function alphaVantage(access: ProviderAccess): Provider {
  return polled({
    name: 'alpha-vantage',
    access,
    perCall: 1,
    question: ([name = '']) => {
      const query = new URLSearchParams({ function: 'GLOBAL_QUOTE', symbol: name, apikey: access.key ?? '' });
      return { url: `${access.url}/query?${query}` };
    },
    read,
  });
}

function read(value: unknown, [symbol = 0]: readonly number[], host: SessionHost): Reading {
  if (isLimited(value)) return limited('Information' in value ? value.Information : value.Note);
  if (isError(value)) return errorOf(value['Error Message']);
  if (!isAnswer(value)) return { kind: 'bad' };
  const quote = value['Global Quote'];
  if (isEmpty(quote)) return { kind: 'unknown' };
  if (!isQuote(quote) || quote['01. symbol'] !== host.symbols.nameOf(symbol)) return { kind: 'bad' };
  const price = decimalOf(quote['05. price']);
  const volume = decimalOf(quote['06. volume']);
  const timeUs = timeOf(quote['07. latest trading day'], host);
  return { kind: 'samples', samples: [{ symbol, price, volume: Number.isNaN(volume) ? undefined : volume, timeUs }] };
}

function limited(text: string): Reading {
  const isDaily = /per day/.test(text) && !/per (minute|second)/.test(text);
  const detail = isDaily ? "the day's calls are used up" : 'it says that we ask too often';
  const end = { reason: 'rate_limited', detail, ...(isDaily && { retryAfterMs: DAILY_MS }) } as const;
  return { kind: 'end', end };
}

/** A bad call and a bad key are told by the same field. */
function errorOf(message: string): Reading {
  if (!/apikey|api key/i.test(message)) return { kind: 'unknown' };
  return { kind: 'end', end: { reason: 'auth_refused', detail: 'the key was refused' } };
}

/** The quote says its day alone: today's price holds now, another day's since its close. µs since the epoch; NaN for no date. */
function timeOf(date: string, { ports }: SessionHost): number {
  const nowUs = ports.clock.nowUs();
  if (date === newYorkDate.format(nowUs / 1000)) return nowUs;
  try {
    const closeUs = NYSE.sessionOf(date)?.closeUs;
    return closeUs === undefined ? Number.NaN : Math.min(nowUs, closeUs - 1);
  } catch (error) {
    if (error instanceof RangeError) return Number.NaN;
    throw error;
  }
}
