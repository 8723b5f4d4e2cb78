import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Summary } from '../../protocol/schemas/summary.ts';
import { projectFile } from '../../simulator/paths.ts';

const MAIN = projectFile('dist', 'cli', 'main.js');
const folder = mkdtempSync(join(tmpdir(), 'tapedeck-fed-'));
const secret = join(folder, 'secret');
writeFileSync(secret, 'a-secret-of-this-test-alone-0123456789');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Our server as a stranger: by a command, with tokens of a secret that both know. */
function gate(fedBy: string, serve: string): Promise<Summary> {
  const out = join(folder, fedBy);
  const command = `TAPEDECK_POLYGON_KEY=gate TAPEDECK_JWT_SECRET_FILE=${secret} ${process.execPath} ${MAIN} serve --port {port} ${serve}`;
  const args = ['gate', '--scenario', 'smoke', '--fed-by', fedBy, '--target-command', command];
  return new Promise((resolve, reject) => {
    const options = ['--jwt-secret-file', secret, '--feed-port', '8797', '--out', out];
    execFile(process.execPath, [MAIN, ...args, ...options], { maxBuffer: 64 * 1024 * 1024 }, (error, told, err) => {
      // Beside other work a target of time may be missed; what was lost or wrong never is.
      if (![0, 1, 3].includes(Number(error?.code ?? 0))) reject(new Error(told + err));
      else resolve(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')));
    });
  });
}

it.each([
  ['tape', '--tape {tape} --from {fromS} --duration {durationS} --speed {speed} --start-at-us {startUs}'],
  ['polygon', '--feed polygon --feed-url polygon={feedUrl} --instruments {instruments} --plan polygon=unlimited'],
])('should hold each message against the tape, and each order against the oracle: fed by %s', async (fedBy, serve) => {
  const { rows, orders, violations, notes, command } = await gate(fedBy, serve);
  const row = (id: string) => rows.find((each) => each.id === id);

  expect(violations.counts).toEqual({});
  expect(row('loss')).toMatchObject({ verdict: 'pass', value: 0 });
  expect(orders.triggersSeen).toBe(orders.triggersExpected);
  expect(orders.triggersSeen).toBeGreaterThan(50);
  expect(row('process')).toMatchObject({ verdict: 'not applicable', reason: expect.stringContaining('--metrics') });
  expect(row('memory')?.verdict).toBe('pass');
  expect(notes[0]).toContain(fedBy === 'tape' ? 'playing the same tape itself' : 'fed by our polygon at port 8797');
  expect(command).toContain(`--fed-by ${fedBy}`);
});
