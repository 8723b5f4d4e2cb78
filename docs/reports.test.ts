import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { capture } from '../cli/capture.ts';
import { testSummary } from '../reports/testSummary.ts';
import { writeReport } from '../reports/write.ts';

const page = readFileSync(new URL('reports.md', import.meta.url), 'utf8');
const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.trim().split('\n'));
const folder = mkdtempSync(join(tmpdir(), 'tapedeck-reports-page-'));
/** What the page's names stand for: a clean checkout has no last run. */
const NAMES: Readonly<Record<string, string>> = {
  last: join(folder, 'last'),
  'last~1': join(folder, 'before'),
  'diff.html': join(folder, 'diff.html'),
  'junit.xml': join(folder, 'junit.xml'),
  'report.html': join(folder, 'report.html'),
};

beforeAll(async () => {
  vi.stubEnv('DISPLAY', '');
  vi.stubEnv('WAYLAND_DISPLAY', '');
  await writeReport(join(folder, 'last'), testSummary({ verdict: 'fail' }));
  await writeReport(join(folder, 'before'), testSummary());
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('docs/reports.md', () => {
  it('should have its commands found', () => {
    expect(lines).toHaveLength(8);
  });

  it.each(lines)('should have a command that works: %s', async (line) => {
    const args = line.replace(/^npx tapedeck /, '').split(' ');
    const out = args.includes('--out') ? NAMES[args.at(-1) ?? ''] : undefined;
    const ended = await capture(...args.map((arg) => NAMES[arg] ?? arg));
    const told = ended.out + ended.err;

    expect(told).not.toContain('tapedeck: ');
    expect(ended.code).toBe(0);
    expect(out === undefined ? told : readFileSync(out, 'utf8')).not.toBe('');
  });

  it('should name each file of a run and each section of its page, in their order', async () => {
    const html = readFileSync(join(folder, 'last', 'report.html'), 'utf8');
    const headings = [...html.matchAll(/<h2[^>]*>([^<]*)</g)].map(([, name = '']) => name);
    let rest = page.slice(page.indexOf('## Reading the page')).toLowerCase();
    const missing = headings.filter((name) => {
      const words = name.toLowerCase().replace('how to repeat it', 'repeats the run');
      const at = rest.search(new RegExp(`\\b${words}\\b`));
      rest = rest.slice(Math.max(0, at));
      return at === -1;
    });

    expect(headings).toHaveLength(8);
    expect(missing).toEqual([]);
  });
});
