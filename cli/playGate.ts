import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import type { Crew } from '../loadtests/distributed/crew.ts';
import type { GateFeed } from '../loadtests/feeds/fedBy.ts';
import { clockOfMarket, isPolled } from '../loadtests/feeds/polled.ts';
import { dialectProfile } from '../loadtests/gate/dialects.ts';
import type { LoadChoice } from '../loadtests/gate/generators.ts';
import { type Front, type RunOutcome, type RunProgress, runGate } from '../loadtests/gate/run.ts';
import { summarise } from '../loadtests/gate/summary.ts';
import { type CommandUnderTest, isForeign, type UnderTest, type UrlUnderTest } from '../loadtests/gate/underTest.ts';
import { tokenMaker } from '../loadtests/target/tokens.ts';
import { fedWords } from '../loadtests/target/words.ts';
import type { Clock } from '../protocol/clock.ts';
import { ExitCode } from '../protocol/codes.ts';
import type { Scenario } from '../protocol/schemas/scenario.ts';
import type { Summary, Verdict } from '../protocol/schemas/summary.ts';
import type { TargetSet } from '../protocol/schemas/targets.ts';
import type { Codec, PlanDialect } from '../protocol/serverUnderTest.ts';
import { writeReport } from '../reports/write.ts';
import { mintToken } from '../server/identity.ts';
import { homeFolder, runsFolder } from '../simulator/paths.ts';
import { openTape } from '../simulator/tape/reader.ts';
import type { TapeHeader } from '../simulator/tape/types.ts';
import { hostClock } from './clock.ts';
import { commitOf } from './commit.ts';
import { entries } from './entries.ts';

const TOKEN_LIFE_S = 3_600;

/** One run of the gate: what is played, into what, and where its report goes. */
export interface GateRun {
  readonly scenario: Scenario;
  readonly targets: TargetSet;
  readonly tapePath: string;
  readonly load: LoadChoice;
  /** Default `native`. */
  readonly dialect?: PlanDialect;
  /** Default JSON. */
  readonly codec?: Codec;
  /** The provider that feeds the server; absent: the tape does. */
  readonly feed?: GateFeed;
  /** Absent: the reference server of this build. */
  readonly underTest?: UnderTest;
  readonly command: string;
  readonly out: string | undefined;
  readonly front?: Front;
  /** See `RunOptions`. */
  readonly loadClockAheadUs?: number;
  /** Latencies of so many first seconds are not judged. Default 0. */
  readonly discardS?: number;
  /** More time than usual for our processes to come up. Default 0. */
  readonly startS?: number;
  /** Several generators that share the load; absent: the gate starts one. */
  readonly crew?: Crew;
  readonly onLoadStarted?: (pid: number) => void;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Told what the user must know or do while it runs, a line each. */
  readonly onNote?: (line: string) => void;
}

/** Plays one gate, writes its report, and returns what came of it. */
export async function playGate(run: GateRun): Promise<{ summary: Summary; outcome: RunOutcome; folder: string }> {
  const { scenario, targets, tapePath, load, underTest, dialect = 'native', codec = 'json' } = run;
  const startedAt = new Date();
  const stamp = startedAt
    .toISOString()
    .replace(/[:.]/g, '-')
    .replace(/-\d+Z$/, 'Z');
  const folder = run.out ?? join(runsFolder(), `${stamp}-${scenario.name}`);
  const secret = randomBytes(32).toString('hex');
  const clock = clockFor(run);
  // Tokens are minted by the wall's clock and checked by the run's.
  const aheadS = Math.round((clock.nowUs() - hostClock(process.env).nowUs()) / 1e6);
  const mint = (by: string, account: string): Promise<string> =>
    mintToken({
      secret: by,
      user: account,
      account,
      scopes: ['market:read', 'orders:write', `account:${account}`],
      expiresInS: TOKEN_LIFE_S + aheadS,
    });
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const outcome = await runGate({
      scenario,
      targets,
      tapePath,
      runFolder: folder,
      load,
      dialect: dialectProfile(dialect),
      codec,
      entries: entries(),
      clock,
      secret,
      tokenFor: isForeign(underTest)
        ? tokenMaker(underTest.tokens, (file, account) => mint(readFileSync(file, 'utf8').trim(), account))
        : (account) => mint(secret, account),
      signal: interrupt.signal,
      ...(run.feed === undefined ? {} : { feed: run.feed }),
      ...(underTest === undefined ? {} : { underTest }),
      ...(run.onNote === undefined ? {} : { onNote: run.onNote }),
      ...(run.front === undefined ? {} : { front: run.front }),
      ...(run.loadClockAheadUs === undefined ? {} : { loadClockAheadUs: run.loadClockAheadUs }),
      ...(run.startS === undefined ? {} : { startS: run.startS }),
      ...(run.discardS === undefined ? {} : { discardS: run.discardS }),
      ...(run.crew === undefined ? {} : { crew: run.crew }),
      ...(run.onLoadStarted === undefined ? {} : { onLoadStarted: run.onLoadStarted }),
      ...(run.onProgress === undefined ? {} : { onProgress: run.onProgress }),
    });
    const reader = openTape(tapePath);
    const summary = summarise({
      outcome,
      header: isForeign(underTest) ? headerFor(underTest, reader.header) : reader.header,
      tapePath: relative('.', tapePath),
      startedAt,
      durationS: (Date.now() - startedAt.getTime()) / 1000,
      seed: scenario.seed,
      commit: await commitOf(homeFolder()),
      command: run.command,
      load: `${load.kind === 'k6' ? `k6 v${load.version}` : `swarm (built in), ${availableParallelism()} cores`}, dialect ${dialect}${codec === 'json' ? '' : `, ${codec}`}${run.feed === undefined ? '' : `, fed by ${run.feed}`}${isForeign(underTest) && run.feed === undefined ? `, ${fedWords(underTest)}` : ''}`,
    });
    reader.close();
    await writeReport(folder, summary);
    return { summary, outcome, folder };
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** The run's clock: the host's, or with a polled feed that of the market in the scenario's part. */
function clockFor({ feed, scenario, tapePath }: GateRun): Clock {
  if (feed === undefined || !isPolled(feed)) return hostClock(process.env);
  const reader = openTape(tapePath);
  const marketUs = reader.header.sessionOpenUs + Math.round(scenario.tape.fromS * 1e6);
  reader.close();
  return clockOfMarket(marketUs, process.env);
}

/** The tape as a report tells of it, where a server that isn't ours may have heard nothing of it. */
function headerFor({ fed }: CommandUnderTest | UrlUnderTest, header: TapeHeader): TapeHeader {
  if ((fed?.kind ?? 'own') !== 'own') return header;
  return { ...header, origin: { ...header.origin, description: 'Not played: the target is fed by its own feed.' } };
}

/** The exit code of a verdict. */
export function exitCodeOf(verdict: Verdict): ExitCode {
  return verdict === 'pass' ? ExitCode.PASS : verdict === 'fail' ? ExitCode.FAIL : ExitCode.INVALID;
}
