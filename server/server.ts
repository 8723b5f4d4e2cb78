import { randomBytes } from 'node:crypto';
import { DEFAULT_CLOSED_ORDERS_KEPT } from '../market/accounts/account.ts';
import type { EngineSnapshot } from '../market/snapshot.ts';
import type { Instrument } from '../market/types.ts';
import type { Clock } from '../protocol/clock.ts';
import { ExitCode } from '../protocol/codes.ts';
import { type RenewOutcome, type Transport, TransportError } from '../transport/types.ts';
import { openTransport } from '../transport/uws.ts';
import { AccountBook } from './accountBook.ts';
import { CertificateWatch } from './certificateWatch.ts';
import type { JournalConfig, ServerConfig } from './config.ts';
import { aiTradingV2 } from './dialects/aiTradingV2.ts';
import type { Dialect } from './dialects/dialect.ts';
import { native, nativeMsgpack } from './dialects/native.ts';
import { paiid } from './dialects/paiid.ts';
import { tickstock } from './dialects/tickstock.ts';
import { us001 } from './dialects/us001.ts';
import { EngineLoop } from './engineLoop.ts';
import { EmbeddedFeed } from './feeds/embedded.ts';
import type { Feed, OpenCommandLog } from './feeds/feed.ts';
import { Gateway } from './gateway.ts';
import { HttpSide } from './http/routes.ts';
import type { Health } from './http/status.ts';
import { VERSION } from './http/version.ts';
import { FlushWindow } from './hub/flushWindow.ts';
import { Hub } from './hub/hub.ts';
import { createIdentity, type Identity } from './identity.ts';
import { formatListen, type ListenAddress } from './listen.ts';
import type { Logger } from './logger.ts';
import { ServerMetrics } from './metrics.ts';
import { rehearse } from './rehearsal.ts';
import { openStandingReports } from './standingReports.ts';
import { Durability, TICKER_SEQ_GAP } from './store/durability.ts';
import type { EventLog } from './store/eventLog.ts';
import { JournalError } from './store/errors.ts';
import { type Recovery, Store } from './store/store.ts';

/** How often sockets are looked at for what is due to them, ms: a tenth of the shortest interval that clients see. */
const SWEEP_MS = 100;
/** How often a drain looks whether a socket has read everything, ms. */
const DRAIN_LOOK_MS = 20;
/** Time for close frames to leave before the rest is cut, ms: at most this, and at most a quarter of `drainMs`. */
const LAST_WRITES_MS = 100;

const DIALECTS: readonly Dialect[] = [native, nativeMsgpack, aiTradingV2, us001, paiid, tickstock];

/** A server that listens. */
export interface RunningServer {
  /** Ports in the order of `config.listen`. */
  readonly ports: readonly number[];
  /** Which build of the transport serves. */
  readonly transport: string;
  readonly epoch: string;
  /** In development a token for the development account; undefined when a secret or a key set is configured. */
  readonly developmentToken: Promise<string> | undefined;
  /** Resolves when the feed has ended, at once without one; rejects when its source turns out to be bad. */
  readonly feedEnded: Promise<void>;
  /** Serves new connections with the certificate as it lies in its files now, without an effect on open ones. */
  readonly renewCertificate: () => Promise<RenewOutcome>;
  /** Publishes news, and notices to everyone; each returns its number. */
  readonly publish: Pick<Hub, 'publishNews' | 'publishSystem'>;
  /** Tells clients, completes the command log, closes every socket with 4001 and stops; at most `drainMs` and a moment. */
  readonly drain: () => Promise<void>;
}

/** An address can't be listened on because something else is there. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
  readonly address: ListenAddress;

  constructor(address: ListenAddress) {
    super(`${formatListen(address)} is taken`);
    this.address = address;
  }
}

/** What a server takes from outside. */
export interface ServerPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Plays instead of the configuration's tape. */
  readonly feed?: Feed;
  /** Spoken instead of all there are. */
  readonly dialects?: readonly Dialect[];
}

/**
 * Starts a server: transport, engine, hub, gateway, and the feed.
 *
 * @throws PortTakenError when an address is in use
 * @throws TransportError when an address can't be used, or the transport can't run here
 * @throws TapeError when the feed's tape is missing or unusable
 * @throws CommandLogError when the command log can't be written
 * @throws JournalError when the journal is damaged, of other instruments, or can't be written
 */
