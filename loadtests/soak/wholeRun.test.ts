import { describe, expect, it } from 'vitest';
import type { Row, Summary } from '../../protocol/schemas/summary.ts';
import type { TargetId } from '../../protocol/schemas/targets.ts';
import { Histogram } from '../../reports/histogram.ts';
import type { RestReading } from '../judge/evidence.ts';
import { loadTargets } from '../targets/load.ts';
import { LAP_KINDS } from './lapPart.ts';
import { summariseSoak } from './summary.ts';
import { lapSummary } from './testing/lapSummary.ts';
import { judgeWhole, type PlayedLap } from './wholeRun.ts';

const targets = loadTargets('soak');
const MB = 1024 * 1024;

/** Laps of 300 s in which all was well, but for what `change` makes of a lap's summary. */
function laps(count: number, change: (summary: Summary, lap: number) => Summary = (summary) => summary): PlayedLap[] {
  return Array.from({ length: count }, (_, at) => {
    const kind = LAP_KINDS[at % LAP_KINDS.length] ?? 'open';
    return { lap: at + 1, kind, summary: change(lapSummary(targets, 300), at + 1) };
  });
}

function withRow(summary: Summary, id: TargetId, fields: Partial<Row>): Summary {
  return { ...summary, rows: summary.rows.map((row) => (row.id === id ? { ...row, ...fields } : row)) };
}

function withTicks(summary: Summary, us: number): Summary {
  const ticks = new Histogram();
  ticks.record(us, 30_000);
  const json = ticks.toJSON();
  const tick = { ...json, buckets: json.buckets.map(([index, count]): [number, number] => [index, count]) };
  return { ...summary, histograms: { ...summary.histograms, tick } };
}

const atRest: RestReading[] = Array.from({ length: 12 }, (_, at) => ({
  server: 1,
  hours: at / 12,
  heapBytes: 40 * MB,
  rssBytes: 160 * MB,
  handles: 25,
  timers: 6,
}));

function judged(played: readonly PlayedLap[], readings = atRest, serverDied = '') {
  return judgeWhole({ targets, laps: played, readings, serverDied });
}

function row(played: readonly PlayedLap[], id: TargetId): Row | undefined {
  return judged(played).rows.find((one) => one.id === id);
}

