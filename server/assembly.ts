import { randomBytes } from 'node:crypto';
import type { Clock } from '../protocol/clock.ts';
import type { Transport } from '../transport/types.ts';
import { openTransport } from '../transport/uws.ts';
import { AccountBook } from './accountBook.ts';
import type { ServerConfig } from './config.ts';
import { aiTradingV2 } from './dialects/aiTradingV2.ts';
import type { Dialect } from './dialects/dialect.ts';
import { native, nativeMsgpack } from './dialects/native.ts';
import { paiid } from './dialects/paiid.ts';
import { tickstock } from './dialects/tickstock.ts';
import { us001 } from './dialects/us001.ts';
import { EngineLoop } from './engineLoop.ts';
import { EmbeddedFeed } from './feeds/embedded.ts';
import type { Feed, OpenCommandLog } from './feeds/feed.ts';
import { registerFeedMetrics } from './feeds/metrics.ts';
import { openLiveFeed } from './feeds/open.ts';
import { Gateway } from './gateway.ts';
import { HttpSide } from './http/routes.ts';
import type { Health } from './http/status.ts';
import { FlushWindow } from './hub/flushWindow.ts';
import { Hub } from './hub/hub.ts';
import { createIdentity, type Identity } from './identity.ts';
import type { Logger } from './logger.ts';
import { ServerMetrics } from './metrics.ts';
import { type OpenJournal, openJournal, type Restored } from './openJournal.ts';
import { rehearse } from './rehearsal.ts';
import type { Disk } from './store/disk.ts';

const DIALECTS: readonly Dialect[] = [native, nativeMsgpack, aiTradingV2, us001, paiid, tickstock];

/** What a server takes from outside. */
export interface ServerPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Plays instead of the configuration's tape. */
  readonly feed?: Feed;
  /** What the journal writes to, instead of the real disk. */
  readonly disk?: Disk;
  /** Spoken instead of all there are. */
  readonly dialects?: readonly Dialect[];
}

/** What a server is made over, opened. */
export interface Parts {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly transport: Transport;
  readonly feed: Feed | undefined;
  readonly dialects: readonly Dialect[];
  readonly commandLog: OpenCommandLog | undefined;
  readonly journal: OpenJournal | undefined;
}

/** A server's parts, each knowing those that it works with. */
export interface Assembly {
  readonly metrics: ServerMetrics;
  readonly identity: Identity;
  readonly hub: Hub;
  readonly loop: EngineLoop;
  readonly book: AccountBook;
  readonly gateway: Gateway;
  readonly http: HttpSide;
  readonly flushWindow: FlushWindow;
}

/** Opens transport, feed, command log and journal. `restored` is what the journal had; undefined for a new market. */
export async function openParts(
  config: ServerConfig,
  ports: ServerPorts,
): Promise<{ readonly parts: Parts; readonly restored: Restored | undefined }> {
  const { clock, log, disk, dialects = DIALECTS } = ports;
  const transport = await openTransport({ tls: config.tls });
  const feed = ports.feed ?? openFeed(config, ports);
  const { commandLogPath, startingCashUnits: startingCash, closedOrdersKept, limits } = config;
  const rules = { startingCash, closedOrdersKept, ratchetWindowUs: limits.ratchetWindowMs * 1000 };
  if (config.feed !== undefined || config.liveFeed !== undefined) rehearse({ clock, limits, dialects });
  const commandLog = commandLogPath === undefined ? undefined : await feed?.openCommandLog?.(commandLogPath, rules);
  const opened = config.journal === undefined ? undefined : openJournal(config.journal, { config, feed, log, disk });
  const parts = { config, clock, log, transport, feed, dialects, commandLog, journal: opened?.journal };
  return { parts, restored: opened?.restored };
}

/** Makes the parts of a server and connects them; nothing runs yet. */
export function assemble(
  parts: Parts,
  from: { readonly restored: Restored | undefined; readonly health: () => Health },
): Assembly {
  const { config, clock, transport, feed, journal, commandLog } = parts;
  const { limits } = config;
  const { restored } = from;
  const instruments = feed?.instruments ?? [];
  const calendar = feed?.calendar;
  const metrics = new ServerMetrics();
  if (feed?.counts !== undefined) registerFeedMetrics(metrics.registry, feed.counts);
  const identity = openIdentity(config, parts);
  const flushWindow = new FlushWindow(limits);
  const shared = { instruments, calendar, clock, metrics, durability: journal?.durability };
  const soon = (callback: () => void): void => void setImmediate(callback);
  const hub = new Hub({
    ...shared,
    staleMs: feed?.staleMs,
    epoch: journal?.store.epoch ?? randomBytes(8).toString('hex'),
    dialects: parts.dialects,
    limits,
    publish: (topic, text) => transport.publish(topic, text),
    // A tick of the process queue runs when the current callback is done, before the loop looks for input and output.
    later: (flush) => (flushWindow.ms === 0 ? process.nextTick(flush) : setTimeout(flush, flushWindow.ms)),
    soon,
    after: (delayMs, callback) => setTimeout(callback, delayMs).unref(),
  });
  const loop = new EngineLoop({
    ...shared,
    startingCash: config.startingCashUnits,
    closedOrdersKept: config.closedOrdersKept,
    ratchetWindowUs: limits.ratchetWindowMs * 1000,
    cleaning: feed?.cleaning,
    hub,
    commandLog,
    restored,
    soon,
  });
  if (restored !== undefined) hub.restore(restored.state, loop.engine.tickers);
  const book = new AccountBook(instruments, { loop, hub });
  const services = { hub, loop, book, identity, clock, limits, metrics };
  const gateway = new Gateway({ transport, dialects: parts.dialects, config, services });
  const http = new HttpSide({
    services,
    status: { health: from.health, endpoints: () => gateway.endpoints, metrics },
    allowedOrigins: config.allowedOrigins,
    statusFrom: config.statusFrom ?? 'anywhere',
    addressWaitMs: (address, nowUs) => gateway.requestWaitMs(address, nowUs),
  });
  transport.http({ maxBodyBytes: limits.maxFrameBytes, handle: http.handle });
  return { metrics, identity, hub, loop, book, gateway, http, flushWindow };
}

/** The feed that the configuration names. */
function openFeed({ feed, liveFeed }: ServerConfig, { clock, log }: ServerPorts): Feed | undefined {
  if (liveFeed !== undefined) return openLiveFeed(liveFeed, { clock, log, random: Math.random });
  return feed === undefined ? undefined : new EmbeddedFeed(feed, clock);
}

/** What tokens are checked against; a key set that can't be had is logged, since the client isn't told which it is. */
function openIdentity(config: ServerConfig, { clock, log }: Pick<Parts, 'clock' | 'log'>): Identity {
  const { secret, keySet, issuer, audience } = config;
  const onFault = (reason: string): void => log.warn({ reason }, 'tokens cannot be checked');
  return createIdentity({ secret, keySet, issuer, audience, clock, onFault });
}
