import { getHeapStatistics } from 'node:v8';
import { Counter, Gauge, Registry } from 'prom-client';
import type { ErrorCode } from '../protocol/codes.ts';
import type { CloseCause } from '../transport/types.ts';
import { LatencyBuckets } from './latencyBuckets.ts';
import { ProcessMonitor } from './processMonitor.ts';

/**
 * The numbers of one server. Hot paths add to plain fields; Prometheus' registry reads them when it is scraped. Each
 * server has its own registry. `close()` ends its monitors.
 */
export class ServerMetrics {
  /** Open sockets now. */
  connections = 0;
  opened = 0;
  framesIn = 0;
  framesOut = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Ticks that the engine took. */
  ticks = 0;
  /** Commands of all kinds that clients sent. */
  commands = 0;
  /** New orders taken. */
  orders = 0;
  /** Orders triggered. */
  triggers = 0;
  executions = 0;
  /** Class B events that a slow reader's newer ones stood in for. */
  conflated = 0;
  /** Sends that the transport refused; each is followed by conflation or a close. */
  dropped = 0;
  /** Sockets closed with 4008. */
  slowCloses = 0;
  /** Sockets off the fast path now. */
  slowSockets = 0;
  /** Connections that are no sockets (yet), as last looked at. */
  pendingConnections = 0;
  /** Unsent bytes of all sockets, as last looked at. */
  bufferedBytes = 0;
  /** Resumes answered with everything since the cursor, and with a snapshot. */
  resumesRecovered = 0;
  resumesSnapshot = 0;
  /** Commands waiting for the engine now. */
  queuedCommands = 0;
  /** Gathering time before frames are written, as it is now, ms. */
  flushWindowMs = 0;
  /** Ticks of the feed that were due over 1 ms before they were sent on. */
  lateTicks = 0;

  readonly #closed = new Map<number, number>();
  readonly #cuts = new Map<string, number>();
  readonly #refusedConnections = new Map<string, number>();
  readonly #errors = new Map<string, number>();
  readonly #refusedTicks = new Map<string, number>();
  readonly #rejectedOrders = new Map<string, number>();
  readonly #process = new LatencyBuckets();
  readonly #publish = new LatencyBuckets();
  readonly #monitor = new ProcessMonitor();
  /** To which a part of the server adds what it alone counts. */
  readonly registry = new Registry();

  constructor() {
    this.#registerTraffic();
    this.#registerMarket();
    this.#registerProcess();
  }

