import { type HttpProbeResult, UNSENT } from './probe.ts';

/** Bounds of the open-model probe. */
export interface HttpBounds {
  readonly p99Ms: number;
  /** Share of the requests that may fail. */
  readonly failedShare: number;
}

export interface HttpJudgement {
  readonly verdict: 'pass' | 'fail' | 'invalid';
  /** In one sentence. */
  readonly why: string;
}

/** A p99 takes ten samples over it; with fewer the worst is judged. */
const SAMPLES_FOR_P99 = 1_000;
/** Of the bound: a probe that was late by more than this can't hold it against the server. */
const LATE_SHARE = 0.25;

/** Judges the probe's measurement. Broken by latency alone, while the probe itself was late: `invalid`, never `fail`. */
export function judgeHttp(result: HttpProbeResult, bounds: HttpBounds): HttpJudgement {
  const { latency, slip, failures, planned } = result;
  const attempted = latency.count;
  if (attempted === 0) return { verdict: 'invalid', why: 'nothing was asked' };
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  const [worst] = [...failures].sort((a, b) => b[1] - a[1]);
  const isOver = (count: number): boolean => count / attempted > bounds.failedShare;
  const latestMs = slip.max / 1000;
  if (isOver(failed) && !isOver(failed - (failures.get(UNSENT) ?? 0)) && latestMs > LATE_SHARE * bounds.p99Ms) {
    const why = `${failed} requests had too many before them, but the probe itself was late by ${latestMs.toFixed(1)} ms`;
    return { verdict: 'invalid', why };
  }
  if (isOver(failed) && worst !== undefined)
    return { verdict: 'fail', why: `${failed} of ${attempted} requests failed, most by: ${worst[0]}` };
  const isP99 = attempted >= SAMPLES_FOR_P99;
  const measuredMs = (isP99 ? latency.percentile(99) : latency.max) / 1000;
  const name = isP99 ? 'p99' : `max (under ${SAMPLES_FOR_P99} samples)`;
  const said = `${name} ${measuredMs.toFixed(1)} ms`;
  if (measuredMs < bounds.p99Ms) {
    if (attempted < planned)
      return { verdict: 'invalid', why: `${said}, but only ${attempted} of ${planned} were due yet` };
    return { verdict: 'pass', why: `${said}, below ${bounds.p99Ms} ms` };
  }
  const slipMs = (isP99 ? slip.percentile(99) : slip.max) / 1000;
  if (slipMs > LATE_SHARE * bounds.p99Ms)
    return { verdict: 'invalid', why: `${said}, but the probe itself was late by ${slipMs.toFixed(1)} ms` };
  return { verdict: 'fail', why: `${said}, not below ${bounds.p99Ms} ms` };
}
