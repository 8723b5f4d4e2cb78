import { describe, expect, it } from 'vitest';
import { referenceServer } from '../../cli/scenarioServer.ts';
import { loadScenario, scenarioNames } from '../../simulator/scenario.ts';
import { runScenario } from './run.ts';

const NAMES = scenarioNames().filter((name) => (loadScenario(name).checks ?? []).length > 0);

describe('the reference server under each scenario', () => {
  it.each(NAMES)('should do what %s wants', async (name) => {
    const { results } = await runScenario(name, referenceServer());
    expect(results.filter(({ isKept }) => !isKept).map(({ check, detail }) => `${check.check}: ${detail}`)).toEqual([]);
  });
});