  /** Counts a socket's end by its close code. */
  countClose(code: number): void {
    increment(this.#closed, code);
  }
  /** Counts a socket that the transport cut, by cause. */
  countCut(cause: CloseCause): void {
    increment(this.#cuts, cause);
  }
  /** Counts a connection that didn't become a socket, by reason. */
  countRefusedConnection(reason: string): void {
    increment(this.#refusedConnections, reason);
  }
  /** Counts an `error` frame by its code. */
  countError(code: ErrorCode): void {
    increment(this.#errors, code);
  }
  /** Counts a tick that the engine refused, by reason. */
  countRefusedTick(reason: string): void {
    increment(this.#refusedTicks, reason);
  }
  /** Counts an order that the engine refused, by reason. */
  countRejectedOrder(reason: string): void {
    increment(this.#rejectedOrders, reason);
  }

  /** Arrival at the engine to all engine work done, µs. Allocates nothing. */
  observeProcessUs(us: number): void {
    this.#process.observe(us);
  }
  /** An event's creation to its last socket write, µs. Allocates nothing. */
  observePublishUs(us: number): void {
    this.#publish.observe(us);
  }

  /** MIME type of {@link text}. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** Everything, in Prometheus' text format. */
  async text(): Promise<string> {
    const registered = await this.registry.metrics();
    const process = this.#process.text('tapedeck_process_seconds', 'Arrival of an input to all engine work done');
    const publish = this.#publish.text('tapedeck_publish_seconds', "An event's creation to its last socket write");
    return `${registered}\n${process}\n${publish}`;
  }

  /** Ends the monitors of this process. */
  close(): void {
    this.#monitor.close();
  }

  #registerTraffic(): void {
    this.#gauge('tapedeck_connections', 'Open sockets', () => this.connections);
    this.#counter('tapedeck_connections_opened_total', 'Sockets opened', () => this.opened);
    this.#counters('tapedeck_connections_closed_total', 'Sockets closed, by close code', 'code', this.#closed);
    this.#counters('tapedeck_sockets_cut_total', 'Sockets cut without a close frame, by cause', 'cause', this.#cuts);
    this.#counters(
      'tapedeck_connections_refused_total',
      'Connections that became no socket, by reason',
      'reason',
      this.#refusedConnections,
    );
    this.#gauge(
      'tapedeck_pending_connections',
      'Connections that are no sockets: handshakes under way, HTTP',
      () => this.pendingConnections,
    );
    this.#counter('tapedeck_frames_in_total', 'Frames from clients', () => this.framesIn);
    this.#counter('tapedeck_frames_out_total', 'Frames to clients', () => this.framesOut);
    this.#counter('tapedeck_bytes_in_total', 'Payload bytes from clients', () => this.bytesIn);
    this.#counter('tapedeck_bytes_out_total', 'Payload bytes to clients', () => this.bytesOut);
    this.#counters('tapedeck_errors_total', 'Error frames and problem documents, by code', 'code', this.#errors);
    this.#counter('tapedeck_conflated_total', 'Market data events that newer ones stood in for', () => this.conflated);
    this.#counter('tapedeck_dropped_total', 'Sends that the transport refused', () => this.dropped);
    this.#counter('tapedeck_slow_closes_total', 'Sockets closed for slow reading', () => this.slowCloses);
    this.#gauge('tapedeck_slow_sockets', 'Sockets off the fast path', () => this.slowSockets);
    this.#gauge(
      'tapedeck_flush_window_seconds',
      'Gathering time before frames are written',
      () => this.flushWindowMs / 1000,
    );
    this.#gauge('tapedeck_buffered_bytes', 'Unsent bytes of all sockets', () => this.bufferedBytes);
    this.#counter('tapedeck_resumes_recovered_total', 'Resumes without a gap', () => this.resumesRecovered);
    this.#counter('tapedeck_resumes_snapshot_total', 'Resumes answered by a snapshot', () => this.resumesSnapshot);
  }

  #registerMarket(): void {
    this.#counter('tapedeck_ticks_total', 'Ticks that the engine took', () => this.ticks);
    this.#counters('tapedeck_ticks_refused_total', 'Ticks refused, by reason', 'reason', this.#refusedTicks);
    this.#counter('tapedeck_late_ticks_total', 'Ticks sent on over 1 ms after they were due', () => this.lateTicks);
    this.#counter('tapedeck_commands_total', 'Commands from clients', () => this.commands);
    this.#gauge('tapedeck_queued_commands', 'Commands waiting for the engine', () => this.queuedCommands);
    this.#counter('tapedeck_orders_total', 'New orders taken', () => this.orders);
    this.#counters('tapedeck_orders_rejected_total', 'Orders refused, by reason', 'reason', this.#rejectedOrders);
    this.#counter('tapedeck_triggers_total', 'Orders triggered', () => this.triggers);
    this.#counter('tapedeck_executions_total', 'Executions', () => this.executions);
  }

  #registerProcess(): void {
    const monitor = this.#monitor;
    this.#gauge(
      'tapedeck_event_loop_delay_max_seconds',
      "The event loop's longest delay in the last second",
      () => monitor.loopDelayMaxUs(1) / 1e6,
    );
    new Gauge({
      name: 'tapedeck_event_loop_delay_window_max_seconds',
      help: "The event loop's longest delay in longer windows and since the start",
      labelNames: ['window'],
      registers: [this.registry],
      collect() {
        for (const seconds of [10, 60, 120]) this.set({ window: `${seconds}s` }, monitor.loopDelayMaxUs(seconds) / 1e6);
        this.set({ window: 'all' }, monitor.loopDelayTotalMaxUs / 1e6);
      },
    });
    this.#counter('process_cpu_seconds_total', 'User and system CPU time', cpuSeconds);
    this.#gauge('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
    this.#gauge('process_uptime_seconds', 'Time since the process started', () => process.uptime());
    this.#gauge('nodejs_heap_used_bytes', 'Heap in use', () => getHeapStatistics().used_heap_size);
    this.#gauge('nodejs_heap_total_bytes', 'Heap reserved', () => getHeapStatistics().total_heap_size);
    this.#gauge('nodejs_external_memory_bytes', 'Buffers outside the heap', () => getHeapStatistics().external_memory);
    this.#counter('nodejs_gc_seconds_total', 'Time in garbage collection', () => monitor.gcSeconds);
    this.#counter('nodejs_gc_runs_total', 'Garbage collections', () => monitor.gcRuns);
    this.#counter('nodejs_gc_major_runs_total', 'Mark-sweep garbage collections', () => monitor.gcMajorRuns);
  }

  #gauge(name: string, help: string, read: () => number): void {
    const registers = [this.registry];
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }

  #counter(name: string, help: string, read: () => number): void {
    const registers = [this.registry];
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  #counters(name: string, help: string, label: string, counts: ReadonlyMap<string | number, number>): void {
    const registers = [this.registry];
    new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [key, count] of counts) this.inc({ [label]: key }, count);
      },
    });
  }
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
