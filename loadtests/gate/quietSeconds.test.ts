import { describe, expect, it } from 'vitest';
import type { ClientLine } from '../../protocol/run.ts';
import { trade } from '../../simulator/testTape.ts';
import { type GeneratorData, newGeneratorData } from '../judge/merge.ts';
import { soundClient } from '../judge/testEvidence.ts';
import { type PlayedPart, unknownPart } from './part.ts';
import { quietSeconds } from './quietSeconds.ts';

const FROM_US = 1_000_000_000;
const SYMBOLS = ['AAA', 'BBB'];
const schedule = { startUs: 0, fromEventUs: FROM_US, toEventUs: FROM_US + 10_000_000, speed: 2 };

/** Ten seconds of the market played in five: AAA trades at 0 and 7 s, BBB at 3 s. */
function part(): PlayedPart {
  const ticks = [
    trade({ symbol: 0, eventTimeUs: FROM_US }),
    trade({ symbol: 1, eventTimeUs: FROM_US + 3_000_000 }),
    trade({ symbol: 0, eventTimeUs: FROM_US + 7_000_000 }),
  ];
  const span = { fromUs: FROM_US, toUs: schedule.toEventUs };
  return { ...unknownPart(SYMBOLS, span), ticks, bySymbol: [[0, 2], [1]] };
}

function generator(name: 'swarm' | 'probe', client: number): GeneratorData {
  const clients: ClientLine[] = [soundClient(client)];
  return { ...newGeneratorData(name), clients };
}

describe('quietSeconds', () => {
  const symbolsOf = new Map([
    [0, SYMBOLS],
    [1, ['AAA']],
  ]);
  const load = generator('swarm', 0);
  const probe = generator('probe', 1);

  it('should name the seconds in which nothing was due to a probe', () => {
    const told = { part: part(), schedule, generators: [load, probe], symbolsOf, isNumbered: true };

    expect([...quietSeconds(told)]).toEqual([1, 2, 4]);
    expect([...quietSeconds({ ...told, generators: [load] })]).toEqual([2, 4]);
  });

  it('should name none where nobody knows what was due, or no client told a line', () => {
    const unknown = unknownPart(SYMBOLS, { fromUs: FROM_US, toUs: schedule.toEventUs });
    const told = { schedule, symbolsOf, isNumbered: true };

    expect(quietSeconds({ ...told, part: unknown, generators: [probe] }).size).toBe(0);
    expect(quietSeconds({ ...told, part: part(), generators: [newGeneratorData('probe')] }).size).toBe(0);
  });
});
