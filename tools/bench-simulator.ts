/**
 * Measures the simulator as a provider: `npm run bench:simulator`. First the façade of Polygon with 1000 symbols and 100 clients
 * of 20 symbols each, façade and clients in processes of their own, by the CPU that each takes. Then pacing: a player at 100,000
 * events a second takes turns with a bare timer loop that is asked for the same instants and does nothing else; what counts is
 * the ratio of their errors, since other work on the machine touches both alike.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostClock } from '../simulator/hostClock.ts';
import { LatenessHistogram } from '../simulator/lateness.ts';
import { createPlayer } from '../simulator/play/player.ts';
import { openTape } from '../simulator/tape/reader.ts';
import type { ClientsAnswer, ClientsQuestion } from './bench-simulator-clients.ts';
import { type FacadeAnswer, type FacadeQuestion, writeEvenTape } from './bench-simulator-facade.ts';

const SYMBOLS = 1_000;
const CLIENTS = 100;
const EACH = 20;
const DELIVERIES_PER_SECOND = 20_000;
/** Each symbol has two clients. */
const EVENTS_PER_SECOND = (DELIVERIES_PER_SECOND * SYMBOLS) / (CLIENTS * EACH);
const WARM_S = 3;
const MEASURED_S = 10;
const GOAL_CORES = 0.5;

const PACED_EVENTS_PER_SECOND = 100_000;
const BLOCK_S = 1;
/** A B B A, so often. */
const ROUNDS = 7;
const GOAL_RATIO = 1.5;

const extension = extname(fileURLToPath(import.meta.url));

/** A child that answers each question before the next is asked. */
class Child<Asked extends object, Answered> {
  readonly #process: ChildProcess;

  constructor(name: string) {
    const path = fileURLToPath(new URL(`./bench-simulator-${name}${extension}`, import.meta.url));
    this.#process = fork(path, [`--${name}`]);
  }

  async ask(question: Asked): Promise<Answered> {
    const answered = once(this.#process, 'message');
    const ended = once(this.#process, 'exit').then(() => {
      throw new Error('a process of the bench has ended early');
    });
    this.#process.send(question);
    const [answer] = await Promise.race([answered, ended]);
    ended.catch(() => undefined);
    return answer;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.disconnect();
    await ended;
  }
}

/** Prints a row: what was measured, what is asked, whether it holds. */
function tell(what: string, measured: string, goal?: { readonly text: string; readonly holds: boolean }): void {
  const verdict = goal === undefined ? '' : `${goal.text.padEnd(24)} ${goal.holds ? 'holds' : 'MISSED'}`;
  console.log(`  ${what.padEnd(36)} ${measured.padEnd(26)} ${verdict}`.trimEnd());
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}

async function measureFacade(): Promise<void> {
  const facade = new Child<FacadeQuestion, FacadeAnswer>('facade');
  const clients = new Child<ClientsQuestion, ClientsAnswer>('clients');
  const seconds = WARM_S + MEASURED_S + 2;
  const { port } = await facade.ask({ do: 'listen', symbols: SYMBOLS, eventsPerSecond: EVENTS_PER_SECOND, seconds });
  await clients.ask({ do: 'connect', port, clients: CLIENTS, symbols: SYMBOLS, each: EACH });
  await facade.ask({ do: 'play' });
  await sleep(WARM_S);
  const [from, heardFrom] = [await facade.ask({ do: 'mark' }), await clients.ask({ do: 'mark' })];
  await sleep(MEASURED_S);
  const [to, heardTo] = [await facade.ask({ do: 'mark' }), await clients.ask({ do: 'mark' })];
  await Promise.all([facade.stop(), clients.stop()]);
  const elapsedUs = to.atUs - from.atUs;
  const rate = (count: number): number => Math.round((count * 1e6) / elapsedUs);
  const cores = (to.cpuUs - from.cpuUs) / elapsedUs;
  const delivered = rate(to.deliveries - from.deliveries);
  const read = rate(heardTo.events - heardFrom.events);
  console.log(
    `Polygon's façade: ${SYMBOLS} symbols, ${CLIENTS} clients of ${EACH} each, ${EVENTS_PER_SECOND} events/s`,
  );
  tell('deliveries/s', delivered.toLocaleString('en-US'), {
    text: `at least ${DELIVERIES_PER_SECOND * 0.98}`,
    holds: delivered >= DELIVERIES_PER_SECOND * 0.98 && read >= DELIVERIES_PER_SECOND * 0.97,
  });
  tell('events read by clients/s', read.toLocaleString('en-US'));
  tell('frames/s', rate(to.frames - from.frames).toLocaleString('en-US'));
  tell('façade, cores', cores.toFixed(3), { text: `at most ${GOAL_CORES}`, holds: cores <= GOAL_CORES });
  tell('clients, cores', ((heardTo.cpuUs - heardFrom.cpuUs) / elapsedUs).toFixed(3));
  tell('lateness p99', `${(to.latenessP99Us / 1_000).toFixed(2)} ms`);
  tell('slow readers ended', String(to.kicked));
}

