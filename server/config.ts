import { type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { parse as parseYaml } from 'yaml';
import { ExitCode } from '../protocol/codes.ts';
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts';
import { nearest } from '../protocol/nearest.ts';
import type { TlsFiles } from '../transport/types.ts';
import { ConfigError, readText } from './configError.ts';
import type { LiveFeedConfig } from './feeds/liveConfig.ts';
import { readLiveFeed } from './feeds/readConfig.ts';
import { type IdentityConfig, type PlacedValue, pathOf, readIdentity, readTls } from './identity/config.ts';
import { isLoopback, type ListenAddress, parseListen } from './listen.ts';
import { GENERAL_SETTINGS, LIMIT_NAMES, LIMIT_SETTINGS, SETTINGS, type Setting } from './settings.ts';

/** The simulator's tape as the server's own feed. */
export interface EmbeddedFeedConfig {
  readonly tapePath: string;
  /** Tape time (µs since the epoch) of the first event played; absent: the tape's first. */
  readonly fromUs?: number;
  /** Tape time (µs since the epoch) at which the feed ends, exclusive; absent: the tape's end. */
  readonly toUs?: number;
  /** Factor of the market's pace, above 0; Infinity is as fast as possible. */
  readonly speed: number;
  /** Time (µs since the epoch) at which `fromUs` is due; absent: when the server listens. */
  readonly startAtUs?: number;
  /** Seed of the run, for its command log. */
  readonly seed?: number;
  /** Name or path of a scenario whose faults the feed has; absent: none. */
  readonly faults?: string;
}

/** The journal of a server. */
export interface JournalConfig {
  readonly folder: string;
  /** Cut a damaged journal there first: `00000003.journal:4711`. */
  readonly recoverTo?: string;
}

/** Where requests for a server's own state may come from. */
export type StatusFrom = 'anywhere' | 'loopback';

/** Everything that a server is started with: settings from {@link loadServerConfig}, feed and log from the caller. */
export interface ServerConfig extends IdentityConfig {
  readonly listen: readonly ListenAddress[];
  readonly limits: Limits;
  /** Absent: plain text. */
  readonly tls?: TlsFiles;
  /** Whether permessage-deflate is offered; absent: it isn't. */
  readonly compression?: boolean;
  /** Web origins that may connect, `*` for all. */
  readonly allowedOrigins: readonly string[];
  /** Who may ask how the server is, for which no token is needed; absent: anybody. */
  readonly statusFrom?: StatusFrom;
  readonly feed?: EmbeddedFeedConfig;
  /** Providers of market data; instead of a tape. */
  readonly liveFeed?: LiveFeedConfig;
  readonly commandLogPath?: string;
  /** Where orders, positions and numbers are kept over a crash; absent: nowhere. */
  readonly journal?: JournalConfig;
  /** Cash of a new account, in 1/10,000 of the currency. */
  readonly startingCashUnits?: number;
  /** Closed orders of an account that are remembered; absent: the engine's default. */
  readonly closedOrdersKept?: number;
  readonly logLevel: string;
}

/** What the command line decides; goes before environment and file. */
interface ServerOptions {
  /** `HOST:PORT`, `[IPV6]:PORT` or `PORT`, each. */
  readonly listen?: readonly string[];
  readonly tlsCertFile?: string;
  readonly tlsKeyFile?: string;
  readonly journal?: string;
  /** Providers or chains of them, the one wanted most first. */
  readonly feedChain?: readonly string[];
  /** `NAME=URL`, each. */
  readonly feedUrls?: readonly string[];
  /** `NAME=PLAN`, each. */
  readonly feedPlans?: readonly string[];
  readonly feedSymbols?: readonly string[];
  readonly feedInstrumentsFile?: string;
  readonly feedKeyFile?: string;
}

export { ConfigError } from './configError.ts';

/** Where settings come from. */
export interface ConfigSources {
  readonly options?: ServerOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of a YAML or JSON file. */
  readonly file?: string;
}

/** A setting as it stands, for `tapedeck config`. */
export interface ResolvedSetting extends Omit<Setting, 'schema'> {
  /** The value in force; for secrets 'set' or 'unset'. */
  readonly value: unknown;
  readonly source: PlacedValue['source'];
}

/**
 * Reads and validates the server's configuration; options go before the environment, that before the file, that
 * before the defaults.
 *
 * @throws ConfigError
 */
export function loadServerConfig(sources: ConfigSources): ServerConfig {
  return resolveConfig(sources).config;
}

/**
 * Lists every setting with its value and source, and warns of variables that look like a mistyped setting.
 *
 * @throws ConfigError
 */
export function listSettings(sources: ConfigSources): {
  readonly settings: readonly ResolvedSetting[];
  readonly warnings: readonly string[];
} {
  const { found } = resolveConfig(sources);
  const settings = SETTINGS.map(({ schema: _, ...setting }): ResolvedSetting => {
    const { value, source } = found(setting.name);
    return { ...setting, value: setting.secret ? (value === undefined ? 'unset' : 'set') : value, source };
  });
  return { settings, warnings: mistypedVariables(sources.env) };
}

interface Resolved {
  readonly config: ServerConfig;
  readonly found: (name: string) => PlacedValue;
}

function resolveConfig({ options = {}, env, file }: ConfigSources): Resolved {
  const fromFile = file === undefined ? new Map<string, PlacedValue>() : readConfigFile(file);
  const values = new Map<string, PlacedValue>();
  for (const setting of SETTINGS) {
    const value = fromOptions(setting, options) ?? fromEnvironment(setting, env) ?? fromFile.get(setting.name);
    values.set(setting.name, value ?? { value: setting.default, source: 'default', place: setting.variable });
  }
  const found = (name: string): PlacedValue => values.get(name) ?? { value: undefined, source: 'default', place: name };

  const identity = readIdentity({ found, file });
  const listen = readListen(found('listen'), identity.secret !== undefined || identity.keySet !== undefined);
  const tls = readTls({ found, file });
  const limits = readLimits(found);
  const cash = optionalNumber(found('startingCashUnits').value);
  const closedOrdersKept = optionalNumber(found('closedOrdersKept').value);
  const journal = found('journal');
  const liveFeed = readLiveFeed({ found, file });
  const config: ServerConfig = {
    listen,
    limits,
    ...identity,
    ...(tls !== undefined && { tls }),
    ...(found('compression').value === 'on' && { compression: true }),
    allowedOrigins: strings(found('allowedOrigins').value),
    ...(found('statusFrom').value === 'loopback' && { statusFrom: 'loopback' }),
    ...(cash === undefined ? {} : { startingCashUnits: cash }),
    ...(closedOrdersKept === undefined ? {} : { closedOrdersKept }),
    ...(liveFeed !== undefined && { liveFeed }),
    ...(journal.value !== undefined && { journal: { folder: pathOf(journal, file) } }),
    logLevel: String(found('logLevel').value),
  };
  return { config, found };
}

function fromOptions(setting: Setting, options: ServerOptions): PlacedValue | undefined {
  const value = optionOf(setting.name, options);
  if (value === undefined || value.length === 0) return undefined;
  return checked(setting, { value, source: 'option', place: OPTIONS[setting.name] ?? setting.name }, ExitCode.USAGE);
}

/** How the command line names what it can decide. */
const OPTIONS: Readonly<Record<string, string>> = {
  listen: '--listen',
  tlsCertFile: '--tls-cert',
  tlsKeyFile: '--tls-key',
  journal: '--journal',
  feedChain: '--feed',
  feedUrls: '--feed-url',
  feedPlans: '--plan',
  feedSymbols: '--symbols',
  feedInstrumentsFile: '--instruments',
  feedKeyFile: '--key-file',
};

function optionOf(name: string, options: ServerOptions): string | readonly string[] | undefined {
  const given: Readonly<Record<string, string | readonly string[] | undefined>> = { ...options };
  return Object.hasOwn(OPTIONS, name) ? given[name] : undefined;
}

function fromEnvironment(setting: Setting, env: ConfigSources['env']): PlacedValue | undefined {
  const text = env[setting.variable];
  if (text === undefined) return undefined;
  const found: PlacedValue = { value: fromText(setting.schema, text), source: 'environment', place: setting.variable };
  return checked(setting, found, ExitCode.USAGE);
}

/** Text of a variable as the schema wants it; text that doesn't convert stays text, for the schema to refuse. */
function fromText(schema: TSchema, text: string): unknown {
  if (schema['type'] === 'integer') return /^-?\d{1,16}$/.test(text.trim()) ? Number(text) : text;
  if (schema['type'] === 'array') return text.split(',').map((part) => part.trim());
  return text;
}

function checked(setting: Setting, found: PlacedValue, exitCode: ExitCode): PlacedValue {
  if (Value.Check(setting.schema, found.value)) return found;
  const shown = setting.secret ? 'the value' : JSON.stringify(found.value);
  throw new ConfigError(`${found.place}: ${shown} is not allowed; give ${allowed(setting.schema)}`, exitCode);
}

function allowed(schema: TSchema): string {
  if (schema['type'] === 'integer') return `a whole number from ${schema['minimum']} to ${schema['maximum']}`;
  if (schema['type'] === 'array') return `a list of ${allowedItems(schema['items'])}`;
  if (Array.isArray(schema['anyOf'])) return schema['anyOf'].map((option: TSchema) => option['const']).join(', ');
  if (typeof schema['pattern'] === 'string') return 'an address like https://id.example.com/keys';
  return 'a text that is not empty';
}

function allowedItems(items: TSchema): string {
  if (items.description !== undefined) return items.description;
  if (Array.isArray(items['anyOf'])) return allowed(items);
  return items['pattern'] === undefined ? 'HOST:PORT' : 'origins like https://example.com, or *';
}

const FileSchema = Type.Record(Type.String(), Type.Unknown());

function readConfigFile(path: string): Map<string, PlacedValue> {
  const text = readText(path, 'configuration file');
  let content: unknown;
  try {
    content = parseYaml(text) ?? {};
  } catch (error) {
    const [firstLine] = String(error instanceof Error ? error.message : error).split('\n');
    throw new ConfigError(`${path}: not readable as YAML or JSON: ${firstLine}`, ExitCode.BAD_DATA);
  }
  if (!Value.Check(FileSchema, content))
    throw new ConfigError(`${path}: must hold settings, name: value`, ExitCode.BAD_DATA);
  const { limits = {}, ...general } = content;
  if (!Value.Check(FileSchema, limits))
    throw new ConfigError(`${path}: limits: must hold name: value`, ExitCode.BAD_DATA);
  return new Map([
    ...readSection({ path, prefix: '', content: general, settings: Object.values(GENERAL_SETTINGS) }),
    ...readSection({ path, prefix: 'limits.', content: limits, settings: LIMIT_SETTINGS }),
  ]);
}

function readSection(section: {
  readonly path: string;
  readonly prefix: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly settings: readonly Setting[];
}): [string, PlacedValue][] {
  return Object.entries(section.content).map(([name, value]) => {
    const place = `${section.path}: ${section.prefix}${name}`;
    const setting = section.settings.find((candidate) => candidate.name === name);
    if (setting?.secret === true) {
      const own = name === 'jwtSecret' ? 'jwtSecretFile' : 'feedKeyFile';
      throw new ConfigError(
        `${place}: secrets don't belong in this file; name a file of its own as ${own}`,
        ExitCode.BAD_DATA,
      );
    }
    if (setting === undefined)
      throw new ConfigError(`${place}: no such setting${hint(section.prefix, name)}`, ExitCode.BAD_DATA);
    return [name, checked(setting, { value, source: 'file', place }, ExitCode.BAD_DATA)];
  });
}

function hint(prefix: string, name: string): string {
  const names = [...Object.keys(GENERAL_SETTINGS), 'limits', ...LIMIT_NAMES.map((limit) => `limits.${limit}`)];
  const near = nearest(`${prefix}${name}`, names) ?? nearest(`limits.${name}`, names);
  return near === undefined ? '; tapedeck config lists them all' : `; did you mean ${near}?`;
}

function readListen(found: PlacedValue, hasKeys: boolean): readonly ListenAddress[] {
  return strings(found.value).map((text) => {
    const address = parseListen(text);
    if (typeof address === 'string') {
      throw new ConfigError(
        `${found.place}: ${JSON.stringify(text)}: ${address}`,
        found.source === 'file' ? ExitCode.BAD_DATA : ExitCode.USAGE,
      );
    }
    if (hasKeys || isLoopback(address.host)) return address;
    throw new ConfigError(
      `${found.place}: ${text} is open to other machines, which needs a secret: set TAPEDECK_JWT_SECRET (32 bytes or more), TAPEDECK_JWT_SECRET_FILE or a key set, or listen on 127.0.0.1`,
      ExitCode.USAGE,
    );
  });
}

function readLimits(found: (name: string) => PlacedValue): Limits {
  const limits: { -readonly [name in keyof Limits]: number } = { ...DEFAULT_LIMITS };
  for (const name of LIMIT_NAMES) limits[name] = Number(found(name).value);
  refuseInverted({ limits, lower: 'maxFrameBytes', upper: 'maxTransportFrameBytes', found });
  refuseInverted({ limits, lower: 'maxSymbolsPerSocket', upper: 'subscriptionBurst', found });
  refuseInverted({ limits, lower: 'softBufferedBytes', upper: 'hardBufferedBytes', found });
  return limits;
}

function refuseInverted(pair: {
  readonly limits: Limits;
  readonly lower: keyof Limits;
  readonly upper: keyof Limits;
  readonly found: (name: string) => PlacedValue;
}): void {
  const { limits, lower, upper, found } = pair;
  if (limits[lower] <= limits[upper]) return;
  const low = found(lower);
  const place = low.source === 'default' ? found(upper).place : low.place;
  throw new ConfigError(
    `${place}: ${lower} (${limits[lower]}) is above ${upper} (${limits[upper]}); lower the one or raise the other`,
    ExitCode.USAGE,
  );
}

/** A Kubernetes service of our name sets TAPEDECK_PORT and the like, so unknown variables are told, not refused. */
function mistypedVariables(env: ConfigSources['env']): string[] {
  const known = SETTINGS.map((setting) => setting.variable);
  return Object.keys(env)
    .filter((name) => name.startsWith('TAPEDECK_') && !known.includes(name))
    .flatMap((name) => {
      const near = nearest(name, known);
      return near === undefined ? [] : [`${name} is no setting; did you mean ${near}?`];
    });
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function optionalNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
