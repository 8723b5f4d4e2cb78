import { describe, expect, it } from 'vitest';
import type { ClientLine } from '../../protocol/run.ts';
import { soundClient } from '../judge/testEvidence.ts';
import { heardHeads, silenceAtEnd } from './heads.ts';

const SCHEDULE = { startUs: 0, fromEventUs: 0, toEventUs: 60e6, speed: 1 };

function client(lastSeqs: Readonly<Record<string, number>>, fields: Partial<ClientLine> = {}): ClientLine {
  const streams = Object.entries(lastSeqs).map(([symbol, lastSeq]) => {
    return { stream: `ticker:${symbol}`, firstSeq: 1_000, lastSeq, events: 1, conflated: 0 };
  });
  return soundClient(0, { streams, ...fields });
}

describe('heardHeads', () => {
  it('should ask of every client what any of them heard, but for the last two seconds', () => {
    const generators = [{ clients: [client({ A: 1_600, B: 1_003 }), client({ A: 1_017 })] }, { clients: [] }];
    // A has ten prices a second; B so few that one of them may just have come.
    expect(heardHeads(generators, SCHEDULE)).toEqual(
      new Map([
        ['A', 1_580],
        ['B', 1_002],
      ]),
    );
  });

  it('should ask nothing of streams that nobody heard', () => {
    expect(heardHeads([{ clients: [client({ A: -1 })] }], SCHEDULE)).toEqual(new Map());
  });
});

describe('silenceAtEnd', () => {
  const until = (second: number) => {
    const [histogram] = soundClient(0).tickBySecond.map(([, one]) => one);
    if (histogram === undefined) throw new Error('no histogram');
    const tickBySecond = Array.from({ length: second + 1 }, (_, at) => [at, histogram] as const);
    return [{ clients: [client({}, { tickBySecond })], received: new Map<number, number>() }];
  };

  it('should say from when on nothing came', () => {
    expect(silenceAtEnd(until(21), 60)).toContain('after second 21 of 60');
    expect(silenceAtEnd(until(50), 60)).toBe('');
  });

  it('should count messages where no price says when it was due', () => {
    const silent = { clients: [client({}, { tickBySecond: [] })], received: new Map([[30, 5]]) };
    expect(silenceAtEnd([silent], 60)).toContain('after second 30 of 60');
    expect(silenceAtEnd([{ ...silent, received: new Map([[59, 1]]) }], 60)).toBe('');
  });
});
