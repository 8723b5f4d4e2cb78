import { ExitCode } from '../protocol/codes.ts';
import { type RenewOutcome, TransportError } from '../transport/types.ts';
import { type Assembly, assemble, openParts, type Parts, type ServerPorts } from './assembly.ts';
import { CertificateWatch } from './certificateWatch.ts';
import type { ServerConfig } from './config.ts';
import type { Health } from './http/status.ts';
import { VERSION } from './http/version.ts';
import type { Hub } from './hub/hub.ts';
import { formatListen, type ListenAddress } from './listen.ts';
import type { Restored } from './openJournal.ts';
import { openStandingReports } from './standingReports.ts';
import { JournalError } from './store/errors.ts';

/** How often sockets are looked at for what is due to them, ms: a tenth of the shortest interval that clients see. */
const SWEEP_MS = 100;
/** How often a drain looks whether a socket has read everything, ms. */
const DRAIN_LOOK_MS = 20;
/** Time for close frames to leave before the rest is cut, ms: at most this, and at most a quarter of `drainMs`. */
const LAST_WRITES_MS = 100;

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

class Server implements RunningServer {
  readonly epoch: string;
  readonly ports: number[] = [];
  readonly transport: string;
  readonly #parts: Parts;
  readonly #built: Assembly;
  #utilization = performance.eventLoopUtilization();
  readonly #startedUs: number;
  readonly #feedEnd = deferred();
  readonly #timers: NodeJS.Timeout[] = [];
  #certificate: CertificateWatch | undefined = undefined;
  #drained: Promise<void> | undefined = undefined;

  static async build(config: ServerConfig, ports: ServerPorts): Promise<Server> {
    const { parts, restored } = await openParts(config, ports);
    const server = new Server(parts, restored);
    await server.#begun();
    return server;
  }

  private constructor(parts: Parts, restored: Restored | undefined) {
    this.#parts = parts;
    this.transport = parts.transport.build;
    this.#startedUs = parts.clock.nowUs();
    this.#built = assemble(parts, { restored, health: () => this.#health() });
    this.epoch = this.#built.hub.epoch;
  }

  get developmentToken(): Promise<string> | undefined {
    return this.#built.identity.developmentToken;
  }

  get publish(): RunningServer['publish'] {
    return this.#built.hub;
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
    await feed?.prepare?.();
    if (feed?.warm !== undefined) this.#built.loop.warm(feed.warm);
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
        gateway: this.#built.gateway,
        hub: this.#built.hub,
        book: this.#built.book,
        loop: this.#built.loop,
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
      await feed.play(this.#built.loop.tick, this.#built.loop.control, (notice) => {
        this.#built.hub.publishSystem(notice);
      });
    } catch (error) {
      log.error({ reason: error instanceof Error ? error.message : String(error) }, 'the feed failed');
      throw error;
    } finally {
      if (this.#drained === undefined) {
        const message = 'the feed has ended; no more market data follows';
        this.#built.hub.publishSystem({ code: 'feed_ended', message });
        this.#built.hub.flush();
      }
    }
  }

  async #drain(): Promise<void> {
    const { feed, commandLog, clock, config, transport, log } = this.#parts;
    const deadlineUs = clock.nowUs() + config.limits.drainMs * 1000;
    feed?.stop();
    this.#built.loop.close();
    this.#built.hub.sweep(clock.nowUs());
    this.#built.gateway.startDraining(clock.nowUs());
    this.#built.http.drain();
    await commandLog?.close(this.#built.loop.end);
    await this.#parts.journal?.store.close();
    while (!this.#built.gateway.endDrained(clock.nowUs() >= deadlineUs)) await sleep(DRAIN_LOOK_MS);
    await sleep(Math.min(LAST_WRITES_MS, config.limits.drainMs / 4));
    this.#stop();
    transport.close();
    log.info('drained');
  }

  /** Gives back what was opened by a server that can't listen. */
  #abandon(): void {
    this.#parts.feed?.stop();
    void this.#parts.commandLog?.close(this.#built.loop.end);
    void this.#parts.journal?.store.close();
    this.#stop();
    this.#parts.transport.close();
  }

  #stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#certificate?.close();
    this.#built.metrics.close();
  }

  #sweep(): void {
    const nowUs = this.#parts.clock.nowUs();
    if (this.#drained === undefined) this.#parts.journal?.durability.sweep(nowUs, this.#built.metrics.ticks);
    this.#adaptWindow();
    this.#built.hub.sweep(nowUs);
    this.#built.gateway.sweep(nowUs);
    this.#built.http.sweep(nowUs);
  }

  #adaptWindow(): void {
    const utilization = performance.eventLoopUtilization();
    this.#built.flushWindow.adapt(performance.eventLoopUtilization(utilization, this.#utilization).utilization);
    this.#utilization = utilization;
    this.#built.metrics.flushWindowMs = this.#built.flushWindow.ms;
  }

  #health(): Health {
    const { feed, clock } = this.#parts;
    const journal = this.#parts.journal?.store.health;
    return {
      status: this.#drained !== undefined ? 'draining' : (journal?.status ?? 'ok'),
      uptimeS: Math.floor((clock.nowUs() - this.#startedUs) / 1e6),
      version: VERSION,
      epoch: this.epoch,
      symbols: this.#built.book.instruments.length,
      clients: this.#built.gateway.size,
      feed: { state: feed?.state ?? 'none', position: this.#built.loop.positionUs, ...feed?.health?.() },
      transport: this.transport,
      ...(journal !== undefined && { journal }),
    };
  }
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
