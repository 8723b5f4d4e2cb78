import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Instrument } from '../../market/types.ts';
import { ExitCode } from '../../protocol/codes.ts';
import { nearest } from '../../protocol/nearest.ts';
import { PROVIDER_NAMES, type ProviderName } from '../../protocol/providers/names.ts';
import { ConfigError, readText } from '../configError.ts';
import { type Lookup, type PlacedValue, pathOf } from '../identity/config.ts';
import { isLoopback } from '../listen.ts';
import type { LiveFeedConfig } from './liveConfig.ts';
import { defaultPlan, planNames, readPlan } from './plans.ts';
import type { ProviderAccess } from './provider.ts';
import type { FeedRules } from './rules.ts';

/** Chains by the name of the back end that uses them. */
export const CHAINS: Readonly<Record<string, readonly ProviderName[]>> = {
  tickstock: ['polygon', 'alpha-vantage'],
  paiid: ['alpha-vantage', 'tradier'],
  'ai-trading-v2': ['binance'],
  'us-001': ['yahoo'],
};

/** Where providers are, and the setting with their key, for those that want one. */
const HOMES: Readonly<
  Record<ProviderName, { readonly url: string; readonly kind: 'ws' | 'http'; readonly keySetting?: string }>
> = {
  polygon: { url: 'wss://socket.polygon.io', kind: 'ws', keySetting: 'polygonKey' },
  binance: { url: 'wss://stream.binance.com:9443', kind: 'ws' },
  'alpha-vantage': { url: 'https://www.alphavantage.co', kind: 'http', keySetting: 'alphaVantageKey' },
  tradier: { url: 'https://api.tradier.com', kind: 'http', keySetting: 'tradierKey' },
  finnhub: { url: 'wss://ws.finnhub.io', kind: 'ws', keySetting: 'finnhubKey' },
  yahoo: { url: 'https://query1.finance.yahoo.com', kind: 'http' },
};

/** A provider that runs on this machine wants no real key. */
const LOOPBACK_KEY = 'demo';
const MAX_PROVIDERS = 8;
/** Bitcoin has more decimals of a unit than shares have. */
const COIN_QUANTITY_DECIMALS = 5;

/**
 * Reads which providers feed the server; undefined when none is set.
 *
 * @throws ConfigError
 */
export function readLiveFeed(lookup: Lookup): LiveFeedConfig | undefined {
  const feed = lookup.found('feedChain');
  if (feed.value === undefined) return undefined;
  const names = readChain(feed);
  const keys = readKeyFile(lookup);
  const providers = names.map((name) => ({ name, access: readAccess(name, { lookup, keys }) }));
  const instruments = readInstruments(lookup, names);
  const calendar = names.every((name) => name === 'binance') ? 'always' : 'nyse';
  const cleaning = lookup.found('feedCleaning').value === 'form' ? 'form' : 'market';
  return { providers, instruments, calendar, cleaning, rules: readRules(lookup) };
}

