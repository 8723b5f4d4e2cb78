import { mkdirSync } from 'node:fs';
import type { Clock } from '../../protocol/clock.ts';
import type { Schedule } from '../../protocol/run.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import type { TargetSet } from '../../protocol/schemas/targets.ts';
import type { Codec } from '../../protocol/serverUnderTest.ts';
import { openTape } from '../../simulator/tape/reader.ts';
import type { Crew } from '../distributed/crew.ts';
import { loadUnion } from '../distributed/load.ts';
import { mergeEvidence } from '../distributed/merge.ts';
import { recordRun } from '../distributed/record.ts';
import { writeRunRecord } from '../distributed/runFile.ts';
import { type GateFeed, hasHistory } from '../feeds/fedBy.ts';
import { isPolled, pollMsOf } from '../feeds/polled.ts';
import type { RunEvidence } from '../judge/evidence.ts';
import { tooSmallFor } from '../judge/planned.ts';
import { type Judgement, judge } from '../judge/verdict.ts';
import { rebased, type StandingServer } from '../soak/standing.ts';
import { halfRoundTripUs } from '../target/clocks.ts';
import { endpointsOf } from '../target/endpoints.ts';
import { openForeign } from '../target/open.ts';
import { ownFeedPart } from '../target/part.ts';
import { foreignProfile } from '../target/profile.ts';
import type { MakeToken } from '../target/tokens.ts';
import { targetNotes } from '../target/words.ts';
import { type ChildEnd, describeEnd } from './children.ts';
import { type DialectProfile, targetsFor } from './dialects.ts';
import { cutShort } from './endedEarly.ts';
import { GateError } from './errors.ts';
import { gatherEvidence } from './gather.ts';
import { generate, report } from './generate.ts';
import type { LoadChoice } from './generators.ts';
import { wallAheadUs, watchHost } from './host.ts';
import { watchInside } from './inside.ts';
import { openOwn, polledFeed, providerOf, startFront, tokensAhead } from './opening.ts';
import { type PlayedPart, readPart } from './part.ts';
import { makePlans, type PlannedCut, SETTLE_US } from './plan.ts';
import { polledProfile } from './polledProfile.ts';
import { startProxy } from './proxy.ts';
import { childEnv, type RunningServer } from './server.ts';
import { isForeign, type UnderTest } from './underTest.ts';
import { withoutWarmUp } from './warmUp.ts';

/** Files that the gate starts as processes of their own: compiled, or sources in development. */
export interface Entries {
  readonly cli: string;
  readonly proxy: string;
  readonly swarm: string;
  readonly probe: string;
  readonly provider: string;
}

/** Something put between the clients and the server: a misbehaving back end is the real one behind such a front. */
export interface Front {
  readonly file: string;
  readonly args: readonly string[];
}

export interface RunOptions {
  readonly scenario: Scenario;
  readonly targets: TargetSet;
  /** What should arrive; with a {@link RunOptions.feed}, as its provider shows it. */
  readonly tapePath: string;
  /** The provider from which the server gets its ticks; absent: it plays the tape itself. */
  readonly feed?: GateFeed;
  /** What is judged; absent: the reference server of this build. */
  readonly underTest?: UnderTest;
  readonly runFolder: string;
  readonly load: LoadChoice;
  readonly dialect: DialectProfile;
  /** Default JSON. */
  readonly codec?: Codec;
  readonly entries: Entries;
  readonly clock: Clock;
  /** Makes a token for an account, and the secret with which the server checks it. */
  readonly secret: string;
  readonly tokenFor: MakeToken;
  readonly front?: Front;
  /** The load generator's clock is set so much wrong, µs: `trust` plants it. */
  readonly loadClockAheadUs?: number;
  /** A server that runs already and goes on afterwards, with the part that it is to play; absent: one is started. */
  readonly standing?: StandingServer;
  /** Latencies of so many first seconds of the tape are not judged: a plateau's warm-up. Default 0. */
  readonly discardS?: number;
  /** More time than usual for our processes to come up, on a machine that was seen to need it. Default 0. */
  readonly startS?: number;
  /** Several generators that share the load; absent: the gate starts one. */
  readonly crew?: Crew;
  /** Told the load generator's pid when it runs: `trust` starves it. */
  readonly onLoadStarted?: (pid: number) => void;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Told what the user must know or do while it runs, a line each. */
  readonly onNote?: (line: string) => void;
}

export interface RunProgress {
  readonly phase: 'generators' | 'server' | 'clients' | 'playing' | 'grace' | 'judging';
  readonly secondsLeft: number;
  readonly detail: string;
}

export interface RunOutcome {
  readonly judgement: Judgement;
  readonly evidence: RunEvidence;
  readonly part: PlayedPart;
  readonly schedule: Schedule;
  readonly cutsPlanned: readonly PlannedCut[];
  readonly runHash: string;
  readonly transport: string;
  readonly interrupted: boolean;
  readonly notes: readonly string[];
}

