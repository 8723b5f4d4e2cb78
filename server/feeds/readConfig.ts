import { ExitCode } from '../../protocol/codes.ts';
import { nearest } from '../../protocol/nearest.ts';
import { PROVIDER_NAMES, type ProviderName } from '../../protocol/providers/names.ts';
import { ConfigError, readText } from '../configError.ts';
import { type Lookup, type PlacedValue, pathOf } from '../identity/config.ts';
import { isLoopback } from '../listen.ts';
import type { LiveFeedConfig } from './liveConfig.ts';
import { defaultPlan, planNames, readPlan } from './plans.ts';
import type { ProviderAccess } from './provider.ts';
import { readInstruments, texts } from './readInstruments.ts';
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
  const listed = readInstruments(lookup, names);
  const calendar = names.every((name) => name === 'binance') ? 'always' : 'nyse';
  const cleaning = lookup.found('feedCleaning').value === 'form' ? 'form' : 'market';
  return { providers, ...listed, calendar, cleaning, rules: readRules(lookup) };
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
