import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { eventTimes } from '../loadtests/capacity/eventTimes.ts';
import { watchLoad } from '../loadtests/capacity/loadWatch.ts';
import { isLateStart, plateauOf } from '../loadtests/capacity/reading.ts';
import { mostRate, plateauAt, speedFor } from '../loadtests/capacity/vary.ts';
import { lostConnections } from '../loadtests/judge/shutOut.ts';
import { ExitCode } from '../protocol/codes.ts';
import type { Plateau, Varied } from '../protocol/schemas/capacity.ts';
import type { Scenario } from '../protocol/schemas/scenario.ts';
import type { TargetSet } from '../protocol/schemas/targets.ts';
import type { Codec, PlanDialect } from '../protocol/serverUnderTest.ts';
import { tapeDateOf } from '../simulator/scenarioTimes.ts';
import { ensureTape } from '../simulator/universe/ensure.ts';
import { hostClock } from './clock.ts';
import { CliError } from './errors.ts';
import { type GateRun, playGate } from './playGate.ts';
import type { Progress } from './progress.ts';

export interface PlateauPlan {
  readonly vary: Varied;
  readonly scenario: Scenario;
  readonly targets: TargetSet;
  /** The scenario's tape; with `symbols` varied each load gets one of its own. */
  readonly tapePath: string;
  readonly plateauS: number;
  readonly warmUpS: number;
  readonly dialect: PlanDialect;
  readonly codec: Codec;
  readonly underTest: GateRun['underTest'];
  /** The search's folder. */
  readonly folder: string;
  readonly command: string;
}

/** Processes come up, clients' plans are made, the server drains: seconds beside what is played. */
const AROUND_S = 7;
const CLIENT_S = 0.0005;
const CONNECTS_PER_S = 500;
const STEP_START_S = 4;
const MOST_START_S = 12;

/** How long a plateau at this load takes, s. */
export function plateauTakesS({ vary, plateauS, warmUpS, scenario }: PlateauPlan, load: number): number {
  const clients = vary === 'clients' ? load : scenario.load.clients;
  const connectS = Math.max(scenario.load.connectOverS, clients / CONNECTS_PER_S);
  return AROUND_S + warmUpS + plateauS + scenario.load.graceS + connectS + clients * CLIENT_S;
}

/** Plays plateaus, one after another, each into a folder of its own. */
export interface PlateauPlayer {
  readonly play: (
    load: number,
    told: { progress: Progress; label: string },
  ) => Promise<Plateau & { interrupted: boolean }>;
  /** Removes what was made for the search alone. */
  readonly end: () => void;
  /** The highest load that the tape can give; infinite where it sets none. */
  readonly most: number;
}

/** Makes what plays plateaus of a plan. */
export function plateauPlayer(plan: PlateauPlan): PlateauPlayer {
  const { vary, scenario, warmUpS, plateauS } = plan;
  const lastsS = warmUpS + plateauS;
  const tapes = join(plan.folder, 'tapes');
  const times = vary === 'rate' ? eventTimes(plan.tapePath, scenario.tape.fromS) : undefined;
  const judged = { fromUs: times?.fromUs ?? 0, warmUpS, plateauS };
  let played = 0;
  let startS = 0;
  const tapeOf = async (at: Scenario, progress: Progress): Promise<string> => {
    if (vary !== 'symbols') return plan.tapePath;
    mkdirSync(tapes, { recursive: true });
    const { symbols, events } = at.tape;
    const date = tapeDateOf(at);
    const size = { symbols, ...(events !== undefined && { events }), ...(date !== undefined && { sessionDate: date }) };
    return ensureTape({ cacheDir: tapes, ...size }, ({ share }) =>
      progress.show(`building a tape of ${symbols} symbols: ${Math.floor(100 * share)} %`),
    );
  };
  return {
    most: times === undefined ? Number.POSITIVE_INFINITY : mostRate(times.timesUs, judged),
    end: () => rmSync(tapes, { recursive: true, force: true }),
    play: async (load, { progress, label }) => {
      const speed = times === undefined ? undefined : speedFor(times.timesUs, { ...judged, rate: load });
      if (times !== undefined && speed === undefined) {
        throw new CliError(
          `--vary rate: the tape has fewer than ${load} events/s for a plateau; give a lower --max`,
          ExitCode.USAGE,
        );
      }
      const at = plateauAt(plan, { vary, load, plateauS, warmUpS, ...(speed !== undefined && { speed }) });
      const tapePath = await tapeOf(at.scenario, progress);
      const watch = watchLoad(hostClock(process.env));
      played += 1;
      const folder = join(plan.folder, 'plateaus', `${String(played).padStart(2, '0')}-${load}`);
      try {
        const { summary, outcome } = await playGate({
          ...at,
          tapePath,
          load: { kind: 'swarm' },
          dialect: plan.dialect,
          codec: plan.codec,
          ...(plan.underTest === undefined ? {} : { underTest: plan.underTest }),
          command: plan.command,
          out: folder,
          discardS: warmUpS,
          startS,
          onLoadStarted: watch.watch,
          onProgress: (state) => progress.run({ ...state, detail: `${label}: ${state.detail}` }),
        });
        const { startUs } = outcome.schedule;
        const plateau = plateauOf({
          vary,
          load,
          summary,
          warmUpS,
          plateauS,
          bytesOut: outcome.evidence.inside?.bytesOut,
          busy: watch.between(startUs + warmUpS * 1e6, startUs + lastsS * 1e6),
          generatorFailed: outcome.evidence.generatorFailed,
          serverDied: outcome.evidence.serverDied,
          lostConnections: lostConnections(outcome.evidence),
          folder: relative(plan.folder, folder),
        });
        // The next ones get longer to come up.
        if (isLateStart(summary)) startS = Math.min(MOST_START_S, startS + STEP_START_S);
        return { ...plateau, interrupted: outcome.interrupted };
      } finally {
        watch.stop();
        removeLines(folder);
      }
    },
  };
}

/** A plateau's report stays; its lines and plans, which are large, have been read. */
function removeLines(folder: string): void {
  for (const name of namesIn(folder)) {
    if (name.endsWith('.ndjson') || name.startsWith('plan-')) rmSync(join(folder, name), { force: true });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // It was interrupted before it began.
  }
}