describe('judgeWhole', () => {
  it('should pass laps in which everything went well, with their samples together', () => {
    const { verdict, why } = judged(laps(12));

    expect(why).toBe('all 19 targets are held over 12 laps');
    expect(verdict).toBe('pass');
    expect(row(laps(12), 'tick')).toMatchObject({ samples: 360_000, value: expect.closeTo(2, 1) });
  });

  it('should take percentiles of all laps together', () => {
    const one = laps(200, (summary, lap) => (lap === 7 ? withTicks(summary, 90_000) : summary));
    const many = laps(12, (summary, lap) => (lap > 6 ? withTicks(summary, 140_000) : summary));

    expect(row(one, 'tick')).toMatchObject({ verdict: 'pass', value: expect.closeTo(2, 1) });
    expect(row(many, 'tick')).toMatchObject({ verdict: 'fail', value: expect.closeTo(140, 0) });
  });

  it('should fail what an abort rule ended, however many laps were good before', () => {
    const why = 'ended early: tick broke its bound in 60 one-second windows in a row (second 5-64)';
    const aborted = laps(150, (summary, lap) =>
      lap === 150 ? { ...withRow(summary, 'tick', { verdict: 'fail' }), verdict: 'fail', why } : summary,
    );
    expect(judged(aborted)).toMatchObject({ verdict: 'fail', why: expect.stringContaining(`lap 150`) });
    expect(judged(aborted).why).toContain(why);
  });

  it('should forgive no lap that broke its windows, however many there are', () => {
    const broken = laps(300, (summary, lap) => (lap === 7 ? withRow(summary, 'tick', { verdict: 'fail' }) : summary));
    expect(judged(broken)).toMatchObject({ verdict: 'fail', why: expect.stringContaining('lap 7') });
  });

  it('should not believe laps in which a generator of ours failed, whatever rows they hold', () => {
    const failed = laps(12, (summary) => ({ ...summary, verdict: 'invalid', why: 'swarm ended with SIGKILL' }));
    expect(judged(failed)).toMatchObject({ verdict: 'invalid', why: expect.stringContaining('SIGKILL') });
  });

  it('should say that laps cannot be told before it asks for samples', () => {
    const late = laps(12, (summary, lap) =>
      lap === 1
        ? withRow(summary, 'reconnect', { samples: 20 })
        : withRow(summary, 'reconnect', { verdict: 'invalid' }),
    );
    expect(row(late, 'reconnect')).toMatchObject({ verdict: 'invalid', reason: expect.stringContaining('11 of 12') });
  });

  it('should fail a promise that one lap broke, and name the lap', () => {
    const broken = laps(12, (summary, lap) =>
      lap === 5
        ? withRow(summary, 'loss', { verdict: 'fail', value: 3, measured: '3 gap', reason: 'client 9: gap' })
        : summary,
    );

    expect(judged(broken)).toMatchObject({
      verdict: 'fail',
      why: 'loss (<= 0) measured 3: lap 5, midday: client 9: gap',
    });
  });

  it('should weigh shares by what each lap saw', () => {
    const down = (silent: number) =>
      laps(12, (summary, lap) =>
        lap === 2
          ? withRow(summary, 'uptime', { verdict: 'fail', value: 1 - silent / 300, reason: 'silent' })
          : summary,
      );

    expect(row(down(3), 'uptime')).toMatchObject({ verdict: 'pass', measured: '99.9167 %' });
    expect(row(down(4), 'uptime')).toMatchObject({ verdict: 'fail', measured: '99.8889 %' });
  });

  it('should leave out laps that cannot be told, until they are a third', () => {
    const unclear = (count: number) =>
      laps(12, (summary, lap) =>
        lap <= count ? withRow(withTicks(summary, 400_000), 'tick', { verdict: 'invalid', reason: 'late' }) : summary,
      );

    expect(row(unclear(4), 'tick')).toMatchObject({ verdict: 'pass', value: expect.closeTo(2, 1) });
    expect(judged(unclear(5))).toMatchObject({
      verdict: 'invalid',
      why: expect.stringContaining("5 of 12 laps can't be told: late"),
    });
  });

  it('should not call a row broken of which no lap can be told', () => {
    const late = laps(2, (summary) =>
      withRow(withTicks(summary, 400_000), 'tick', { verdict: 'invalid', reason: 'late' }),
    );

    expect(row(late, 'tick')).toMatchObject({ verdict: 'invalid', reason: 'no lap can be told: late' });
  });

  it('should fail a row that stayed without samples for ten minutes, and not sooner', () => {
    const silent = (count: number) => laps(count, (summary) => withRow(summary, 'loss', { samples: 0 }));

    expect(row(silent(2), 'loss')).toMatchObject({ verdict: 'fail', reason: '0 samples, 5000 needed' });
    expect(row(silent(1), 'loss')).toMatchObject({ verdict: 'not applicable' });
  });

  it('should fail by the death of the server before all else', () => {
    const why = 'the server ended in mid-run (killed by SIGKILL) in lap 3 (close), 0:12:33 into the soak';
    expect(judged(laps(3), [], why)).toMatchObject({ verdict: 'fail', why });
  });

  it('should be invalid while there are too few readings to tell of growth', () => {
    expect(judged(laps(12), atRest.slice(0, 3))).toMatchObject({
      verdict: 'invalid',
      why: expect.stringMatching(/^leak/),
    });
  });
});

describe('summariseSoak', () => {
  const summary = (count: number): Summary => {
    const played = laps(count);
    return summariseSoak({
      laps: played,
      judgement: judged(played),
      description: 'laps',
      startedAt: '2026-01-02T03:04:05.000Z',
      durationS: count * 310,
      command: 'tapedeck soak',
      notes: ['one'],
    });
  };

  it('should put laps one after another on the time axis, each a phase', () => {
    const { seconds, marks, orders, histograms } = summary(2);

    expect(seconds.map(({ second }) => second)).toEqual(Array.from({ length: 600 }, (_, at) => at));
    expect(marks.map(({ fromS, toS, label }) => [fromS, toS, label])).toEqual([
      [0, 300, 'lap 1: open'],
      [300, 600, 'lap 2: midday'],
    ]);
    expect(orders.placed).toBe(2_000);
    expect(histograms['tick']?.count).toBe(60_000);
  });

  it('should keep the report of many hours small', () => {
    const { seconds, marks } = summary(288);

    expect(seconds.length).toBeLessThanOrEqual(600);
    expect(seconds[1]?.second).toBe(144);
    expect(marks).toEqual([]);
  });
});