/** Time for the server and the proxy to come up. */
const START_UP_US = 1_500_000;
/** Time for the generators to come up, from then to the first client's opening. */
const GENERATOR_START_US = 2_000_000;
/** Minting a client's token and writing its plan. */
const CLIENT_START_US = 250;
const SERVER_END_MS = 8_000;
const FRONT_END_MS = 2_000;
const LOOPBACK = '127.0.0.1';

/** Plays a scenario into the reference server and judges it: the whole main job. Whatever it started has ended when it returns or throws. */
export async function runGate(asked: RunOptions): Promise<RunOutcome> {
  const dialect = profileOf(asked);
  const options = {
    ...asked,
    dialect,
    scenario: dialect.scenario(asked.scenario),
    targets: targetsFor(dialect, asked.targets),
  };
  mkdirSync(options.runFolder, { recursive: true });
  const part = options.standing?.part ?? partOf(options);
  const ending = new AbortController();
  const signal = options.signal === undefined ? ending.signal : AbortSignal.any([options.signal, ending.signal]);
  const stops: (() => Promise<unknown>)[] = [];
  try {
    return await play({ ...options, signal }, part, (stop) => stops.push(stop));
  } finally {
    ending.abort();
    await Promise.allSettled(stops.map((stop) => stop()));
  }
}

/** The dialect as this run speaks it. */
function profileOf({ dialect, feed, scenario, underTest }: RunOptions): DialectProfile {
  if (isForeign(underTest)) return foreignProfile(dialect, underTest);
  if (feed === undefined || !isPolled(feed)) return dialect;
  const { tape, load } = scenario;
  return polledProfile(dialect, { feed, pollMs: pollMsOf(scenario), clients: load.clients, symbols: tape.symbols });
}

function partOf({ tapePath, scenario, feed, underTest }: RunOptions): PlayedPart {
  if (isForeign(underTest) && (underTest.fed?.kind ?? 'own') === 'own')
    return ownFeedPart(underTest, { scenario, tapePath });
  const reader = openTape(tapePath);
  const fromUs = reader.header.sessionOpenUs + Math.round(scenario.tape.fromS * 1e6);
  const toUs = fromUs + Math.round(scenario.tape.durationS * scenario.tape.speed * 1e6);
  const knowsNoMore = feed !== undefined && !hasHistory(feed);
  const part = readPart(reader, { fromUs, toUs, ...(knowsNoMore ? { barsFromUs: fromUs } : {}) });
  reader.close();
  if (part.ticks.length === 0) throw new GateError(`tape ${tapePath} has no event in the scenario's part`);
  return part;
}

