import { type Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { isStreamed, SHOWN_BY } from '../loadtests/feeds/shownTape.ts';
import type { CommandUnderTest, FedBy, ForeignServer, TokenSource, UrlUnderTest } from '../loadtests/gate/underTest.ts';
import { isLoopback, parseAddress } from '../loadtests/target/address.ts';
import { withoutSecrets } from '../loadtests/target/secrets.ts';
import { ExitCode } from '../protocol/codes.ts';
import { CUSTOM_DIALECT, TIME_UNITS, type TlsFiles } from '../protocol/serverUnderTest.ts';
import { CliError } from './errors.ts';
import { gathered, wholeNumber } from './options.ts';
import { type RuleOptions, readableFile, rulesOf } from './targetRules.ts';

/** Options of a target that isn't ours, as commander gives them. */
export type TargetOptions = RuleOptions & {
  readonly target?: string | undefined;
  readonly targetCommand?: string | undefined;
  readonly token?: string | undefined;
  readonly tokenCommand?: string | undefined;
  readonly jwtSecretFile?: string | undefined;
  readonly header?: readonly string[] | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly insecure?: true | undefined;
  readonly pid?: number | undefined;
  readonly metrics?: string | undefined;
  readonly fedBy?: string | undefined;
  readonly feedPort?: number | undefined;
  readonly startAt?: number | undefined;
  readonly symbols?: readonly string[] | undefined;
  readonly iMayLoad?: string | undefined;
  readonly maxClients?: number | undefined;
};

const FEEDS = ['own', 'tape', ...Object.keys(SHOWN_BY)];
const DEFAULT_FEED_PORT = 8_790;
/** Clients that a machine which isn't this one gets, unless more are allowed. */
const DEFAULT_MAX_CLIENTS = 200;

/** Adds the options by which a command takes a server that isn't ours; {@link underTestOf} reads them. */
export function addTargetOptions<Args extends unknown[], Options extends Record<string, unknown>>(
  command: Command<Args, Options>,
): Command<Args, Options & TargetOptions> {
  const wide: Command<Args, Options & TargetOptions> = command;
  for (const option of targetOptions()) wide.addOption(option);
  return wide;
}

function targetOptions(): Option[] {
  const port = wholeNumber({ minimum: 1, maximum: 65_535 });
  const group = 'A target that is not ours:';
  const options = [
    new Option(
      '--target <url>',
      "judge the server at ws://host:port/path or wss://...; without a path the dialect's. {account}, {token}, {symbol}, {symbols} in the path are each client's",
    ),
    new Option(
      '--target-command <command>',
      'start the server by this command and end it afterwards; it listens on the port in PORT, or {port} in the command',
    ),
    new Option('--token <token>', 'the token of all clients').env('TAPEDECK_TOKEN'),
    new Option('--token-command <command>', 'prints the token of {account}, for each client'),
    new Option('--jwt-secret-file <file>', 'sign tokens (HS256) with the secret in this file'),
    new Option('--header <line>', "'Name: value' of the upgrade request; may be repeated").argParser(gathered),
    new Option('--ca <file>', 'PEM of the authority that signed its certificate'),
    new Option('--cert <file>', 'PEM of the certificate that clients show'),
    new Option('--key <file>', "PEM of that certificate's key"),
    new Option('--insecure', "don't check its certificate; the report says so"),
    new Option('--pid <pid>', 'its process on this machine: CPU and memory').argParser(
      wholeNumber({ minimum: 1, maximum: 2 ** 31 }),
    ),
    new Option('--metrics <url>', 'its Prometheus page: CPU, memory, event loop, and our own names'),
    new Option(
      '--fed-by <feed>',
      'where its prices come from: its own feed, our tape (a tapedeck server elsewhere), or a provider of ours',
    )
      .choices(FEEDS)
      .default('own'),
    new Option('--feed-port <port>', 'where that provider of ours listens').argParser(port).default(DEFAULT_FEED_PORT),
    new Option(
      '--start-at <time>',
      'with --fed-by tape: when its tape starts, µs since the epoch or ISO 8601; by default the run says when',
    ).argParser(timeUs),
    new Option('--symbols <list>', "what clients subscribe to, with commas; the tape's by default").argParser(listOf),
    new Option(
      '--subscribe-frame <json or file>',
      'custom: the frame that subscribes; {symbols}, {symbol}, {account} and {token} are filled in',
    ),
    new Option('--auth-frame <json or file>', 'custom: a frame before it'),
    new Option('--where <path=value>', 'custom: only messages, or items, with this text or number tell prices'),
    new Option('--items-field <path>', "custom: the list of prices in a message; '' when it is one itself"),
    new Option('--symbol-field <path>', "custom: a price's symbol, as data.symbol or [0].s"),
    new Option('--time-field <path>', "custom: a price's time"),
    new Option('--time-unit <unit>', "custom: that time's unit; ms by default").choices(TIME_UNITS),
    new Option('--time-of <what>', "custom: that time is the message's own, or the feed's event's").choices([
      'message',
      'event',
    ]),
    new Option('--seq-field <path>', 'custom: a number that grows by one'),
    new Option('--seq-of <what>', 'custom: from message to message of a symbol, or of the connection')
      .choices(['symbol', 'connection'])
      .default('symbol'),
    new Option('--price-field <path>', "custom: a price; with the event's time it is looked up on the tape"),
    new Option('--i-may-load <host>', 'names the host again: asked for when it is not this machine'),
    new Option('--max-clients <n>', 'most clients that a host other than this machine gets')
      .argParser(wholeNumber({ minimum: 1, maximum: 1_000_000 }))
      .default(DEFAULT_MAX_CLIENTS),
  ];
  return options.map((option) => option.helpGroup(group));
}

/**
 * The server that the options name; undefined where they name none, and ours is meant.
 *
 * @param dialect what its clients speak; `custom` where its messages are read by rules
 * @throws CliError for options that don't go together
 */
export function underTestOf(options: TargetOptions, dialect: string): CommandUnderTest | UrlUnderTest | undefined {
  const { target, targetCommand } = options;
  if (target === undefined && targetCommand === undefined) {
    if (dialect === CUSTOM_DIALECT) throw usage('--dialect custom: name the server with --target or --target-command');
    return undefined;
  }
  const rules = rulesOf(options, dialect);
  const fed = fedBy(options);
  const source = tokens(options);
  const foreign: ForeignServer = {
    fed,
    ...(rules !== undefined && { rules }),
    ...(source !== undefined && { tokens: source }),
    headers: headersOf(options.header ?? []),
    ...tlsOf(options),
    ...(options.pid !== undefined && { pid: options.pid }),
    ...(options.metrics !== undefined && { metricsUrl: httpUrl(options.metrics) }),
    ...(options.symbols !== undefined && { symbols: options.symbols }),
    ...(isEventTime(options, fed) && { isEventTime: true }),
  };
  if (options.symbols !== undefined && fed.kind !== 'own') {
    throw usage(`--symbols: with --fed-by ${options.fedBy} they are the tape's; leave it out`);
  }
  if (targetCommand !== undefined) {
    checkAddress(target?.replaceAll('{port}', '1'));
    return { kind: 'command', command: targetCommand, ...(target !== undefined && { url: target }), ...foreign };
  }
  checkAddress(target);
  return { kind: 'url', url: target ?? '', ...foreign };
}

/** Refuses load on a machine that isn't this one, unless the user has named it again, and beyond what was allowed. @throws CliError */
export function checkMayLoad(
  underTest: CommandUnderTest | UrlUnderTest | undefined,
  options: TargetOptions,
  clients: number,
): void {
  if (underTest?.url === undefined) return;
  const { host } = parseAddress(underTest.url.replaceAll('{port}', '1'));
  if (isLoopback(host)) return;
  if (options.iMayLoad !== host) {
    throw usage(
      `target ${host}: this puts load on a machine that isn't this one; if you may, add --i-may-load ${host}`,
    );
  }
  const most = options.maxClients ?? DEFAULT_MAX_CLIENTS;
  if (clients > most) {
    throw usage(
      `target ${host}: the scenario has ${clients} clients, over ${most} for a machine that isn't this one; if you may, add --max-clients ${clients}`,
    );
  }
}

/** The provider of ours that feeds a target; undefined where none does. */
export function targetFeed(options: TargetOptions): ReturnType<typeof providerName> {
  return options.target === undefined && options.targetCommand === undefined ? undefined : providerName(options);
}

/** The options as a line that repeats the run holds them. Secrets stay out: the token, and values of headers that tell who one is. */
export function targetWords(options: TargetOptions): string[] {
  if (options.target === undefined && options.targetCommand === undefined) return [];
  const words: string[] = [];
  for (const [name, value] of Object.entries(shown(options))) {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    for (const one of Array.isArray(value) && name === 'header' ? value : [value]) {
      if (one === undefined) continue;
      words.push(flag);
      if (one !== true) words.push(quoted(String(one)));
    }
  }
  return words;
}

const SECRET_HEADER = /auth|cookie|key|token|secret/i;

function shown(options: TargetOptions): TargetOptions {
  const { target, targetCommand, tokenCommand, jwtSecretFile, ca, cert, key, insecure, pid, metrics, symbols } =
    options;
  const { subscribeFrame, authFrame, where, itemsField, symbolField, timeField, seqField, priceField } = options;
  return {
    target: target === undefined ? undefined : withoutSecrets(target),
    targetCommand,
    tokenCommand: tokenCommand === undefined ? undefined : '...',
    jwtSecretFile,
    header: options.header?.map((line) =>
      SECRET_HEADER.test(line.split(':', 1)[0] ?? '') ? `${line.split(':', 1)[0]}: ...` : line,
    ),
    ...{ ca, cert, key, insecure, pid, symbols },
    metrics: metrics === undefined ? undefined : withoutSecrets(metrics),
    fedBy: options.fedBy === 'own' ? undefined : options.fedBy,
    feedPort: options.feedPort === DEFAULT_FEED_PORT ? undefined : options.feedPort,
    startAt: options.startAt,
    ...{ subscribeFrame, where, itemsField, symbolField, timeField },
    // A file's name may be told, what stands in it not.
    authFrame: /^\s*[[{]/.test(authFrame ?? '') ? '...' : authFrame,
    timeUnit: options.timeUnit,
    timeOf: options.timeOf,
    seqField,
    seqOf: seqField === undefined ? undefined : options.seqOf,
    priceField,
    iMayLoad: options.iMayLoad,
    maxClients: options.maxClients === DEFAULT_MAX_CLIENTS ? undefined : options.maxClients,
  };
}

function quoted(text: string): string {
  return /^[\w./:@=,+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function fedBy(options: TargetOptions): FedBy {
  const name = providerName(options);
  if (name !== undefined) return { kind: 'provider', name, port: options.feedPort ?? DEFAULT_FEED_PORT };
  if (options.fedBy !== 'tape') {
    if (options.startAt !== undefined) throw usage('--start-at: goes with --fed-by tape');
    return { kind: 'own' };
  }
  return { kind: 'tape', ...(options.startAt !== undefined && { startAtUs: options.startAt }) };
}

function providerName({ fedBy: name = 'own' }: TargetOptions) {
  return isStreamed(name) ? name : undefined;
}

/** With a feed of ours a message's time is the event's, unless it is said to be the message's own. */
function isEventTime({ timeOf }: TargetOptions, fed: FedBy): boolean {
  if (timeOf === 'event' && fed.kind === 'own') {
    throw usage('--time-of event: what its own feed gives it is not known here; take --time-of message, or --fed-by');
  }
  return fed.kind !== 'own' && timeOf !== 'message';
}

function tokens({ token, tokenCommand, jwtSecretFile }: TargetOptions): TokenSource | undefined {
  if (tokenCommand !== undefined) return { kind: 'command', command: tokenCommand };
  if (jwtSecretFile !== undefined) return { kind: 'secret', file: readableFile('--jwt-secret-file', jwtSecretFile) };
  return token === undefined ? undefined : { kind: 'fixed', token };
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw usage(`--header '${line}': write 'Name: value'`);
    headers[name] = value.trim();
  }
  return headers;
}

function tlsOf({ ca, cert, key, insecure }: TargetOptions): { tls?: TlsFiles } {
  if ((cert === undefined) !== (key === undefined)) throw usage('--cert and --key: give both, or neither');
  const tls: TlsFiles = {
    ...(ca !== undefined && { ca: readableFile('--ca', ca) }),
    ...(cert !== undefined && { cert: readableFile('--cert', cert) }),
    ...(key !== undefined && { key: readableFile('--key', key) }),
    ...(insecure === true && { isInsecure: true }),
  };
  return Object.keys(tls).length === 0 ? {} : { tls };
}

function checkAddress(url: string | undefined): void {
  if (url === undefined) return;
  try {
    parseAddress(url);
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

function httpUrl(text: string): string {
  if (/^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text)) return text;
  throw usage(`--metrics ${text}: give http://host:port/metrics`);
}

function timeUs(text: string): number {
  const us = /^\d{16}$/.test(text) ? Number(text) : Date.parse(text) * 1_000;
  if (Number.isFinite(us)) return us;
  throw new InvalidArgumentError('Give µs since the epoch (16 digits), or a time like 2026-11-21T19:30:00Z.');
}

function listOf(text: string): readonly string[] {
  const symbols = text.split(',').map((symbol) => symbol.trim());
  if (!symbols.includes('') && new Set(symbols).size === symbols.length) return symbols;
  throw new InvalidArgumentError('Give names with commas between, each once.');
}

function usage(message: string): CliError {
  return new CliError(message, ExitCode.USAGE);
}
