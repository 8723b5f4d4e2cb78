import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectFile } from '../simulator/paths.ts';
import { scenarioNames } from '../simulator/scenario.ts';
import { capture } from './capture.ts';

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-cli-scenario-'));
afterAll(() => rmSync(folder, { recursive: true }));

const holiday = readFileSync(projectFile('fixtures', 'scenarios', 'holiday.yaml'), 'utf8');

describe('tapedeck scenario', () => {
  it('should list every scenario with its description, as text and as JSON', async () => {
    const text = await capture('scenario', 'list');
    for (const name of scenarioNames()) expect(text.out).toMatch(new RegExp(`^${name} +[A-Z]`, 'm'));
    const json: unknown = JSON.parse((await capture('scenario', 'list', '--format', 'json')).out);
    expect(json).toContainEqual({ name: 'holiday', description: expect.stringContaining('Christmas'), checks: 2 });
  });

  it('should show the file itself', async () => {
    expect((await capture('scenario', 'show', 'holiday')).out).toBe(holiday);
  });

  it('should check files, and tell the first fault in one line', async () => {
    expect(await capture('scenario', 'check', 'flash-crash', 'smoke')).toMatchObject({
      code: 0,
      out: 'flash-crash: flash-crash, 1 fault, 5 checks\nsmoke: smoke, 0 faults, 0 checks\n',
    });
    const path = join(folder, 'wrong.yaml');
    writeFileSync(path, holiday.replace('check: closed_market_refuses', 'check: closed_market_refused'));
    const { code, err } = await capture('scenario', 'check', path);
    expect(code).toBe(65);
    expect(err).toMatch(
      /wrong\.yaml:\d+: checks\.0\.check: expected one of no_loss, .* \(nearest: closed_market_refuses\), found/,
    );
  });

  it('should run one and tell what it found, and leave with 1 when a promise is broken', async () => {
    const wrong = join(folder, 'wrong-day.yaml');
    writeFileSync(wrong, holiday.replace('time: 2019-12-26 16:00', 'time: 2019-12-25 16:00'));
    const { code, out } = await capture('scenario', 'run', wrong);
    expect(out).toMatch(/^holiday \(0 events, \d+ s\)\n {2}kept {3}closed_market_refuses: refused as market_closed\n/);
    expect(out).toMatch(
      /^ {2}BROKEN day_order_ends_at .*: a day order ends 2019-12-26T21:00:00.000Z, not at 2019-12-25 16:00$/m,
    );
    expect(code).toBe(1);
  });

  it('should say which faults are not played for want of a provider', async () => {
    const path = join(folder, 'unplayed.yaml');
    writeFileSync(path, `${holiday}\nfaults:\n  - { kind: down, at: 1, forS: 1 }\n  - { kind: drop, share: 0.1 }\n`);
    expect((await capture('scenario', 'run', path)).err).toContain(
      'scenario holiday: not played, since there is no connection to a provider: down; add feeds: [polygon], or use replay --as NAME --scenario\n',
    );
  });

  it('should refuse to run what has no checks, and what there is not', async () => {
    expect(await capture('scenario', 'run', 'smoke')).toMatchObject({
      code: 64,
      err: 'tapedeck: scenario smoke: it has no checks; tapedeck gate --scenario smoke plays it\n',
    });
    expect(await capture('scenario', 'check', folder)).toMatchObject({
      code: 66,
      err: expect.stringMatching(/: is no file; name a \.yaml file\n$/),
    });
    expect(await capture('scenario', 'run', 'holyday')).toMatchObject({
      code: 66,
      err: expect.stringMatching(/^tapedeck: scenario holyday: unknown; there are holiday, /),
    });
  });
});
