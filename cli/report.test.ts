import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { testCapacity } from '../reports/capacity/testCapacity.ts';
import { writeCapacity } from '../reports/capacity/write.ts';
import { testComparison } from '../reports/compare/testComparison.ts';
import { writeComparison } from '../reports/compare/write.ts';
import { HOSTILE } from '../reports/hostile.ts';
import { testSummary } from '../reports/testSummary.ts';
import { writeReport } from '../reports/write.ts';
import { capture } from './capture.ts';
import { listRuns } from './reportList.ts';
import { starterFor } from './reportOpen.ts';

const root = mkdtempSync(join(tmpdir(), 'tapedeck-report-'));
const passing = join(root, 'runs', 'passing');
const failing = join(root, 'runs', 'failing');
beforeAll(async () => {
  await writeReport(passing, testSummary());
  await writeReport(failing, testSummary({ verdict: 'fail', seed: 2 }));
});
afterAll(() => rmSync(root, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const report = (...args: string[]) => capture('report', ...args);

describe('tapedeck report', () => {
  it('should print a run as JUnit XML, as Markdown and as a page, the same as its end wrote', async () => {
    for (const [name, file] of [
      ['junit', 'junit.xml'],
      ['markdown', 'summary.md'],
      ['html', 'report.html'],
    ] as const) {
      const { code, out } = await report(name, failing);

      expect(code).toBe(0);
      expect(out).toBe(readFileSync(join(failing, file), 'utf8'));
    }
  });

  it('should write where it is told', async () => {
    const path = join(root, 'junit.xml');
    const { out } = await report('junit', passing, '--out', path);

    expect(out).toBe('');
    expect(readFileSync(path, 'utf8')).toBe(readFileSync(join(passing, 'junit.xml'), 'utf8'));
  });

  it('should show a run as its end did, and its summary as JSON', async () => {
    const { out } = await report('show', failing);
    const json = await report('show', join(failing, 'summary.json'), '--format', 'json');

    expect(out).toContain('✗ FAIL');
    expect(out).toMatch(/report {2}.*failing\/report\.html/);
    expect(JSON.parse(json.out)).toEqual(testSummary({ verdict: 'fail', seed: 2 }));
  });

  it.each([
    ['text', /tick +✓ p99 4\.20 ms/],
    ['markdown', /^### tapedeck: two runs side by side/],
    ['html', /^<!doctype html>/],
    ['json', /^\{"schema":"tapedeck\.diff","version":1/],
  ])('should put two runs side by side as %s, which judges nothing', async (format, shape) => {
    const { code, out } = await report('diff', passing, failing, '--format', format);

    expect(code).toBe(0);
    expect(out).toMatch(shape);
  });

  it('should say of a folder of compare or capacity what it holds, and what shows it', async () => {
    const compared = join(root, 'compared');
    const searched = join(root, 'searched');
    await writeComparison(compared, testComparison());
    await writeCapacity(searched, testCapacity());

    for (const [path, holds] of [
      [compared, 'a comparison, not a run; "tapedeck report open" shows it'],
      [join(compared, 'comparison.json'), 'a comparison, not a run; "tapedeck report open" shows it'],
      [searched, 'a search for capacity, not a run; "tapedeck report open" shows it, and its plateaus are runs'],
      [join(searched, 'capacity.json'), 'a search for capacity, not a run;'],
    ] as const) {
      for (const asked of [
        ['show', path],
        ['junit', path],
        ['markdown', path],
        ['diff', passing, path],
      ]) {
        const { code, err } = await report(...asked);

        expect([code, err.trim().split('\n').length]).toEqual([65, 1]);
        expect(err).toContain(`${path}: ${holds}`);
      }
    }
    vi.stubEnv('DISPLAY', '');
    vi.stubEnv('WAYLAND_DISPLAY', '');
    for (const folder of [compared, searched]) {
      expect((await report('open', folder)).out.trim().endsWith('report.html')).toBe(true);
    }
  });

  it.each([
    ['nowhere', '', 66, /nowhere: no such run; "tapedeck report list"/],
    ['cut', '{"schema": "tapedeck.summ', 65, /cut\/summary\.json: no JSON/],
    ['NaN', JSON.stringify({ ...testSummary(), durationS: Number.NaN }), 65, /summary: \/durationS:/],
    ['infinite', JSON.stringify(testSummary()).replace('"durationS":69.4', '"durationS":1e400'), 65, /\/durationS:/],
    [
      'miscounted',
      JSON.stringify({
        ...testSummary(),
        histograms: { tick: { count: 9, min: 1, max: 1, sum: 1, buckets: [[1, 1]] } },
      }),
      65,
      /\/histograms\/tick: histogram: 1 counts in buckets, 9 stated/,
    ],
    [
      'oversized',
      JSON.stringify({
        ...testSummary(),
        histograms: { [HOSTILE]: { count: 1, min: 1, max: 1, sum: 1, buckets: [[1e9, 1]] } },
      }),
      65,
      /bucket 1000000000 is out of order or empty/,
    ],
  ])('should refuse a run in one line: %s', async (name, text, exitCode, message) => {
    const folder = join(root, name);
    if (text !== '') {
      mkdirSync(folder);
      writeFileSync(join(folder, 'summary.json'), text);
    }
    const { code, err } = await report('markdown', folder);

    expect(code).toBe(exitCode);
    expect(err).toMatch(message);
    expect(err.trimEnd()).not.toMatch(/\n|\p{Cc}/u);
  });

  it('should list runs, newest first, and say which can’t be read', () => {
    const broken = join(root, 'runs', 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'summary.json'), '[]');
    const text = listRuns({ folder: join(root, 'runs'), limit: 3, format: 'text' });
    const json: unknown = JSON.parse(listRuns({ folder: join(root, 'runs'), limit: 1, format: 'json' }));

    expect(text).toMatch(/^\? {2}broken {2}can't be read: .*\n/);
    expect(text).toMatch(/^✗ {2}failing {2}2026-11-21 10:48:17 UTC {2}fail, k6 v2\.2\.0: /m);
    expect(json).toMatchObject([{ name: 'broken', error: expect.stringContaining('no tapedeck summary') }]);
  });
});

describe('tapedeck report open', () => {
  it('should print the path where there is no browser, and make a page that is missing', async () => {
    vi.stubEnv('DISPLAY', '');
    vi.stubEnv('WAYLAND_DISPLAY', '');
    rmSync(join(passing, 'report.html'));
    const { code, out } = await report('open', passing, '--format', 'json');

    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ path: join(passing, 'report.html'), opened: false });
    expect(existsSync(join(passing, 'report.html'))).toBe(true);
  });

  it.runIf(process.platform === 'linux')(
    'should hand the page to the system’s starter, and say if it fails',
    async () => {
      const bin = join(root, 'bin');
      mkdirSync(bin);
      writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\necho "$1" > '${join(root, 'opened')}'\nexit "$STARTER_ENDS"\n`);
      chmodSync(join(bin, 'xdg-open'), 0o755);
      vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`);
      vi.stubEnv('DISPLAY', ':9');
      vi.stubEnv('STARTER_ENDS', '0');
      const opened = await report('open', failing, '--format', 'json');
      vi.stubEnv('STARTER_ENDS', '3');
      const failed = await report('open', failing, '--format', 'json');

      expect(readFileSync(join(root, 'opened'), 'utf8').trim()).toBe(join(failing, 'report.html'));
      expect(JSON.parse(opened.out)).toMatchObject({ opened: true });
      expect(JSON.parse(failed.out)).toMatchObject({ opened: false });
    },
  );

  it('should know each system’s starter', () => {
    expect(starterFor('darwin', {})).toEqual(['open']);
    expect(starterFor('win32', {})?.[0]).toBe('cmd');
    expect(starterFor('linux', { DISPLAY: ':0', PATH: '/nowhere' })).toBeUndefined();
  });
});