/** A loop of bare timers that is asked for an instant each so many µs, and counts how late each of them is seen. */
function bareLoop(seconds: number, errors: LatenessHistogram): Promise<void> {
  const clock = hostClock(process.env);
  const everyUs = 1e6 / PACED_EVENTS_PER_SECOND;
  const startUs = clock.nowUs();
  const endUs = startUs + seconds * 1e6;
  let dueUs = startUs;
  return new Promise((resolve) => {
    const turn = (): void => {
      const nowUs = clock.nowUs();
      for (; dueUs <= nowUs && dueUs < endUs; dueUs += everyUs) errors.record(nowUs - dueUs);
      if (dueUs >= endUs) resolve();
      else setTimeout(turn, Math.ceil((dueUs - clock.nowUs()) / 1_000));
    };
    turn();
  });
}

async function measurePacing(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-bench-'));
  const path = join(folder, 'even.tape');
  writeEvenTape(path, { symbols: SYMBOLS, eventsPerSecond: PACED_EVENTS_PER_SECOND, seconds: BLOCK_S });
  const tape = openTape(path);
  const clock = hostClock(process.env);
  const ratios: number[] = [];
  const p99s: number[] = [];
  let cpuUs = 0;
  const paced = async (): Promise<number> => {
    const player = createPlayer({ tape, clock });
    const before = process.cpuUsage();
    const nothing = (): void => undefined;
    await player.play({ tick: nothing, halt: nothing, moved: nothing });
    const { user, system } = process.cpuUsage(before);
    cpuUs += user + system;
    return player.latenessUs(99);
  };
  await paced();
  cpuUs = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const around = new LatenessHistogram();
    await bareLoop(BLOCK_S, around);
    const two = [await paced(), await paced()] as const;
    await bareLoop(BLOCK_S, around);
    const p99 = (two[0] + two[1]) / 2;
    p99s.push(p99);
    ratios.push(p99 / around.percentileUs(99));
  }
  tape.close();
  rmSync(folder, { recursive: true, force: true });
  const ratio = [...ratios].sort((one, other) => one - other)[Math.floor(ratios.length / 2)] ?? Number.NaN;
  console.log(`Pacing: ${PACED_EVENTS_PER_SECOND} events/s beside a bare timer loop (median of ${ROUNDS})`);
  tell('error p99, ms', p99s.map((us) => (us / 1_000).toFixed(2)).join(' '));
  tell('against the bare loop', `${ratio.toFixed(2)} (${ratios.map((one) => one.toFixed(2)).join(' ')})`, {
    text: `at most ${GOAL_RATIO}`,
    holds: ratio <= GOAL_RATIO,
  });
  tell('player, cores', (cpuUs / (2 * ROUNDS * BLOCK_S * 1e6)).toFixed(3));
}

await measureFacade();
await measurePacing();
