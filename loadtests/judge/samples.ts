import type { Row } from '../../protocol/schemas/summary.ts';
import type { Target } from '../../protocol/schemas/targets.ts';
import type { RunEvidence } from './evidence.ts';
import { listed } from './timing.ts';

/** What a row found: the part of it that isn't the target's own. */
export type Finding = Pick<Row, 'measured' | 'value' | 'samples' | 'verdict' | 'reason'> &
  Pick<Partial<Row>, 'interval'>;

/** Samples that a row needs: its own least count, or what the scenario promises. */
export function leastSamples(target: Target, evidence: Pick<RunEvidence, 'endedEarly' | 'scenario'>): number {
  // What is left of a run that was ended early is judged by what there is.
  if (evidence.endedEarly !== undefined) return 0;
  return Math.max(target.minSamples, evidence.scenario.leastSamples?.[target.id] ?? 0);
}

/** Share of seconds in which a generator was late by over a quarter of a second, from which it is called starved. */
const STARVED_SHARE = 0.3;

/** What our own generators did wrong, in words; '' when they did their part. */
export function generatorAtFault(evidence: RunEvidence): string {
  if (evidence.generatorFailed !== '') return evidence.generatorFailed;
  for (const [name, series] of [...evidence.lateness.loopDelayUs, ...evidence.lateness.slipUs]) {
    const late = [...series].filter(([, valueUs]) => valueUs > 250_000).map(([second]) => second);
    if (series.size > 0 && late.length / series.size > STARVED_SHARE) {
      return `${name} was late by over 250 ms in second ${listed(late.sort((a, b) => a - b))}`;
    }
  }
  return '';
}

/** A row without a fault still fails when too little was looked at, unless that is the generator's doing. */
export function enough(target: Target, evidence: RunEvidence, found: Finding, what: string): Finding {
  const least = leastSamples(target, evidence);
  if (found.verdict !== 'pass' || found.samples >= least) return found;
  const fault = generatorAtFault(evidence);
  const reason = `${found.samples} ${what}, ${least} needed`;
  return {
    ...found,
    verdict: fault === '' ? 'fail' : 'invalid',
    reason: fault === '' ? reason : `${reason}; ${fault}`,
  };
}
