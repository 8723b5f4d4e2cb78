import { describe, expect, it } from 'vitest';
import type { ClientLine, ViolationKind, ViolationLine } from '../../protocol/run.ts';
import type { Row } from '../../protocol/schemas/summary.ts';
import { loadTargets } from '../targets/load.ts';
import type { RunEvidence } from './evidence.ts';
import type { GeneratorData } from './merge.ts';
import { quiet, START_US, soundClient, soundEvidence } from './testEvidence.ts';
import { judge } from './verdict.ts';

/** Messages that the clients of sound evidence received. */
const RECEIVED = 120_000;

function row(evidence: RunEvidence, id: string): Row | undefined {
  return judge(evidence).rows.find((one) => one.id === id);
}

function lineOf(violation: ViolationKind, fields: Partial<ViolationLine> = {}): ViolationLine {
  return {
    kind: 'violation',
    generator: 'swarm',
    violation,
    client: 3,
    stream: 'ticker:S30',
    expectedSeq: 7,
    seq: 9,
    atUs: START_US + 30e6,
    detail: `planted ${violation}`,
    ...fields,
  };
}

type Told = Pick<GeneratorData, 'violations'> & {
  readonly counts: Readonly<Record<string, number>>;
  readonly messages?: Readonly<Record<string, number>>;
};

/** Sound evidence whose generator told these violations, judged by PaiiD's targets: 0.1 % of messages may be wrong. */
function shared({ violations, counts, messages = counts }: Told): RunEvidence {
  const evidence = soundEvidence();
  const [first] = evidence.generators as [GeneratorData];
  const violationCounts = new Map(Object.entries(counts));
  const told = { ...first, violations, violationCounts, violationMessages: new Map(Object.entries(messages)) };
  return { ...evidence, targets: loadTargets('paiid'), generators: [told] };
}

/** The same with the streams of client 0 changed. */
function withStreams(evidence: RunEvidence, fields: Partial<ClientLine['streams'][number]>): RunEvidence {
  const [first] = evidence.generators as [GeneratorData];
  const streams = soundClient(0).streams.map((stream) => ({ ...stream, ...fields }));
  return { ...evidence, generators: [{ ...first, clients: [soundClient(0, { streams }), ...first.clients.slice(1)] }] };
}

const mute = { firstSeq: -1, lastSeq: 0, events: 0 };

describe('loss as a share', () => {
  it('should count the messages of a gap, not the gap', () => {
    const evidence = shared({
      violations: [lineOf('unexplained_gap', { messages: 20 })],
      counts: { unexplained_gap: 100 },
      messages: { unexplained_gap: 4_000 },
    });

    expect(row(evidence, 'loss')).toMatchObject({
      verdict: 'fail',
      measured: `100 unexplained_gap (4000 messages) of ${RECEIVED + 4_000}`,
      value: 4_000 / (RECEIVED + 4_000),
      samples: RECEIVED,
    });
  });

  it('should fail a server that withholds symbols wholly', () => {
    const evidence = withStreams(shared({ violations: [], counts: {} }), mute);

    expect(row(evidence, 'loss')).toMatchObject({
      verdict: 'fail',
      measured: `10 missing_tail (500 messages) of ${RECEIVED + 500}`,
      reason: 'client 0, ticker:S0: nothing of S0 ever came (50 events)',
    });
  });

  it('should not add what came twice to what was due', () => {
    const evidence = shared({ violations: [lineOf('duplicate')], counts: { duplicate: 12 } });

    expect(row(evidence, 'loss')).toMatchObject({
      verdict: 'pass',
      measured: `12 duplicate of ${RECEIVED}`,
      value: 1e-4,
    });
  });

  it('should be invalid where it is held but for messages that our own lateness may have cost', () => {
    const late = { ...quiet(), loopDelayUs: new Map([['swarm', new Map([[30, 5_000_000]])]]) };
    const lost = [10, 700].map((messages, at) =>
      lineOf('unexplained_gap', { messages, atUs: START_US + (at === 0 ? 10e6 : 30e6) }),
    );
    const evidence = shared({
      violations: lost,
      counts: { unexplained_gap: 2 },
      messages: { unexplained_gap: 710 },
    });

    expect(row({ ...evidence, lateness: late }, 'loss')).toMatchObject({ verdict: 'invalid' });
    expect(row(evidence, 'loss')).toMatchObject({ verdict: 'fail' });
  });
});

describe('loss', () => {
  it('should say how many messages are missing where that is more than its violations', () => {
    const evidence = { ...withStreams(soundEvidence(), { lastSeq: 30 }), targets: loadTargets('default') };

    expect(row(evidence, 'loss')).toMatchObject({
      verdict: 'fail',
      measured: '10 missing_tail (200 messages)',
      value: 200,
      reason: "client 0, ticker:S0: 20 events at the stream's end never came",
    });
  });

  it('should show an example of what is broken most', () => {
    const evidence = shared({
      violations: [lineOf('duplicate'), lineOf('reorder')],
      counts: { duplicate: 45, reorder: 4_404 },
    });

    expect(row(evidence, 'loss')?.reason).toContain('planted reorder');
  });

  it('should show what is listed where nothing of the most broken kind is', () => {
    const evidence = shared({ violations: [lineOf('duplicate')], counts: { duplicate: 45, reorder: 4_404 } });

    expect(row(evidence, 'loss')?.reason).toContain('planted duplicate');
  });
});

describe('symbols', () => {
  it('should not count one that stands where it must and of which nothing came', () => {
    expect(row(withStreams(soundEvidence(), mute), 'symbols')).toMatchObject({ verdict: 'fail', value: 990 });
  });

  it('should count a quiet one of which a snapshot came', () => {
    const quietOnes = { firstSeq: 50, lastSeq: 50, events: 0 };

    expect(row(withStreams(soundEvidence(), quietOnes), 'symbols')).toMatchObject({ verdict: 'pass', value: 1_000 });
  });

  it('should count one that had nothing to tell', () => {
    const evidence = withStreams(soundEvidence(), mute);
    const expectedHeads = new Map(
      [...evidence.expectedHeads].map(([symbol, head], at) => [symbol, at < 10 ? 0 : head]),
    );

    expect(row({ ...evidence, expectedHeads }, 'symbols')).toMatchObject({ verdict: 'pass', value: 1_000 });
  });
});
