import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceServer } from '../../cli/scenarioServer.ts';
import { projectFile } from '../../simulator/paths.ts';
import { buildTape } from '../../simulator/universe/build.ts';
import type { ScenarioEnvironment } from './environment.ts';
import { runScenario, type ScenarioResult } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-scenario-run-'));
const tapePath = join(folder, 'small.tape');
beforeAll(async () => {
  await buildTape({ path: tapePath, symbols: 4, seed: 1, sessionDate: '2020-03-16', events: 60_000 });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A scenario of two minutes of the market in two seconds, with these faults. */
function scenarioFile(name: string, faults: string): string {
  const path = join(folder, `${name}.yaml`);
  const text = readFileSync(projectFile('fixtures', 'scenarios', 'data-gap.yaml'), 'utf8');
  const head = text
    .slice(0, text.indexOf('faults:'))
    .replace(/durationS: \d+/, 'durationS: 2')
    .replace('clients: 8', 'clients: 2');
  const checks = ['no_loss', 'no_duplicate', 'in_order', 'prices_of_feed', 'bars_match', 'gap_marked'];
  writeFileSync(
    path,
    `${head}faults: [${faults}]\nchecks:\n${checks.map((check) => `  - { check: ${check} }\n`).join('')}`,
  );
  return path;
}

function brokenOf({ results }: ScenarioResult): string[] {
  return results.filter(({ isKept }) => !isKept).map(({ check }) => check.check);
}

/** A server whose feed has other faults than the judge was told. */
function servedInstead(nameOrPath: string): ScenarioEnvironment {
  const sound = referenceServer();
  return { ...sound, start: (part) => sound.start({ ...part, nameOrPath }) };
}

// Each mostly waits for its two seconds to be played.
describe.concurrent('runScenario', () => {
  it('should find that a sound server keeps its promises', async ({ expect }) => {
    const path = scenarioFile('sound', '{ kind: duplicate, share: 0.1 }, { kind: jitter, upToMs: 20 }');
    const result = await runScenario(path, referenceServer(), { tapePath });
    expect(result.results.filter(({ isKept }) => !isKept)).toEqual([]);
    expect(result.events).toBeGreaterThan(500);
  });

  it.each([
    ['loses ticks', '{ kind: drop, share: 0.02 }', ['no_loss', 'prices_of_feed', 'bars_match']],
    ['tells ticks twice', '{ kind: duplicate, share: 0.02 }', ['no_loss', 'prices_of_feed', 'bars_match']],
    [
      'tells wrong prices',
      '{ kind: corrupt_price, share: 0.02, price: { factor: 1.5 } }',
      ['prices_of_feed', 'bars_match'],
    ],
    ['tells wrong times', '{ kind: stale_clock, byS: -1 }', ['prices_of_feed', 'bars_match']],
  ])('should catch a server that %s', async (name, faults, broken) => {
    const told = scenarioFile(`told-${name.replaceAll(' ', '-')}`, '');
    const played = scenarioFile(`played-${name.replaceAll(' ', '-')}`, faults);
    expect(brokenOf(await runScenario(told, servedInstead(played), { tapePath }))).toEqual(broken);
  });
});
