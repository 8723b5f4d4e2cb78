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
    expect(silenceAtEnd(until(21), SCHEDULE)).toContain('after second 21 of 60');
    expect(silenceAtEnd(until(50), SCHEDULE)).toBe('');
  });

  /** A client to whom symbols told so many prices, the last in this second. */
  const hearing = (symbols: Readonly<Record<string, readonly [events: number, lastS: number]>>) => {
    const streams = Object.entries(symbols).map(([symbol, [events, lastS]]) => {
      return {
        stream: `ticker:${symbol}`,
        firstSeq: 0,
        lastSeq: events,
        events,
        conflated: 0,
        lastReadUs: lastS * 1e6,
      };
    });
    return { ...until(59)[0], clients: [soundClient(0, { streams })], received: new Map<number, number>() };
  };

  it('should know by the pace of prices that one more was to come', () => {
    const short = { ...SCHEDULE, toEventUs: 10e6 };
    expect(silenceAtEnd([hearing({ A: [50, 5.5], B: [30, 5.1] })], short)).toContain('to anybody after second 5 of 10');
    // Few a second each, but not together; and one that told as few as it may leave out.
    expect(silenceAtEnd([hearing({ A: [20, 9.9], B: [20, 5.1] })], short)).toBe('');
    expect(silenceAtEnd([hearing({ A: [50, 9.9], B: [125, 5] })], short)).toContain('nothing of B came');
    expect(silenceAtEnd([hearing({ A: [50, 9.9], B: [125, 5] }), hearing({ B: [250, 9.8] })], short)).toBe('');
    expect(silenceAtEnd([hearing({ A: [5_000, 7.2] })], short)).toBe('');
  });

  it('should count messages where no price says when it was due', () => {
    const silent = { clients: [client({}, { tickBySecond: [] })], received: new Map([[30, 5]]) };
    expect(silenceAtEnd([silent], SCHEDULE)).toContain('after second 30 of 60');
    expect(silenceAtEnd([{ ...silent, received: new Map([[59, 1]]) }], SCHEDULE)).toBe('');
  });
});
