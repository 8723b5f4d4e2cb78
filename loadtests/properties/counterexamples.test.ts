import { readdirSync, readFileSync } from 'node:fs';
import { Value } from '@sinclair/typebox/value';
import { describe, expect, it } from 'vitest';
import { MarketEngine } from '../../market/engine.ts';
import { describeEvent, playBoth } from './engineLaw.ts';
import { CounterexampleSchema } from './operations.ts';

const FOLDER = new URL('../../fixtures/counterexamples/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

describe('counterexamples', () => {
  it('should be there', () => {
    expect(FILES.length).toBeGreaterThanOrEqual(3);
  });

  it.each(FILES)('should hold for %s', (name) => {
    const parsed: unknown = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
    const { events, why: _, ...session } = Value.Parse(CounterexampleSchema, parsed);

    const played = playBoth((options) => new MarketEngine(options), session);

    if (events !== undefined) expect(played.map(describeEvent)).toEqual(events);
  });
});