/** @param onStop takes what ends each thing that was started; calling it twice does no harm */
async function play(
  options: RunOptions,
  part: PlayedPart,
  onStop: (stop: () => Promise<unknown>) => void,
): Promise<RunOutcome> {
  const { scenario, clock } = options;
  const env = childEnv(options);
  await gatherCrew(options, env, onStop);
  report(options, 'server', 0, 'starting the server');
  const provider = await providerOf(options, part, env);
  onStop(async () => provider?.child.end(SERVER_END_MS));
  const preparingUs = GENERATOR_START_US + (options.startS ?? 0) * 1e6 + CLIENT_START_US * scenario.load.clients;
  const leadUs = preparingUs + (options.crew?.leadUs ?? 0) + scenario.load.connectOverS * 1e6 + SETTLE_US;
  const span = { fromEventUs: part.fromUs, toEventUs: part.toUs, speed: scenario.tape.speed };
  // A server that plays the tape itself must know when before it is there.
  const { standing, underTest } = options;
  const tokenFor = isForeign(underTest) ? await tokensAhead(options) : options.tokenFor;
  const opening = { env, provider, span, leadUs: START_UP_US + leadUs };
  const onStarted = (started: RunningServer): void => onStop(() => started.child.end(0));
  const { server, startUs } = isForeign(underTest)
    ? await openForeign(underTest, { ...opening, options, onStarted })
    : await openOwn(options, { ...opening, onStarted });
  const schedule: Schedule = { ...span, startUs };
  provider?.begin(startUs);
  standing?.begin(schedule);
  const front =
    options.front === undefined
      ? undefined
      : await startFront(options.front, { env, startUs, targetPort: server.port });
  onStop(async () => front?.child.end(FRONT_END_MS));
  const port = front?.port ?? server.port;
  const reach = options.crew?.host ?? LOOPBACK;
  const proxy = await startProxy({
    entry: options.entries.proxy,
    targetHost: server.at?.host,
    targetPort: port,
    env,
    startUs,
    ...(reach === LOOPBACK ? {} : { host: '0.0.0.0' }),
  });
  onStop(proxy.end);
  const wall = wallAheadUs(clock);
  // The proxy has a limit of its own, which is no server's: where it has nothing to cut, it isn't in the way.
  const proxyPort = scenario.cuts.length === 0 && reach === LOOPBACK ? undefined : proxy.port;
  const endpoints = endpointsOf(server, { underTest, frontPort: port, proxyPort, proxyHost: reach });
  const halfTripUs = server.at === undefined ? 0 : await halfRoundTripUs(server.at);
  const plans = await makePlans({
    scenario,
    schedule,
    part,
    load: options.load.kind,
    dialect: options.dialect,
    codec: options.codec ?? 'json',
    ...endpoints,
    tokenFor,
    ...(standing === undefined ? {} : { orderPrefix: standing.orderPrefix, goesOn: standing.goesOn }),
    ...(isPolled(options.feed ?? '') && { polled: polledFeed(options, server.port) }),
    wallAheadUs: wall.aheadUs,
  });
  proxy.plan(plans.cuts);
  const tooSmall = tooSmallFor(options.targets.targets, {
    scenario,
    plannedClients: plans.load.clients.length + plans.probe.clients.length,
    cuts: plans.cuts,
    absent: options.dialect.absent,
  });
  if (tooSmall !== undefined) options.onNote?.(tooSmall);
  const host = watchHost(clock, startUs);
  onStop(host.stop);
  const inside = watchInside({ ...endpoints, frontPid: front?.child.pid, clock, startUs });
  onStop(inside.stop);
  const deaths: ChildEnd[] = [];
  void server.child.ended.then((end) => deaths.push(end));
  void front?.child.ended.then((end) => deaths.push(end));
  const providerDeaths: ChildEnd[] = [];
  void provider?.child.ended.then((end) => providerDeaths.push(end));

  const generated = await generate(options, { part, plans, env });
  const { endedEarly } = generated;
  const ends =
    standing === undefined
      ? generated.ends
      : generated.ends.map((end) => ({ ...end, data: rebased(end.data, standing.goesOn) }));
  report(options, 'judging', 0, 'judging');
  await inside.stop();
  const [died] = deaths;
  const isGone = isForeign(underTest) && underTest.kind === 'url' && inside.isGone();
  const serverEnd = standing === undefined ? await server.child.end(SERVER_END_MS) : undefined;
  const cuts = await proxy.end();
  await host.stop();
  const wallAfter = wallAheadUs(clock);

  const gathered = await gatherEvidence({
    options,
    part,
    schedule,
    ends,
    cuts,
    proxyLoopDelayUs: proxy.loopDelayUs,
    providerLateUs: provider?.lateUs,
    providerDied: providerDeaths.map(describeEnd)[0],
    host,
    inside,
    wallDriftUs: options.load.kind === 'k6' ? Math.abs(wallAfter.aheadUs - wall.aheadUs) + wall.errorUs : 0,
    halfTripUs,
    serverDied:
      died === undefined
        ? isGone
          ? `the target's process ${endpoints.pid} ended in mid-run`
          : ''
        : `the server ended in mid-run (${describeEnd(died)})`,
    planned: plans,
  });
  const { runHash, notes } = gathered;
  const judged = { dialect: options.dialect.name, pid: endpoints.pid };
  if (isForeign(underTest)) notes.unshift(...targetNotes(underTest, judged));
  const told = endedEarly === undefined ? gathered.evidence : cutShort(gathered.evidence, endedEarly);
  writeRunRecord(
    options.runFolder,
    recordRun({
      options,
      part,
      planned: plans,
      evidence: told,
      ends,
      failed: providerDeaths.length === 0 ? '' : told.generatorFailed,
      transport: server.transport,
      runHash,
      notes,
    }),
  );
  const evidence =
    options.crew === undefined ? withoutWarmUp(told, options.discardS ?? 0) : await unionOf(options.runFolder, notes);
  if (died === undefined && serverEnd !== undefined && serverEnd.code !== 0 && !isForeign(underTest)) {
    notes.push(`the server did not drain in order on SIGTERM (${describeEnd(serverEnd)})`);
  }
  return {
    judgement: judge(evidence),
    evidence,
    part,
    schedule,
    cutsPlanned: plans.cuts,
    runHash,
    transport: server.transport,
    interrupted: options.signal?.aborted === true,
    notes,
  };
}

/** Waits until the generators that share the load are there. */
async function gatherCrew(
  options: RunOptions,
  env: NodeJS.ProcessEnv,
  onStop: (stop: () => Promise<unknown>) => void,
): Promise<void> {
  const { crew, runFolder, clock, signal } = options;
  if (crew === undefined) return;
  onStop(crew.end);
  const onState = (state: string): void => report(options, 'generators', 0, state);
  onState(`waiting for ${crew.segments} generators`);
  await crew.gather({ runFolder, clock, env, signal, onState });
}

/** What several generators saw, put together with what the gate knows: as `report merge` does it. */
async function unionOf(runFolder: string, notes: string[]): Promise<RunEvidence> {
  const merged = mergeEvidence(await loadUnion({ paths: [runFolder] }));
  notes.push(...merged.notes);
  return merged.evidence;
}
