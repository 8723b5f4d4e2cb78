import { type ClientPlan, type GeneratorPlan, ordersIn } from '../../protocol/generatorPlan.ts';
import type { GeneratorLine } from '../../protocol/run.ts';
import { Recorder } from '../audit/recorder.ts';
import type { InspectTicker } from './dialect.ts';
import { dialectsOf } from './dialects/all.ts';
import type { ClientPorts } from './ports.ts';
import { VirtualClient } from './virtualClient.ts';

const FLUSH_INTERVAL_MS = 1_000;

export interface FleetOptions {
  /** The plan; its own `clients` are not looked at. */
  readonly plan: Omit<GeneratorPlan, 'clients'>;
  /** The clients to run: all of the plan's, or a VU's share. */
  readonly clients: readonly ClientPlan[];
  readonly ports: ClientPorts;
  readonly emit: (line: GeneratorLine) => void;
  /** Called before the clients end: hands on what was read and not yet looked at. */
  readonly settle?: () => void;
  /** Called once, after the last line. */
  readonly onEnd: () => void;
  readonly inspect?: InspectTicker;
}

/** Runs clients from their start to the plan's end, telling finished seconds once a second. Pure: for Node, k6 and a virtual clock. */
export class Fleet {
  readonly recorder: Recorder;
  readonly #options: FleetOptions;
  readonly #clients: readonly VirtualClient[];
  #cancelFlush: () => void = () => undefined;
  #cancelEnd: () => void = () => undefined;
  #ended = false;

  constructor(options: FleetOptions) {
    const { plan, ports, clients, inspect } = options;
    const dialectOf = dialectsOf(plan);
    this.#options = options;
    this.recorder = new Recorder({
      generator: plan.generator,
      schedule: plan.schedule,
      maxListedViolations: plan.maxListedViolations,
      emit: options.emit,
    });
    const owners = ownersOf(clients);
    this.#clients = clients.map(
      (client) =>
        new VirtualClient({
          plan: client,
          settings: plan,
          dialect: dialectOf(client),
          recorder: this.recorder,
          ports,
          ownerOf: (clientOrderId) => owners.get(clientOrderId),
          ...(inspect === undefined ? {} : { inspect }),
        }),
    );
  }

  start(): void {
    const { ports, plan } = this.#options;
    for (const client of this.#clients) client.start();
    this.#cancelFlush = ports.after(FLUSH_INTERVAL_MS, () => this.#flush());
    this.#cancelEnd = ports.after(Math.max(0, Math.ceil((plan.endUs - ports.nowUs()) / 1000)), () => this.end());
  }

  /** Ends all clients and tells the last lines; the plan's end calls it, an interrupted run may do so earlier. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelFlush();
    this.#cancelEnd();
    this.#options.settle?.();
    const connected = this.#connected();
    for (const client of this.#clients) client.finish();
    this.recorder.end(this.#options.ports.nowUs(), connected);
    this.#options.onEnd();
  }

  #flush(): void {
    const { ports } = this.#options;
    this.recorder.flush(ports.nowUs(), this.#connected());
    this.#cancelFlush = ports.after(FLUSH_INTERVAL_MS, () => this.#flush());
  }

  #connected(): number {
    let connected = 0;
    for (const client of this.#clients) if (client.isConnected) connected += 1;
    return connected;
  }
}

/** Who places each order, by its clientOrderId. */
function ownersOf(clients: readonly ClientPlan[]): Map<string, ClientPlan> {
  const owners = new Map<string, ClientPlan>();
  for (const client of clients) {
    for (const { frame } of client.orders) for (const order of ordersIn(frame)) owners.set(order.clientOrderId, client);
  }
  return owners;
}
