import type { Row, Verdict } from '../../protocol/schemas/summary.ts';
import { isLossOfShutOut } from './countRows.ts';
import type { EndedEarly, RunEvidence } from './evidence.ts';
import { staleAsFresh } from './freshness.ts';
import { lateIn } from './lateness.ts';
import { judgeRow, TIMING_ROWS } from './rows.ts';
import { generatorAtFault } from './samples.ts';
import { shutOutWords } from './shutOut.ts';
import { listed } from './timing.ts';
import { orderFaults } from './timingRows.ts';

export interface Judgement {
  readonly verdict: Verdict;
  /** The verdict in one sentence. */
  readonly why: string;
  readonly rows: readonly Row[];
}

/**
 * The verdict of a run, in measuring.md's order: a broken promise that isn't of time fails; a target of time broken
 * only while the machine or a generator was late makes the run invalid; else the targets decide.
 */
export function judge(evidence: RunEvidence): Judgement {
  const rows = evidence.targets.targets.map((target) => judgeRow(target, evidence));
  const failedPromise = named(
    rows.filter((row) => row.verdict === 'fail' && !TIMING_ROWS.has(row.id)),
    evidence,
  );
  const failedTrigger =
    orderFaults(evidence).wrong.length > 0
      ? rows.find((row) => row.id === 'trigger' && row.verdict === 'fail')
      : undefined;
  // Where nobody was ever welcomed, every other row is broken by that alone.
  const silent = evidence.generators.every((data) => data.clients.every((client) => client.connects === 0));
  const failedConnect = silent ? rows.find((row) => row.id === 'connect' && row.verdict === 'fail') : undefined;
  const failedFreshness =
    staleAsFresh(evidence) === undefined
      ? undefined
      : rows.find((row) => row.id === 'freshness' && row.verdict === 'fail');
  const failed = failedConnect ?? failedPromise ?? failedTrigger ?? failedFreshness;
  if (evidence.serverDied !== '') return { verdict: 'fail', why: evidence.serverDied, rows };
  if (evidence.damaged !== undefined) return { verdict: 'invalid', why: evidence.damaged, rows };
  if (evidence.unreadable !== undefined) return { verdict: 'invalid', why: evidence.unreadable, rows };
  if (failed !== undefined) {
    const shut = failed === failedConnect ? shutOutWords(evidence) : '';
    return { verdict: 'fail', why: shut === '' ? sentence(failed) : `${sentence(failed)}; ${shut}`, rows };
  }
  if (evidence.endedEarly !== undefined) return { ...ended(evidence.endedEarly, evidence), rows };
  const fault = evidence.generatorFailed;
  if (fault !== '') return { verdict: 'invalid', why: fault, rows };

  const failedTiming = rows.find((row) => row.verdict === 'fail');
  if (failedTiming !== undefined) return { verdict: 'fail', why: sentence(failedTiming), rows };
  const unclear = rows.find((row) => row.verdict === 'invalid');
  if (unclear !== undefined) return { verdict: 'invalid', why: sentence(unclear), rows };
  const applicable = rows.filter((row) => row.verdict === 'pass');
  const starved = generatorAtFault(evidence);
  const note = starved === '' ? '' : `, although ${starved}`;
  const warnings = rows.filter((row) => row.verdict === 'warn');
  const told =
    warnings.length === 0 ? '' : `; not held, which is only told: ${warnings.map(({ id }) => id).join(', ')}`;
  return { verdict: 'pass', why: `all ${applicable.length} targets are held${note}${told}`, rows };
}

/** Begins the verdict of a run that an abort rule ended. */
export const ENDED_EARLY = 'ended early';

/** An abort rule ends a run as failed, unless we or the machine were late in each of the windows that it counted. */
function ended({ row, seconds }: EndedEarly, { targets, lateness }: RunEvidence): Pick<Judgement, 'verdict' | 'why'> {
  const target = targets.targets.find(({ id }) => id === row);
  const boundUs = (target?.bound ?? 0) * 1000;
  const why = `${ENDED_EARLY}: ${row} broke its bound in ${seconds.length} one-second windows in a row (second ${listed(seconds)})`;
  const isOurs = seconds.every((second) => lateIn(lateness, second, boundUs).length > 0);
  if (!isOurs) return { verdict: 'fail', why };
  return { verdict: 'invalid', why: `${why}, in all of which the machine or a generator was late` };
}

/** The row to name of broken promises: where only clients that were never let in missed anything, the one that says so rather than `loss`. */
function named(broken: readonly Row[], evidence: RunEvidence): Row | undefined {
  const most = worst(broken);
  const refused = broken.find(({ id }) => id === 'clients') ?? broken.find(({ id }) => id === 'errors');
  if (most?.id !== 'loss' || refused === undefined || !isLossOfShutOut(evidence)) return most;
  return worst([refused, ...broken.filter(({ id }) => id !== 'loss')]);
}

/** The row to name of several broken ones: of those that count broken promises the one with the most, else the first in the table. */
function worst(rows: readonly Row[]): Row | undefined {
  const counting = rows.filter((row) => row.unit === 'count' && row.bound === 0 && row.samples > 0);
  return counting.reduce((most, row) => ((row.value ?? 0) > (most?.value ?? 0) ? row : most), counting[0] ?? rows[0]);
}

/** A row in one sentence. */
export function sentence(row: Row): string {
  const reason = row.reason === '' ? '' : `: ${row.reason}`;
  return `${row.id} (${row.target}) measured ${row.measured === '' ? 'nothing' : row.measured}${reason}`;
}
