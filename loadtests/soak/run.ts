import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../protocol/clock.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import type { Summary } from '../../protocol/schemas/summary.ts';
import type { TargetSet } from '../../protocol/schemas/targets.ts';
import { describeEnd } from '../gate/children.ts';
import { dialectProfile } from '../gate/dialects.ts';
import { type Entries, type RunOutcome, type RunProgress, runGate } from '../gate/run.ts';
import { childEnv } from '../gate/server.ts';
import { summarise } from '../gate/summary.ts';
import { type LapPart, LapParts } from './lapPart.ts';
import { type SoakServer, startSoakServer } from './server.ts';
import { lapFolder, type SoakState, saveState } from './state.ts';
import { summariseSoak } from './summary.ts';
import { judgeWhole, type PlayedLap } from './wholeRun.ts';

/** Everything that a soak is run with. */
export interface SoakOptions {
  readonly folder: string;
  readonly state: SoakState;
  /** Laps played before, when it goes on. */
  readonly laps: readonly PlayedLap[];
  readonly scenario: Scenario;
  readonly targets: TargetSet;
  readonly tapePath: string;
  readonly entries: Entries;
  /** Modules that the server loads first: the one that reads what it holds, and others. */
  readonly preload: readonly string[];
  readonly clock: Clock;
  readonly secret: string;
  readonly tokenFor: (account: string) => Promise<string>;
  readonly commit: string;
  readonly command: string;
  readonly signal: AbortSignal;
  /** Writes a report into a folder. */
  readonly writeReport: (folder: string, summary: Summary) => Promise<unknown>;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Told of each lap once it is judged, with the soak so far. */
  readonly onLap?: (lap: PlayedLap, whole: Summary, state: SoakState) => void;
}

/** How a soak ended. */
export interface SoakOutcome {
  /** Undefined when not even one lap came to its end. */
  readonly summary: Summary | undefined;
  readonly state: SoakState;
  readonly interrupted: boolean;
}

/** A row of growth needs so many readings; a soak plays as many laps, however short it is. */
const LEAST_LAPS = 6;
const SERVER_END_MS = 8_000;
const CLOSED_ORDERS_KEPT = 50;

/**
 * Plays lap after lap of the day into one server until the time is over: each with generators of its own, and a reading of
 * what the server holds when they have left. State and report are written after each lap; `signal` ends it in between,
 * and what was played stays.
 */
export async function runSoak(options: SoakOptions): Promise<SoakOutcome> {
  const soak = new Soak(options);
  const server = await startSoakServer({
    cli: options.entries.cli,
    preload: options.preload,
    tapePath: options.tapePath,
    env: serverEnv(options),
  });
  try {
    await soak.play(server);
  } finally {
    await server.ready.child.end(SERVER_END_MS);
  }
  return { summary: soak.summary, state: soak.state, interrupted: options.signal.aborted };
}

function serverEnv(options: SoakOptions): NodeJS.ProcessEnv {
  return {
    ...childEnv(options),
    TAPEDECK_JWT_SECRET: options.secret,
    TAPEDECK_LOG_LEVEL: 'warn',
    TAPEDECK_MAX_SOCKETS_PER_ADDRESS: String(1_000 + 2 * options.scenario.load.clients),
    // Positions pile up over the laps; that orders are refused for want of cash is no part of a soak.
    TAPEDECK_STARTING_CASH_UNITS: String(1e14),
    // What is remembered of closed orders grows to a set size: it gets there in the first minutes.
    TAPEDECK_CLOSED_ORDERS_KEPT: String(CLOSED_ORDERS_KEPT),
  };
}

class Soak {
  state: SoakState;
  summary: Summary | undefined;
  readonly #options: SoakOptions;
  readonly #laps: PlayedLap[];
  readonly #parts: LapParts;
  readonly #beganUs: number;
  readonly #spentBeforeS: number;
  #firstReadingUs: number | undefined;