function readChain(feed: PlacedValue): readonly ProviderName[] {
  const names = texts(feed).flatMap((name): readonly ProviderName[] => {
    const chain = Object.hasOwn(CHAINS, name) ? CHAINS[name] : undefined;
    if (chain !== undefined) return chain;
    const provider = PROVIDER_NAMES.find((candidate) => candidate === name);
    if (provider !== undefined) return [provider];
    const known = [...PROVIDER_NAMES, ...Object.keys(CHAINS)];
    const near = nearest(name, known);
    const hint = near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`;
    throw new ConfigError(`${feed.place}: no provider or chain ${JSON.stringify(name)}; ${hint}`, ExitCode.USAGE);
  });
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new ConfigError(`${feed.place}: ${twice} is named twice`, ExitCode.USAGE);
  if (names.length > MAX_PROVIDERS)
    throw new ConfigError(`${feed.place}: ${names.length} providers; at most ${MAX_PROVIDERS}`, ExitCode.USAGE);
  return names;
}

function readAccess(
  name: ProviderName,
  { lookup, keys }: { readonly lookup: Lookup; readonly keys: ReadonlyMap<string, string> },
): ProviderAccess {
  const { found } = lookup;
  const url = readUrl(name, found('feedUrls'));
  const isLocal = isLoopback(new URL(url).hostname);
  const key = readKey(name, { found, keys, isLocal });
  if (key !== undefined && !isLocal && /^(ws|http):/.test(url)) {
    const { place } = found('feedUrls');
    const message = `${place}: ${url} is not encrypted, so anybody on the way could read the key`;
    throw new ConfigError(`${message}; use ${url.startsWith('ws') ? 'wss' : 'https'}`, ExitCode.USAGE);
  }
  return {
    url,
    key,
    plan: readNamedPlan(name, found('feedPlans')),
    pollMs: Number(found('feedPollMs').value),
    maxPollMs: Number(found('feedMaxPollMs').value),
  };
}

function readUrl(name: ProviderName, urls: PlacedValue): string {
  const { url: home, kind } = HOMES[name];
  const text = pairOf(name, urls) ?? home;
  if (!URL.canParse(text)) {
    throw new ConfigError(`${urls.place}: ${JSON.stringify(text)} is no address`, ExitCode.USAGE);
  }
  const { protocol, host, pathname } = new URL(text);
  const isSecure = protocol === 'wss:' || protocol === 'https:';
  return `${kind}${isSecure ? 's' : ''}://${host}${pathname.replace(/\/+$/, '')}`;
}

function readKey(
  name: ProviderName,
  from: { readonly found: Lookup['found']; readonly keys: ReadonlyMap<string, string>; readonly isLocal: boolean },
): string | undefined {
  const { keySetting } = HOMES[name];
  if (keySetting === undefined) return undefined;
  const { value, place } = from.found(keySetting);
  if (typeof value === 'string') return value;
  const key = from.keys.get(name) ?? (from.isLocal ? LOOPBACK_KEY : undefined);
  if (key !== undefined) return key;
  const message = `the feed ${name} needs a key; set ${place}, or name a file with a line ${name}=KEY by --key-file`;
  throw new ConfigError(message, ExitCode.USAGE);
}

function readKeyFile({ found, file }: Lookup): ReadonlyMap<string, string> {
  const named = found('feedKeyFile');
  if (named.value === undefined) return new Map();
  const path = pathOf(named, file);
  const lines = readText(path, `key file (${named.place})`).split(/\r?\n/);
  const keys = new Map<string, string>();
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name = '', key = ''] = /^\s*([a-z-]+)\s*=\s*(\S+)\s*$/.exec(line) ?? [];
    // The line itself isn't shown: it may hold a key.
    if (!PROVIDER_NAMES.some((known) => known === name)) {
      const known = PROVIDER_NAMES.join(', ');
      throw new ConfigError(`${path}:${at + 1}: expected NAME=KEY with a name of ${known}`, ExitCode.BAD_DATA);
    }
    keys.set(name, key);
  }
  return keys;
}

function readNamedPlan(name: ProviderName, plans: PlacedValue) {
  const text = pairOf(name, plans);
  if (text === undefined) return defaultPlan(name);
  const plan = readPlan(name, text);
  if (plan !== undefined) return plan;
  const known = planNames(name).join(', ');
  const message = `${plans.place}: ${name} has no plan ${JSON.stringify(text)}; there are ${known}, or limits as 75/minute+500/day+50/symbols`;
  throw new ConfigError(message, ExitCode.USAGE);
}

/** What `NAME=...` says of a provider, in a list of such. */
function pairOf(name: ProviderName, list: PlacedValue): string | undefined {
  let result: string | undefined;
  for (const pair of texts(list)) {
    const at = pair.indexOf('=');
    const provider = pair.slice(0, at);
    if (!PROVIDER_NAMES.some((known) => known === provider)) {
      const message = `${list.place}: ${JSON.stringify(provider)} is no provider; there are ${PROVIDER_NAMES.join(', ')}`;
      throw new ConfigError(message, ExitCode.USAGE);
    }
    if (provider === name) result = pair.slice(at + 1);
  }
  return result;
}

