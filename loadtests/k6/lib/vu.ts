import http from 'k6/http';
import { clearTimeout, setTimeout } from 'k6/timers';
import type { ClientPlan } from '../../../protocol/generatorPlan.ts';
import type { GeneratorLine } from '../../../protocol/run.ts';
import type { Recorder } from '../../audit/recorder.ts';
import { seededRandom } from '../../gate/random.ts';
import { Fleet } from '../../session/fleet.ts';
import { Inbox } from '../../session/inbox.ts';
import type { ClientPorts } from '../../session/ports.ts';
import { createWallClock } from './clock.ts';
import type { SharedPlan } from './plan.ts';
import { openSocket } from './sockets.ts';
import { segmentsOf, vusFor } from './vus.ts';

const LOOP_TIMER_MS = 10;
/**
 * Of a core, for all VUs together: what looking at messages may take. The server under test, the proxy and k6's own
 * reading need the rest of a machine of two cores, and a burst is over in a second or two.
 */
const INBOX_CORES = 0.4;

/**
 * Runs one VU's share of the plan's clients to the plan's end: each with its own socket, all in the VU's one event loop.
 * It returns at once; k6 ends the iteration when the last timer and socket are done.
 *
 * @param options.vu number of the VU, from 1
 */
export function runVu(options: {
  readonly vu: number;
  readonly plan: SharedPlan;
  readonly withOrders: boolean;
  readonly emit: (line: GeneratorLine) => void;
  /** Told once, with the reason in words, when k6 can't keep up with what it reads: what waits would fill the memory. */
  readonly onFellBehind: (why: string) => void;
}): void {
  const { vu, plan, withOrders, emit } = options;
  const { wallAheadUs, seed } = plan.head;
  const segments = segmentsOf(__ENV);
  const clock = createWallClock();
  const nowUs = (): number => Math.round(clock.nowMs() * 1000) - wallAheadUs;
  const inbox = new Inbox({
    ports: { nowUs, after },
    cores: INBOX_CORES / (vusFor(plan.clientCount, segments) / segments),
    onFellBehind: (ageUs) =>
      options.onFellBehind(
        `k6 fell ${(ageUs / 1e6).toFixed(1)} s behind with what it read: this load is more than it can take`,
      ),
  });
  const shared = { nowUs, wallAheadUs, inbox };
  const ports: ClientPorts = {
    nowUs,
    connect: (request) => openSocket(request, shared),
    post: ({ url, headers, body }, onAnswer) => {
      const params = { headers: { ...headers, 'Content-Type': 'application/json' } };
      http.asyncRequest('POST', url, body, params).then(
        (answer) => onAnswer({ status: answer.status, body: String(answer.body ?? '') }, nowUs()),
        () => onAnswer({ status: 0, body: '' }, nowUs()),
      );
    },
    after,
    random: seededRandom(seed + vu),
  };
  const clients = clientsOf(plan, vu, withOrders);
  const fleet = new Fleet({
    plan: { ...plan.head, tape: plan.tapeOf(new Set(clients.flatMap((client) => client.symbols))) },
    clients,
    ports,
    emit,
    settle: () => inbox.drain(),
    onEnd: () => stopLoopTimer(),
  });
  const stopLoopTimer = watchLoop(fleet.recorder, ports);
  fleet.start();
}

/** Clients go round the VUs like cards, so that those cut together, and those with orders, are spread over all. */
function clientsOf(plan: SharedPlan, vu: number, withOrders: boolean): ClientPlan[] {
  const clients: ClientPlan[] = [];
  const vus = vusFor(plan.clientCount, segmentsOf(__ENV));
  for (let index = vu - 1; index < plan.clientCount; index += vus) {
    const client = plan.client(index);
    clients.push(withOrders ? client : { ...client, orders: [] });
  }
  return clients;
}

function after(delayMs: number, action: () => void): () => void {
  const timer = setTimeout(action, delayMs);
  return () => clearTimeout(timer);
}

/** Records how late a 10 ms timer comes in this VU's event loop, until it is stopped; about 0.7 ms when nothing is late. */
function watchLoop(recorder: Recorder, ports: ClientPorts): () => void {
  let cancel: () => void = () => undefined;
  const arm = (): void => {
    const dueUs = ports.nowUs() + LOOP_TIMER_MS * 1000;
    cancel = ports.after(LOOP_TIMER_MS, () => {
      const atUs = ports.nowUs();
      recorder.record('loopDelay', atUs, atUs - dueUs);
      arm();
    });
  };
  arm();
  return () => cancel();
}
