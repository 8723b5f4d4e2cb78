import { Type } from '@sinclair/typebox';
import { CASH_SCALE } from '../market/types.ts';
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts';
import { FEED_SETTINGS } from './feeds/settings.ts';
import { KEY_SET_ALGORITHMS } from './identity/keys.ts';
import { type Setting, setting } from './setting.ts';

export type { Setting } from './setting.ts';

interface LimitRule {
  readonly unit: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly about: string;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const HOUR_MS = 3_600_000;

/** Unit, range and meaning of every limit of protocol/limits.ts. */
const LIMIT_RULES: Readonly<Record<keyof Limits, LimitRule>> = {
  maxFrameBytes: { unit: 'bytes', minimum: KIB, maximum: 16 * MIB, about: 'A larger frame is answered by close 4413.' },
  maxTransportFrameBytes: {
    unit: 'bytes',
    minimum: KIB,
    maximum: 64 * MIB,
    about: 'Over it the transport cuts the socket without a close frame.',
  },
  maxJsonDepth: { unit: 'levels', minimum: 2, maximum: 64, about: "Deepest nesting of a client's frame." },
  maxSymbolsPerSocket: { unit: 'symbols', minimum: 1, maximum: 100_000, about: 'Subscribed symbols on one socket.' },
  maxSubscribersPerSymbol: {
    unit: 'sockets',
    minimum: 1,
    maximum: 1_000_000,
    about: "Sockets that subscribe to one symbol's prices at once.",
  },
  maxSocketsPerUser: { unit: 'sockets', minimum: 1, maximum: 1_000_000, about: 'Open sockets of one user.' },
  maxSocketsPerAddress: {
    unit: 'sockets',
    minimum: 1,
    maximum: 1_000_000,
    about: 'Open sockets from one address; not applied to loopback in development.',
  },
  handshakesPerSecond: {
    unit: 'handshakes/s',
    minimum: 1,
    maximum: 1_000_000,
    about: 'WebSocket handshakes and HTTP requests of one address, sustained; not applied to loopback in development.',
  },
  handshakeBurst: {
    unit: 'handshakes',
    minimum: 1,
    maximum: 1_000_000,
    about: 'WebSocket handshakes and HTTP requests of one address at once.',
  },
  maxPendingConnections: {
    unit: 'connections',
    minimum: 1,
    maximum: 1_000_000,
    about: 'Connections that are no sockets: silent ones, unfinished handshakes, HTTP; further ones are cut unread.',
  },
  commandsPerSecond: {
    unit: 'commands/s',
    minimum: 1,
    maximum: 1_000_000,
    about: 'Commands of one socket, sustained.',
  },
  commandBurst: { unit: 'commands', minimum: 1, maximum: 1_000_000, about: 'Commands of one socket at once.' },
  requestsPerSecond: {
    unit: 'requests/s',
    minimum: 1,
    maximum: 1_000_000,
    about: 'HTTP requests of one user, sustained; not applied to the development account.',
  },
  requestBurst: { unit: 'requests', minimum: 1, maximum: 1_000_000, about: 'HTTP requests of one user at once.' },
  subscriptionsPerSecond: {
    unit: 'keys/s',
    minimum: 1,
    maximum: 1_000_000,
    about: 'Keys subscribed to or left on one socket, sustained.',
  },
  subscriptionBurst: {
    unit: 'keys',
    minimum: 1,
    maximum: 1_000_000,
    about: 'Keys subscribed to or left on one socket at once.',
  },
  historyEvents: {
    unit: 'events',
    minimum: 0,
    maximum: 65_536,
    about: "Events that a stream's history keeps for resume.",
  },
  historyAgeMs: {
    unit: 'ms',
    minimum: 0,
    maximum: 24 * HOUR_MS,
    about: "Age at which an event leaves its stream's history.",
  },
  softBufferedBytes: {
    unit: 'bytes',
    minimum: KIB,
    maximum: 1024 * MIB,
    about: 'Over this much unsent data market data is conflated for the socket.',
  },
  hardBufferedBytes: {
    unit: 'bytes',
    minimum: KIB,
    maximum: 1024 * MIB,
    about: 'Over this much unsent data for hardBufferedMs the socket is closed with 4008.',
  },
  hardBufferedMs: { unit: 'ms', minimum: 0, maximum: HOUR_MS, about: 'Patience with a socket over hardBufferedBytes.' },
  authTimeoutMs: {
    unit: 'ms',
    minimum: 10,
    maximum: 10 * 60_000,
    about: 'A socket without valid auth by then is closed with 4408.',
  },
  heartbeatMs: { unit: 'ms', minimum: 10, maximum: 10 * 60_000, about: 'Interval between heartbeats.' },
  drainMs: { unit: 'ms', minimum: 0, maximum: 10 * 60_000, about: 'Longest time that a drain takes.' },
  flushWindowMs: {
    unit: 'ms',
    minimum: 0,
    maximum: 1_000,
    about: 'Gathering time before frames are written; 0 writes at the end of the loop turn.',
  },
  maxFlushWindowMs: {
    unit: 'ms',
    minimum: 0,
    maximum: 1_000,
    about: 'What the gathering time may grow to while the event loop is busy; 0 keeps it at flushWindowMs.',
  },
  ratchetWindowMs: {
    unit: 'ms',
    minimum: 0,
    maximum: 60_000,
    about: "A trailing stop's ratchets are told at most once in this time.",
  },
};

/** Names of all limits, in the order in which they are listed. */
export const LIMIT_NAMES: readonly (keyof Limits)[] = [
  'maxFrameBytes',
  'maxTransportFrameBytes',
  'maxJsonDepth',
  'maxSymbolsPerSocket',
  'maxSubscribersPerSymbol',
  'maxSocketsPerUser',
  'maxSocketsPerAddress',
  'handshakesPerSecond',
  'handshakeBurst',
  'maxPendingConnections',
  'commandsPerSecond',
  'commandBurst',
  'requestsPerSecond',
  'requestBurst',
  'subscriptionsPerSecond',
  'subscriptionBurst',
  'historyEvents',
  'historyAgeMs',
  'softBufferedBytes',
  'hardBufferedBytes',
  'hardBufferedMs',
  'authTimeoutMs',
  'heartbeatMs',
  'drainMs',
  'flushWindowMs',
  'maxFlushWindowMs',
  'ratchetWindowMs',
];

const Path = Type.String({ minLength: 1 });

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

function limitSetting(name: keyof Limits): Setting {
  const { unit, minimum, maximum, about } = LIMIT_RULES[name];
  return setting({ name, unit, about, schema: Type.Integer({ minimum, maximum }), default: DEFAULT_LIMITS[name] });
}

/** Settings beside the limits. */
export const GENERAL_SETTINGS = {
  listen: setting({
    name: 'listen',
    unit: '',
    about: 'Addresses to listen on, HOST:PORT; in the environment separated by commas.',
    schema: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 16 }),
    default: ['127.0.0.1:8000'],
  }),
  jwtSecret: setting({
    name: 'jwtSecret',
    unit: '',
    about:
      'HS256 secret of the tokens, at least 32 bytes; without it only loopback is served, with a development account.',
    schema: Type.String({ minLength: 1 }),
    default: undefined,
    secret: true,
  }),
  jwtSecretFile: setting({
    name: 'jwtSecretFile',
    unit: '',
    about: 'File that holds the secret; instead of jwtSecret.',
    schema: Path,
    default: undefined,
  }),
  jwksFile: setting({
    name: 'jwksFile',
    unit: '',
    about: 'File with the public keys of tokens (a JSON Web Key Set), read anew when it changes; instead of a secret.',
    schema: Path,
    default: undefined,
  }),
  jwksUrl: setting({
    name: 'jwksUrl',
    unit: '',
    about: 'https address of the key set, kept for 10 minutes and fetched anew for unknown keys; instead of a secret.',
    schema: Type.String({ pattern: '^https?://[^\\s]+$' }),
    default: undefined,
  }),
  jwtAlgorithms: setting({
    name: 'jwtAlgorithms',
    unit: '',
    about:
      'Algorithms of tokens that a key set may verify; all others are refused. In the environment separated by commas.',
    schema: Type.Array(Type.Union(KEY_SET_ALGORITHMS.map((name) => Type.Literal(name))), { minItems: 1, maxItems: 4 }),
    default: ['ES256', 'EdDSA'],
  }),
  jwtIssuer: setting({
    name: 'jwtIssuer',
    unit: '',
    about: "What a token's iss must be; unset: anything.",
    schema: Type.String({ minLength: 1, maxLength: 1_024 }),
    default: undefined,
  }),
  jwtAudience: setting({
    name: 'jwtAudience',
    unit: '',
    about: "What a token's aud must name; unset: anything.",
    schema: Type.String({ minLength: 1, maxLength: 1_024 }),
    default: undefined,
  }),
  tlsCertFile: setting({
    name: 'tlsCertFile',
    unit: '',
    about: 'Certificate chain (PEM) to serve wss and https with; a changed one is taken without dropping clients.',
    schema: Path,
    default: undefined,
  }),
  tlsKeyFile: setting({
    name: 'tlsKeyFile',
    unit: '',
    about: 'Private key (PEM, no passphrase) of tlsCertFile.',
    schema: Path,
    default: undefined,
  }),
  compression: setting({
    name: 'compression',
    unit: '',
    about: 'Whether permessage-deflate is offered: fewer bytes for much more CPU, paid once per socket and frame.',
    schema: Type.Union([Type.Literal('off'), Type.Literal('on')]),
    default: 'off',
  }),
  allowedOrigins: setting({
    name: 'allowedOrigins',
    unit: '',
    about:
      'Web origins that may connect, or * for all; requests without an Origin header always may. In the environment separated by commas.',
    schema: Type.Array(Type.String({ pattern: '^(\\*|[a-z][a-z0-9+.-]*://[^/\\s,]+)$' }), { maxItems: 100 }),
    default: [],
  }),
  statusFrom: setting({
    name: 'statusFrom',
    unit: '',
    about: 'Who may ask /metrics and /api/health, for which no token is needed: anywhere, or this machine alone.',
    schema: Type.Union([Type.Literal('anywhere'), Type.Literal('loopback')]),
    default: 'anywhere',
  }),
  journal: setting({
    name: 'journal',
    unit: '',
    about: 'Folder in which orders, positions, alerts and sequence numbers are kept over a crash; unset: nowhere.',
    schema: Path,
    default: undefined,
  }),
  startingCashUnits: setting({
    name: 'startingCashUnits',
    unit: `1/${CASH_SCALE} of the currency`,
    about: 'Cash that a new account starts with.',
    schema: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    default: undefined,
  }),
  closedOrdersKept: setting({
    name: 'closedOrdersKept',
    unit: 'orders',
    about: "Closed orders of an account that are remembered, 10,000 unless set; an older one's id may be used anew.",
    schema: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
    default: undefined,
  }),
  logLevel: setting({
    name: 'logLevel',
    unit: '',
    about: 'Least severity that is logged, to stderr as lines of JSON.',
    schema: Type.Union(LOG_LEVELS.map((level) => Type.Literal(level))),
    default: 'warn',
  }),
  ...FEED_SETTINGS,
} as const;

/** The limits as settings. */
export const LIMIT_SETTINGS: readonly Setting[] = LIMIT_NAMES.map(limitSetting);

/** Every setting of the server, general ones first. */
export const SETTINGS: readonly Setting[] = [...Object.values(GENERAL_SETTINGS), ...LIMIT_SETTINGS];