  constructor(options: SoakOptions) {
    this.#options = options;
    this.#laps = [...options.laps];
    this.#parts = new LapParts(options);
    this.state = { ...options.state, servers: options.state.servers + 1 };
    this.#beganUs = options.clock.nowUs();
    this.#spentBeforeS = options.state.spentS;
  }

  async play(server: SoakServer): Promise<void> {
    const { signal, folder } = this.#options;
    saveState(folder, this.state);
    while (!signal.aborted && !this.#isOver) {
      const lap = this.#laps.length + 1;
      const part = this.#parts.next(this.#laps.length, this.state.lapS);
      const startedAt = new Date();
      const outcome = await this.#playLap(server, { lap, part });
      // What was cut off in the middle of a lap is nobody's fault and no measurement.
      if (outcome.interrupted && outcome.evidence.serverDied === '') return;
      const played = await this.#keep({ lap, part, outcome, startedAt });
      const ended = outcome.evidence.serverDied !== '' || outcome.evidence.endedEarly !== undefined;
      if (outcome.evidence.serverDied !== '') this.#noteDeath(lap, part, outcome.evidence.serverDied);
      else await this.#read(server);
      await this.#tell(played);
      if (ended) return;
    }
  }

  get #spentS(): number {
    return this.#spentBeforeS + (this.#options.clock.nowUs() - this.#beganUs) / 1e6;
  }

  get #isOver(): boolean {
    return this.#spentS >= this.state.durationS && this.#laps.length >= LEAST_LAPS;
  }

  #playLap(server: SoakServer, { lap, part }: { lap: number; part: LapPart }): Promise<RunOutcome> {
    const { folder, scenario, targets, tapePath, entries, clock, secret, tokenFor, signal, onProgress } = this.#options;
    return runGate({
      scenario: lapScenario(scenario, { lap, part, lapS: this.state.lapS }),
      targets: lapTargets(targets),
      tapePath,
      runFolder: lapFolder(folder, lap),
      load: { kind: 'swarm' },
      dialect: dialectProfile('native'),
      entries,
      clock,
      secret,
      tokenFor,
      signal,
      standing: {
        server: server.ready,
        part: part.part,
        begin: ({ startUs }) => server.play({ ...part.told, startAtUs: startUs }),
        goesOn: part.goesOn,
        orderPrefix: `s${this.state.servers}l${lap}-`,
      },
      ...(onProgress === undefined
        ? {}
        : { onProgress: (progress) => onProgress({ ...progress, ...this.#where(progress, lap, part) }) }),
    });
  }

  /** The lap, and the time that the soak still takes. */
  #where({ detail }: RunProgress, lap: number, { kind }: LapPart): Pick<RunProgress, 'detail' | 'secondsLeft'> {
    const secondsLeft = Math.max(0, Math.ceil(this.state.durationS - this.#spentS));
    return { detail: `lap ${lap} (${kind}): ${detail}`, secondsLeft };
  }

  async #keep(played: { lap: number; part: LapPart; outcome: RunOutcome; startedAt: Date }): Promise<PlayedLap> {
    const { lap, part, outcome, startedAt } = played;
    const { folder, commit, command, tapePath, writeReport } = this.#options;
    const own = lapFolder(folder, lap);
    const summary = summarise({
      outcome,
      header: this.#parts.header,
      tapePath,
      startedAt,
      durationS: (Date.now() - startedAt.getTime()) / 1000,
      seed: outcome.evidence.scenario.seed,
      commit,
      command,
      load: 'swarm (built in), dialect native',
    });
    await writeReport(own, summary);
    // Hours of lines would fill the disk; those of a lap that tells of a fault are kept for whoever looks for it.
    if (summary.verdict === 'pass') {
      for (const name of ['swarm.ndjson', 'probe.ndjson', 'plan-swarm.json', 'plan-probe.json']) {
        rmSync(join(own, name), { force: true });
      }
    }
    const kept = { lap, kind: part.kind, summary };
    this.#laps.push(kept);
    return kept;
  }

  async #read(server: SoakServer): Promise<void> {
    const { nowUs } = this.#options.clock;
    try {
      const holding = await server.atRest();
      this.#firstReadingUs ??= nowUs();
      const hours = (nowUs() - this.#firstReadingUs) / 3600e6;
      const reading = { server: this.state.servers, hours, ...holding };
      this.state = { ...this.state, readings: [...this.state.readings, reading] };
    } catch (error) {
      const died = await Promise.race([server.ready.child.ended, Promise.resolve(undefined)]);
      if (died === undefined) throw error;
      const place = `after lap ${this.#laps.length}, ${clockWords(this.#spentS)} into the soak`;
      this.state = { ...this.state, serverDied: `the server ended at rest (${describeEnd(died)}) ${place}` };
    }
  }

  #noteDeath(lap: number, { kind }: LapPart, how: string): void {
    const serverDied = `${how} in lap ${lap} (${kind}), ${clockWords(this.#spentS)} into the soak`;
    this.state = { ...this.state, serverDied };
  }

  async #tell(played: PlayedLap): Promise<void> {
    const { folder, targets, command, scenario, writeReport, onLap } = this.#options;
    const { readings, serverDied, startedAt } = this.state;
    const laps = this.#laps;
    this.state = { ...this.state, spentS: this.#spentS, laps: laps.map(({ lap, kind }) => ({ lap, kind })) };
    const judgement = judgeWhole({ targets, laps, readings, serverDied });
    this.summary = summariseSoak({
      laps,
      judgement,
      description: `${laps.length} laps of ${this.state.lapS} s. ${scenario.description}`,
      startedAt,
      durationS: this.state.spentS,
      command,
      notes: this.#notes(),
    });
    await writeReport(folder, this.summary);
    saveState(folder, this.state);
    onLap?.(played, this.summary, this.state);
  }

  #notes(): string[] {
    const { servers, readings } = this.state;
    const notes = [`${this.#laps.length} laps; each has a report of its own in laps/`];
    if (servers > 1) {
      notes.push(
        `the soak was interrupted and gone on with: ${servers} servers, one after another, each with a series of its own`,
      );
    }
    const [first] = readings;
    const last = readings.at(-1);
    if (first !== undefined && last !== undefined)
      notes.push(`at rest: ${holdingWords(first)} at first, ${holdingWords(last)} at last`);
    return notes;
  }
}

