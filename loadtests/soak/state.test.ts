import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTargets } from '../targets/load.ts';
import { lapFolder, loadState, type SoakState, saveState } from './state.ts';
import { lapSummary } from './testing/lapSummary.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tapedeck-soak-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const STATE: SoakState = {
  schema: 'tapedeck.soak',
  version: 1,
  scenario: 'soak',
  targets: 'soak',
  durationS: 3_600,
  lapS: 300,
  seed: 1,
  startedAt: '2026-01-02T03:04:05.000Z',
  spentS: 620.5,
  servers: 1,
  laps: [
    { lap: 1, kind: 'open' },
    { lap: 2, kind: 'midday' },
  ],
  readings: [{ server: 1, hours: 0, heapBytes: 4e7, rssBytes: 1.6e8, handles: 25, timers: 6 }],
  serverDied: '',
};

/** A soak's folder with its state, and the reports of some of its laps. */
function soakFolder(name: string, laps: readonly number[]): string {
  const folder = join(root, name);
  saveState(folder, STATE);
  for (const lap of laps) {
    mkdirSync(lapFolder(folder, lap), { recursive: true });
    const summary = lapSummary(loadTargets('soak'), 4);
    writeFileSync(join(lapFolder(folder, lap), 'summary.json'), JSON.stringify(summary));
  }
  return folder;
}

describe('the state of a soak', () => {
  it('should be read as it was written, with the laps', () => {
    const { state, laps } = loadState(soakFolder('whole', [1, 2]));

    expect(state).toEqual(STATE);
    expect(laps.map(({ lap, kind }) => [lap, kind])).toEqual([
      [1, 'open'],
      [2, 'midday'],
    ]);
    expect(laps[0]?.summary.seconds).toHaveLength(4);
  });

  it('should say which lap is missing', () => {
    expect(() => loadState(soakFolder('holed', [1]))).toThrow(/laps\/0002\/summary\.json is missing/);
  });

  it('should say so where there is no soak', () => {
    expect(() => loadState(join(root, 'nowhere'))).toThrow(/there is no soak\.json; name the folder of a soak/);
  });

  it.each([
    ['{', /soak\.json: not readable as JSON/],
    ['{"schema":"tapedeck.soak","version":2}', /soak\.json: \w+: /],
  ])('should refuse what is no state: %s', (text, message) => {
    const folder = join(root, `bad${text.length}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'soak.json'), text);

    expect(() => loadState(folder)).toThrow(message);
  });
});