export async function startServer(config: ServerConfig, ports: ServerPorts): Promise<RunningServer> {
  const server = await Server.build(config, ports);
  await server.listen();
  return server;
}

interface Parts {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly transport: Transport;
  readonly feed: Feed | undefined;
  readonly dialects: readonly Dialect[];
  readonly commandLog: OpenCommandLog | undefined;
  readonly journal: OpenJournal | undefined;
}

/** The journal, with what it had. */
interface OpenJournal {
  readonly store: Store;
  readonly durability: Durability;
  readonly recovery: Recovery;
  /** Sets who is told when the journal fails. */
  readonly onFailure: (tell: (reason: string) => void) => void;
}

class Server implements RunningServer {
  readonly epoch = randomBytes(8).toString('hex');
  readonly ports: number[] = [];
  readonly transport: string;
  readonly #parts: Parts;
  readonly #metrics = new ServerMetrics();
  readonly #identity: Identity;
  readonly #hub: Hub;
  readonly #loop: EngineLoop;
  readonly #gateway: Gateway;
  readonly #http: HttpSide;
  readonly #book: AccountBook;
  readonly #flushWindow: FlushWindow;
  #utilization = performance.eventLoopUtilization();
  readonly #startedUs: number;
  readonly #feedEnd: { readonly promise: Promise<void>; readonly resolve: (end: Promise<void> | undefined) => void };
  readonly #timers: NodeJS.Timeout[] = [];
  #certificate: CertificateWatch | undefined = undefined;
  #drained: Promise<void> | undefined = undefined;

  static async build(config: ServerConfig, ports: ServerPorts): Promise<Server> {
    const transport = await openTransport({ tls: config.tls });
    const feed = ports.feed ?? (config.feed === undefined ? undefined : new EmbeddedFeed(config.feed, ports.clock));
    const { commandLogPath, startingCashUnits: startingCash } = config;
    const rules = { startingCash, ratchetWindowUs: config.limits.ratchetWindowMs * 1000 };
    if (config.feed !== undefined)
      rehearse({ clock: ports.clock, limits: config.limits, dialects: ports.dialects ?? DIALECTS });
    const commandLog = commandLogPath === undefined ? undefined : await feed?.openCommandLog?.(commandLogPath, rules);
    const journal =
      config.journal === undefined ? undefined : openJournal(config.journal, { config, feed, log: ports.log });
    const server = new Server({
      config,
      ...ports,
      dialects: ports.dialects ?? DIALECTS,
      transport,
      feed,
      commandLog,
      journal,
    });
    await server.#begun();
    return server;
  }