/** One lap's scenario: its part of the day, its own seed, the cuts spread over its length. */
function lapScenario(scenario: Scenario, { lap, part, lapS }: { lap: number; part: LapPart; lapS: number }): Scenario {
  const stretch = lapS / scenario.tape.durationS;
  return {
    ...scenario,
    description: `Lap ${lap}, ${part.kind}. ${scenario.description}`,
    seed: (scenario.seed + lap) % 2 ** 32,
    tape: { ...scenario.tape, fromS: part.fromS, durationS: lapS },
    cuts: scenario.cuts.map((cut) => ({ ...cut, atS: cut.atS * stretch, overS: cut.overS * stretch })),
  };
}

/** A lap's targets: samples are counted over all laps, and what grows is seen over all of them. */
function lapTargets(set: TargetSet): TargetSet {
  const targets = set.targets
    .filter(({ id }) => id !== 'leak')
    .map((target) => ({ ...target, minSamples: target.id === 'uptime' ? 1 : 0 }));
  return { ...set, targets };
}

function holdingWords(reading: { heapBytes: number; rssBytes: number; handles: number; timers: number }): string {
  const mb = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
  return `heap ${mb(reading.heapBytes)}, RSS ${mb(reading.rssBytes)}, ${reading.handles} handles, ${reading.timers} timers`;
}

/** `0:12:33`. */
function clockWords(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}
