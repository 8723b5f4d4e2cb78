import type { ScenarioCheck } from '../../protocol/schemas/checks.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import { FaultPlan } from '../../simulator/faults/plan.ts';
import { loadScenario, ScenarioError } from '../../simulator/scenario.ts';
import { dayOfTape, partOf, tapeDateOf } from '../../simulator/scenarioTimes.ts';
import { openTape } from '../../simulator/tape/reader.ts';
import type { TapeReader } from '../../simulator/tape/types.ts';
import { ensureTape } from '../../simulator/universe/ensure.ts';
import { Random } from '../../simulator/universe/random.ts';
import { mint } from '../conformance/tokens.ts';
import { find } from './checks/all.ts';
import type { ScenarioBackEnd, ScenarioEnvironment } from './environment.ts';
import type { Finding, Stage } from './stage.ts';
import { type Truth, truthOf } from './truth.ts';
import { Witness } from './witness.ts';

/** From the back end's start to the part's, ms: time for clients to subscribe; the next one when it wasn't enough. */
const LEADS_MS = [1_500, 6_000, 20_000] as const;

/** A check of a run and what it found. */
export interface CheckResult extends Finding {
  readonly check: ScenarioCheck;
}

/** What became of a scenario. */
export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly results: readonly CheckResult[];
  /** Events that the feed said, over all symbols. */
  readonly events: number;
  readonly elapsedS: number;
}

/**
 * Plays a scenario into a back end and makes its checks.
 *
 * @param nameOrPath as {@link loadScenario} takes it
 * @throws ScenarioError when there is no such scenario, or it can't be used
 * @throws TapeError when the tape can't be used
 */
export async function runScenario(
  nameOrPath: string,
  environment: ScenarioEnvironment,
  options: { readonly tapePath?: string | undefined } = {},
): Promise<ScenarioResult> {
  const startedMs = performance.now();
  const scenario = loadScenario(nameOrPath);
  const tapePath = options.tapePath ?? (await tapeOf(scenario));
  const tape = openTape(tapePath);
  try {
    const part = partOf(scenario, tape.header);
    const truth = truthOf({ scenario, tape, ...part });
    const events = [...truth.symbols.values()].reduce((sum, { ticks }) => sum + ticks.length, 0) + truth.refused;
    for (const leadMs of LEADS_MS) {
      const startAtUs = environment.nowUs() + (leadMs + scenario.load.connectOverS * 1e3) * 1e3;
      const backEnd = await environment.start({ scenario, nameOrPath, tapePath, ...part, startAtUs });
      try {
        const results = await play({ environment, scenario, tape, truth, backEnd, startAtUs, part });
        if (results === undefined) continue;
        return { scenario, results, events, elapsedS: (performance.now() - startedMs) / 1e3 };
      } finally {
        await backEnd.stop();
      }
    }
    throw new ScenarioError(
      'invalid',
      `scenario ${scenario.name}: this machine is too busy: the clients were not there at its start; try again`,
    );
  } finally {
    tape.close();
  }
}

/** The tape of a scenario's day, built if it isn't there; of a day without a session the last session's. */
function tapeOf(scenario: Scenario): Promise<string> {
  const { symbols, events } = scenario.tape;
  return ensureTape({ symbols, sessionDate: tapeDateOf(scenario), ...(events !== undefined && { events }) });
}

interface Run {
  readonly environment: ScenarioEnvironment;
  readonly scenario: Scenario;
  readonly tape: TapeReader;
  readonly truth: Truth;
  readonly backEnd: ScenarioBackEnd;
  readonly startAtUs: number;
  readonly part: { readonly fromUs: number; readonly toUs: number };
}

/** Plays it with its clients and checks; undefined when the clients were not there at its start. */
async function play(run: Run): Promise<CheckResult[] | undefined> {
  const { environment, scenario, tape, backEnd, startAtUs, part } = run;
  const { nowUs } = environment;
  const at = (timeUs: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.ceil((timeUs - nowUs()) / 1e3))));
  const schedule = {
    startUs: startAtUs,
    fromEventUs: part.fromUs,
    toEventUs: part.toUs,
    speed: scenario.tape.speed,
  };
  const { witnesses, tokens } = await openWitnesses(run);
  if (nowUs() > startAtUs) {
    for (const witness of witnesses) witness.close();
    return undefined;
  }
  const stage: Stage = {
    scenario,
    schedule,
    day: dayOfTape(tape.header, scenario.tape.date),
    windows: new FaultPlan({ scenario, header: tape.header, schedule }).windows,
    truth: run.truth,
    backEnd,
    witnesses,
    tokens,
    nowUs,
    ended: at(startAtUs + (scenario.tape.durationS + scenario.load.graceS) * 1e6),
    at,
  };
  try {
    const cuts = cutWitnesses(stage);
    const findings = await Promise.all(
      (scenario.checks ?? []).map(async (check) => ({ ...(await find(stage, check)), check })),
    );
    await cuts;
    return findings;
  } finally {
    for (const witness of witnesses) witness.close();
  }
}

async function openWitnesses({ environment, scenario, tape, backEnd }: Run): Promise<{
  readonly witnesses: readonly Witness[];
  readonly tokens: readonly string[];
}> {
  const { clients, symbolsPerClient, connectOverS, reconnect } = scenario.load;
  const random = new Random(scenario.seed, 'witnesses');
  const names = tape.header.instruments.map(({ symbol }) => symbol);
  const witnesses: Witness[] = [];
  const tokens: string[] = [];
  for (let at = 0; at < clients; at++) {
    const token = await mint(backEnd.secret, { user: `user-${at}` });
    tokens.push(token);
    const symbols = names.map((_, place) => names[(at * symbolsPerClient + place) % names.length] ?? '');
    witnesses.push(
      new Witness({
        url: `ws://127.0.0.1:${backEnd.port}/v1/stream`,
        token,
        symbols: symbols.slice(0, symbolsPerClient),
        nowUs: environment.nowUs,
        reconnect,
        random: () => random.unit(),
      }),
    );
  }
  await Promise.all(
    witnesses.map(async (witness, at) => {
      await new Promise((resolve) => setTimeout(resolve, (at / clients) * connectOverS * 1e3));
      await witness.open();
    }),
  );
  return { witnesses, tokens };
}

async function cutWitnesses({ scenario, schedule, witnesses, at }: Stage): Promise<void> {
  await Promise.all(
    scenario.cuts.flatMap(({ atS, overS, fromShare, toShare }) => {
      const cut = witnesses.slice(Math.round(fromShare * witnesses.length), Math.round(toShare * witnesses.length));
      return cut.map(async (witness, place) => {
        await at(schedule.startUs + (atS + (overS * place) / cut.length) * 1e6);
        witness.cut();
      });
    }),
  );
}
