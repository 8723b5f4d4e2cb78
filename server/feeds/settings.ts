import { Type } from '@sinclair/typebox';
import { setting } from '../setting.ts';
import { DEFAULT_FEED_RULES as RULES } from './rules.ts';

const HOUR_MS = 3_600_000;

function key(name: string, provider: string) {
  const about = `${provider}'s key; from the environment or feedKeyFile alone.`;
  return setting({ name, unit: '', about, schema: Type.String({ minLength: 1 }), default: undefined, secret: true });
}

function listOf(name: string, parts: { readonly about: string; readonly of: string; readonly pattern?: string }) {
  const { about, of, pattern = '^[^\\s,]+$' } = parts;
  const items = Type.String({ pattern, description: of });
  return setting({ name, unit: '', about, schema: Type.Array(items, { minItems: 1 }), default: undefined });
}

function ms(name: string, parts: { readonly about: string; readonly default: number; readonly minimum?: number }) {
  const schema = Type.Integer({ minimum: parts.minimum ?? 1, maximum: 24 * HOUR_MS });
  return setting({ name, unit: 'ms', about: parts.about, schema, default: parts.default });
}

/** Settings of a feed of providers. */
export const FEED_SETTINGS = {
  feedChain: listOf('feedChain', {
    about: 'Providers of market data, the one wanted most first, or the name of a chain; unset: a tape is played.',
    of: 'names of providers or chains',
  }),
  feedUrls: listOf('feedUrls', {
    about: 'Where providers are instead of at their own address, NAME=URL.',
    of: 'NAME=URL, as polygon=ws://127.0.0.1:9000',
    pattern: '^[a-z0-9-]+=(wss?|https?)://[^\\s,]+$',
  }),
  feedPlans: listOf('feedPlans', {
    about: 'What providers allow, NAME=PLAN: a name of a plan, or limits as 75/minute+500/day+50/symbols.',
    of: 'NAME=PLAN, as alpha-vantage=75/minute',
    pattern: '^[a-z0-9-]+=[a-z0-9/+-]+$',
  }),
  feedSymbols: listOf('feedSymbols', {
    about: 'What is asked for, by the names that the providers have for them.',
    of: 'symbols',
  }),
  feedInstrumentsFile: setting({
    name: 'feedInstrumentsFile',
    unit: '',
    about:
      'JSON file with what is asked for, [{symbol, priceDecimals, quantityDecimals, previousClose}]; instead of feedSymbols.',
    schema: Type.String({ minLength: 1 }),
    default: undefined,
  }),
  feedKeyFile: setting({
    name: 'feedKeyFile',
    unit: '',
    about: "File with the providers' keys, a line NAME=KEY each; the environment goes before it.",
    schema: Type.String({ minLength: 1 }),
    default: undefined,
  }),
  polygonKey: key('polygonKey', 'Polygon'),
  alphaVantageKey: key('alphaVantageKey', 'Alpha Vantage'),
  tradierKey: key('tradierKey', 'Tradier'),
  finnhubKey: key('finnhubKey', 'Finnhub'),
  feedCleaning: setting({
    name: 'feedCleaning',
    unit: '',
    about: 'market: prices far off the last must be confirmed; form: ticks are checked by form and order alone.',
    schema: Type.Union([Type.Literal('market'), Type.Literal('form')]),
    default: 'market',
  }),
  feedConnectMs: ms('feedConnectMs', {
    about: 'A session with a provider that gives nothing by then has failed.',
    default: RULES.connectMs,
  }),
  feedStableMs: ms('feedStableMs', {
    about: 'A session that has held so long has succeeded: the circuit breaker closes.',
    default: RULES.stableMs,
  }),
  feedSilenceMs: ms('feedSilenceMs', {
    about: 'A stream without data for so long while the market is open is taken for dead.',
    default: RULES.silenceMs,
  }),
  feedFailOverMs: ms('feedFailOverMs', {
    about: 'Without data for so long the next provider is asked too.',
    default: RULES.failOverMs,
    minimum: 0,
  }),
  feedFailBackMs: ms('feedFailBackMs', {
    about: 'A better provider that is back takes over with its first data, or after so long without.',
    default: RULES.failBackMs,
    minimum: 0,
  }),
  feedBackoffMs: ms('feedBackoffMs', {
    about: 'Bound of the random wait before the first new attempt; it doubles with each failure.',
    default: RULES.backoff.baseMs,
  }),
  feedMaxBackoffMs: ms('feedMaxBackoffMs', {
    about: 'The highest bound of that wait.',
    default: RULES.backoff.maxMs,
  }),
  feedBreakerFailures: setting({
    name: 'feedBreakerFailures',
    unit: 'failures',
    about: 'Failures in a row that open the circuit breaker of a provider.',
    schema: Type.Integer({ minimum: 1, maximum: 1_000 }),
    default: RULES.breaker.failures,
  }),
  feedBreakerOpenMs: ms('feedBreakerOpenMs', {
    about: 'How long the circuit breaker stays open at first; it doubles each time that the attempt after it fails.',
    default: RULES.breaker.openMs,
  }),
  feedMaxBreakerOpenMs: ms('feedMaxBreakerOpenMs', {
    about: 'The longest that the circuit breaker stays open.',
    default: RULES.breaker.maxOpenMs,
  }),
  feedMinuteGraceMs: ms('feedMinuteGraceMs', {
    about: "How long after a minute's end its late ticks are waited for before its bars close.",
    default: RULES.minuteGraceMs,
    minimum: 0,
  }),
  feedPollMs: ms('feedPollMs', { about: 'How often a polled provider is asked for each symbol.', default: 15_000 }),
  feedMaxPollMs: ms('feedMaxPollMs', {
    about: 'How slowly a plan may make that; with more symbols than fit the last ones are left out.',
    default: 300_000,
  }),
} as const;