const InstrumentsSchema = Type.Array(
  Type.Object(
    {
      symbol: Type.String({ minLength: 1, maxLength: 64, pattern: '^\\S+$' }),
      priceDecimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 8 })),
      quantityDecimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 8 })),
      previousClose: Type.Optional(Type.Number({ minimum: 0, maximum: 2 ** 31 })),
    },
    { additionalProperties: false },
  ),
  { minItems: 1, maxItems: 10_000 },
);

function readInstruments({ found, file }: Lookup, names: readonly ProviderName[]): readonly Instrument[] {
  const listed = found('feedSymbols');
  const named = found('feedInstrumentsFile');
  const quantityDecimals = names.includes('binance') ? COIN_QUANTITY_DECIMALS : 0;
  if (listed.value !== undefined && named.value !== undefined) {
    throw new ConfigError(`${listed.place} and ${named.place} are both set; keep one`, ExitCode.USAGE);
  }
  if (named.value !== undefined) {
    return checkedNames(readInstrumentsFile(pathOf(named, file), quantityDecimals), named.place);
  }
  const symbols = texts(listed);
  if (symbols.length === 0) {
    const message = `a feed of providers must know what to ask for; name it by --symbols AAPL,MSFT or --instruments FILE`;
    throw new ConfigError(message, ExitCode.USAGE);
  }
  const instruments = symbols.map((symbol, index): Instrument => {
    return { symbol, index, priceDecimals: 2, quantityDecimals, previousClose: 0 };
  });
  return checkedNames(instruments, listed.place);
}

function readInstrumentsFile(path: string, defaultQuantityDecimals: number): readonly Instrument[] {
  let content: unknown;
  try {
    content = JSON.parse(readText(path, 'list of instruments'));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${path}: not readable as JSON`, ExitCode.BAD_DATA);
  }
  if (!Value.Check(InstrumentsSchema, content)) {
    const fault = Value.Errors(InstrumentsSchema, content).First();
    const place = fault === undefined || fault.path === '' ? '' : ` at ${fault.path}`;
    const message = `${path}${place}: expected a list of {"symbol","priceDecimals","quantityDecimals","previousClose"}`;
    throw new ConfigError(message, ExitCode.BAD_DATA);
  }
  return content.map(
    ({ symbol, priceDecimals = 2, quantityDecimals = defaultQuantityDecimals, previousClose = 0 }, index) => ({
      symbol,
      index,
      priceDecimals,
      quantityDecimals,
      previousClose: Math.round(previousClose * 10 ** priceDecimals),
    }),
  );
}

function checkedNames(instruments: readonly Instrument[], place: string): readonly Instrument[] {
  const seen = new Set<string>();
  for (const { symbol } of instruments) {
    if (seen.has(symbol)) throw new ConfigError(`${place}: ${symbol} is named twice`, ExitCode.USAGE);
    seen.add(symbol);
  }
  return instruments;
}

function readRules({ found }: Lookup): FeedRules {
  const ms = (name: string): number => Number(found(name).value);
  return {
    backoff: { baseMs: ms('feedBackoffMs'), maxMs: ms('feedMaxBackoffMs') },
    breaker: {
      failures: ms('feedBreakerFailures'),
      openMs: ms('feedBreakerOpenMs'),
      maxOpenMs: ms('feedMaxBreakerOpenMs'),
    },
    connectMs: ms('feedConnectMs'),
    stableMs: ms('feedStableMs'),
    silenceMs: ms('feedSilenceMs'),
    failOverMs: ms('feedFailOverMs'),
    failBackMs: ms('feedFailBackMs'),
    minuteGraceMs: ms('feedMinuteGraceMs'),
  };
}

function texts({ value }: PlacedValue): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