  private constructor(parts: Parts) {
    const { config, clock, transport, feed, dialects } = parts;
    const { limits } = config;
    const instruments = feed?.instruments ?? [];
    const metrics = this.#metrics;
    this.#parts = parts;
    this.epoch = parts.journal?.store.epoch ?? randomBytes(8).toString('hex');
    const restored = restoredState(parts.journal?.recovery, instruments);
    const durability = parts.journal?.durability;
    this.transport = transport.build;
    this.#startedUs = clock.nowUs();
    this.#identity = openIdentity(config, parts);
    const window = new FlushWindow(limits);
    this.#flushWindow = window;
    this.#hub = new Hub({
      epoch: this.epoch,
      instruments,
      calendar: feed?.calendar,
      dialects,
      clock,
      limits,
      metrics,
      durability,
      publish: (topic, text) => transport.publish(topic, text),
      // A tick of the process queue runs when the current callback is done, before the loop looks for input and output.
      later: (flush) => (window.ms === 0 ? process.nextTick(flush) : setTimeout(flush, window.ms)),
      soon: (callback) => setImmediate(callback),
      after: (delayMs, callback) => setTimeout(callback, delayMs).unref(),
    });
    this.#loop = new EngineLoop({
      instruments,
      calendar: feed?.calendar,
      startingCash: config.startingCashUnits,
      ratchetWindowUs: limits.ratchetWindowMs * 1000,
      hub: this.#hub,
      clock,
      metrics,
      commandLog: parts.commandLog,
      durability,
      restored,
      soon: (callback) => setImmediate(callback),
    });
    if (restored !== undefined) this.#hub.restore(restored.streams, this.#loop.engine.tickers);
    this.#book = new AccountBook(instruments, { loop: this.#loop, hub: this.#hub });
    const services = {
      hub: this.#hub,
      loop: this.#loop,
      book: this.#book,
      identity: this.#identity,
      clock,
      limits,
      metrics,
    };
    this.#gateway = new Gateway({ transport, dialects, config, services });
    this.#http = new HttpSide({
      services,
      status: { health: () => this.#health(), endpoints: () => this.#gateway.endpoints, metrics },
      allowedOrigins: config.allowedOrigins,
      addressWaitMs: (address, nowUs) => this.#gateway.requestWaitMs(address, nowUs),
    });
    transport.http({ maxBodyBytes: limits.maxFrameBytes, handle: this.#http.handle });
    this.#feedEnd = deferred();
  }

  get developmentToken(): Promise<string> | undefined {
    return this.#identity.developmentToken;
  }

  get publish(): RunningServer['publish'] {
    return this.#hub;
  }

  get feedEnded(): Promise<void> {
    return this.#feedEnd.promise;
  }

  /** Ticker numbers are told only once it is safe from where on they count. */
  async #begun(): Promise<void> {
    const { journal, clock } = this.#parts;
    if (journal === undefined) return;
    journal.durability.saveMarket(clock.nowUs(), 0);
    await new Promise<void>((resolve, reject) => {
      journal.onFailure((reason) => reject(new JournalError(reason, ExitCode.UNAVAILABLE)));
      journal.durability.whenSafe(resolve);
    });
  }

  async listen(): Promise<void> {
    const { transport, config, log, feed } = this.#parts;
    if (feed?.warm !== undefined) this.#loop.warm(feed.warm);
    for (const address of config.listen) {
      const outcome = await transport.listen(address);
      if (outcome.ok) {
        this.ports.push(outcome.port);
        continue;
      }
      this.#abandon();
      if (outcome.reason === 'taken') throw new PortTakenError(address);
      throw new TransportError(`${formatListen(address)} can't be listened on (${outcome.message})`);
    }
    this.#timers.push(setInterval(() => this.#sweep(), SWEEP_MS));
    if (config.tls !== undefined) this.#certificate = new CertificateWatch({ files: config.tls, transport, log });
    this.#timers.push(
      ...openStandingReports({
        dialects: this.#parts.dialects,
        gateway: this.#gateway,
        hub: this.#hub,
        book: this.#book,
        clock: this.#parts.clock,
      }),
    );
    log.info({ ports: this.ports, transport: this.transport, epoch: this.epoch }, 'listening');
    this.#feedEnd.resolve(this.#play());
  }

  readonly renewCertificate = async (): Promise<RenewOutcome> =>
    this.#certificate?.renew() ?? { ok: false, message: 'this server has no certificate' };

  readonly drain = (): Promise<void> => {
    this.#drained ??= this.#drain();
    return this.#drained;
  };

  async #play(): Promise<void> {
    const { feed, log } = this.#parts;
    if (feed === undefined) return;
    try {
      await feed.play(this.#loop.tick, this.#loop.control);
    } catch (error) {
      log.error({ reason: error instanceof Error ? error.message : String(error) }, 'the feed failed');
      throw error;
    } finally {
      if (this.#drained === undefined) {
        const message = 'the feed has ended; no more market data follows';
        this.#hub.publishSystem({ code: 'feed_ended', message });
        this.#hub.flush();
      }
    }
  }

  async #drain(): Promise<void> {
    const { feed, commandLog, clock, config, transport, log } = this.#parts;
    const deadlineUs = clock.nowUs() + config.limits.drainMs * 1000;
    feed?.stop();
    this.#loop.close();
    this.#hub.sweep(clock.nowUs());
    this.#gateway.startDraining(clock.nowUs());
    this.#http.drain();
    await commandLog?.close(this.#loop.end);
    await this.#parts.journal?.store.close();
    while (!this.#gateway.endDrained(clock.nowUs() >= deadlineUs)) await sleep(DRAIN_LOOK_MS);
    await sleep(Math.min(LAST_WRITES_MS, config.limits.drainMs / 4));
    this.#stop();
    transport.close();
    log.info('drained');
  }

  /** Gives back what was opened by a server that can't listen. */
  #abandon(): void {
    this.#parts.feed?.stop();
    void this.#parts.commandLog?.close(this.#loop.end);
    void this.#parts.journal?.store.close();
    this.#stop();
    this.#parts.transport.close();
  }

  #stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#certificate?.close();
    this.#metrics.close();
  }

  #sweep(): void {
    const nowUs = this.#parts.clock.nowUs();
    if (this.#drained === undefined) this.#parts.journal?.durability.sweep(nowUs, this.#metrics.ticks);
    this.#adaptWindow();
    this.#hub.sweep(nowUs);
    this.#gateway.sweep(nowUs);
    this.#http.sweep(nowUs);
  }

  #adaptWindow(): void {
    const utilization = performance.eventLoopUtilization();
    this.#flushWindow.adapt(performance.eventLoopUtilization(utilization, this.#utilization).utilization);
    this.#utilization = utilization;
    this.#metrics.flushWindowMs = this.#flushWindow.ms;
  }

  #health(): Health {
    const { feed, clock } = this.#parts;
    const journal = this.#parts.journal?.store.health;
    return {
      status: this.#drained !== undefined ? 'draining' : (journal?.status ?? 'ok'),
      uptimeS: Math.floor((clock.nowUs() - this.#startedUs) / 1e6),
      version: VERSION,
      epoch: this.epoch,
      symbols: this.#book.instruments.length,
      clients: this.#gateway.size,
      feed: { state: feed?.state ?? 'none', position: this.#loop.positionUs },
      transport: this.transport,
      ...(journal !== undefined && { journal }),
    };
  }
}

/** What tokens are checked against; a key set that can't be had is logged, since the client isn't told which it is. */
function openIdentity(config: ServerConfig, { clock, log }: Pick<Parts, 'clock' | 'log'>): Identity {
  const { secret, keySet, issuer, audience } = config;
  const onFault = (reason: string): void => log.warn({ reason }, 'tokens cannot be checked');
  return createIdentity({ secret, keySet, issuer, audience, clock, onFault });
}

/** Opens the journal, says what it had, and lets the feed go on from there. */
function openJournal(journal: JournalConfig, parts: Pick<Parts, 'config' | 'feed' | 'log'>): OpenJournal {
  const { config, feed, log } = parts;
  const failure: { tell: (reason: string) => void } = { tell: () => undefined };
  const { store, recovery } = Store.open({
    ...journal,
    instruments: (feed?.instruments ?? []).map(({ symbol }) => symbol),
    historyEvents: config.limits.historyEvents,
    closedOrdersKept: DEFAULT_CLOSED_ORDERS_KEPT,
    onFailure: (reason) => {
      log.error({ reason }, 'the journal has failed');
      failure.tell(reason);
    },
  });
  const { kind, state, tornBytes, asideFolder } = recovery;
  if (tornBytes > 0) log.warn({ tornBytes }, 'the last write was torn and is cut off; it was never acknowledged');
  if (asideFolder !== undefined) log.warn({ asideFolder }, 'the journal was cut; copies lie aside, a new epoch begins');
  log.info({ kind, orders: state.orders.size, epoch: store.epoch }, 'journal open');
  feed?.resumeAfter?.(state.marketUs);
  const onFailure = (tell: (reason: string) => void): void => {
    failure.tell = tell;
  };
  return { store, recovery, durability: new Durability(store), onFailure };
}

/** What engine and hub go on from; undefined for a new market. */
function restoredState(recovery: Recovery | undefined, instruments: readonly Instrument[]): Restored | undefined {
  if (recovery === undefined || recovery.kind === 'new') return undefined;
  const { state } = recovery;
  const names = instruments.map(({ symbol }) => symbol);
  return { snapshot: state.snapshot(names, TICKER_SEQ_GAP), marketUs: state.marketUs, streams: state.streams };
}

interface Restored {
  readonly snapshot: EngineSnapshot;
  readonly marketUs: number;
  readonly streams: ReadonlyMap<string, EventLog>;
}

function deferred(): {
  readonly promise: Promise<void>;
  readonly resolve: (end: Promise<void> | undefined) => void;
} {
  let resolve: (end: Promise<void> | undefined) => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  // Whoever waits for it learns of the failure; nobody has to.
  promise.catch(() => undefined);
  return { promise, resolve };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
