import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START_US, testRecorder } from '../audit/testRecorder.ts';
import { soundClient } from '../judge/testEvidence.ts';
import { readCheckedLines } from './checkedLines.ts';

const SECONDS = 4;
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-lines-'));
  path = join(folder, 'swarm.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a generator of one client tells: a window a second, a violation, the client, the end. */
function told(client = 0): string[] {
  const { recorder, lines } = testRecorder();
  for (let second = 0; second < SECONDS; second++) {
    const atUs = START_US + second * 1e6;
    recorder.recordTick(atUs, 1_500, 700);
    recorder.recordTick(atUs, 90_000, 700);
    recorder.countReceived(atUs);
    recorder.flush(atUs + 1e6, 1);
  }
  const lost = { client, stream: 'ticker:AAPL', expectedSeq: 1, seq: 4, atUs: START_US, detail: '' };
  recorder.violation({ ...lost, violation: 'gap' });
  recorder.tell(soundClient(client));
  recorder.end(START_US + SECONDS * 1e6, 1);
  return lines.map((line) => JSON.stringify(line));
}

/** What is found of a file with these lines. */
async function damageOf(lines: readonly string[], isWhole = true): Promise<string> {
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  const { damage } = await readCheckedLines({ generator: 'swarm', path, isWhole });
  return damage.replace(`${path}: `, '');
}

function without(lines: readonly string[], kind: string): string[] {
  return lines.filter((line) => !line.startsWith(`{"kind":"${kind}"`));
}

/** As they were written before end lines told what they stand for. */
function uncounted(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/,"lines":\{[^}]*\}/, ''));
}

describe('the lines of a generator', () => {
  it('should be whole as they were told, by one or by several that share a file, with counts and without', async () => {
    expect(await damageOf(told())).toBe('');
    expect(await damageOf([...told(0), ...told(1)])).toBe('');
    expect(uncounted(told())).not.toEqual(told());
    expect(await damageOf(uncounted(told()))).toBe('');
  });

  it('should be damaged when some are missing or came twice, with the file and what', async () => {
    const lines = told();
    const [first = '', ...others] = lines;
    writeFileSync(path, others.join('\n'));
    const { damage } = await readCheckedLines({ generator: 'swarm', path, isWhole: true });

    expect(damage).toBe(`${path}: 1 of its 5 window lines missing`);
    expect(await damageOf(without(lines, 'client'))).toBe('1 of its 1 client lines missing');
    expect(await damageOf(without(lines, 'violation'))).toBe('1 of its 1 violation lines missing');
    expect(await damageOf([first, ...lines])).toContain('6 window lines where its end lines stand for 5');
    expect(await damageOf([...told(0).slice(0, -1), ...told(1)])).toContain('an end line is missing');
  });

  it('should be damaged without an end, without a window and without a file, counted or not', async () => {
    for (const lines of [told(), uncounted(told())]) {
      expect(await damageOf(without(lines, 'end'))).toContain('its end line is missing');
    }
    expect(await damageOf(without(told(), 'window'))).toBe('5 of its 5 window lines missing');
    expect(await damageOf(without(uncounted(told()), 'window'))).toBe('its window lines are missing');
    rmSync(path);
    const { damage } = await readCheckedLines({ generator: 'swarm', path, isWhole: true });
    expect(damage).toBe(`${path}: it is missing, or empty`);
  });

  it('should be damaged when one is not as its schema says, with its number and why', async () => {
    const altered = (from: RegExp, to: string): Promise<string> =>
      damageOf(told().map((line) => line.replace(from, to)));

    expect(await altered(/"operations":\d+,/, '')).toMatch(/^line 6 can't be read \(\/operations: /);
    expect(await altered(/"received":\d+,"sent"/, '"received":null,"sent"')).toMatch(/^line 1 .* and 4 more$/);
    expect(await altered(/"gap":1/, '"gap":"1"')).toMatch(/^line 8 can't be read \(\/violations\/gap: /);
    expect(await altered(/"tick":/, '"tock":')).toMatch(/^line 1 can't be read/);
    expect(await altered(/^\{"kind":"client"/, '{"kind":"clients"')).toContain('no line of a generator');
    expect(await altered(/"generator":"swarm"/, '"generator":"probe"')).toContain('a line of probe, not of swarm');
    expect(await altered(/^(\{"kind":"client".*)..$/, '$1')).toContain("line 6 can't be read (no JSON)");
  });

  it('should be damaged when a histogram contradicts itself', async () => {
    const altered = (from: RegExp, to: string): Promise<string> =>
      damageOf(told().map((line, at) => (at === 2 ? line.replace(from, to) : line)));

    for (const [from, to] of [
      [/"count":2/, '"count":3'],
      [/"max":90000/, '"max":900000'],
      [/"min":1500/, '"min":0'],
      [/\[1500,1\]/, '[99999,1]'],
    ] as const) {
      expect(await altered(from, to), to).toBe("line 3 can't be read (a histogram that contradicts itself)");
    }
  });

  it('should be as much as one that failed could write, whose last line may be cut off', async () => {
    const lines = told().slice(0, 4);

    expect(await damageOf([...lines, '{"kind":"win'], false)).toBe('');
    expect(await damageOf([...lines.slice(0, 2), '{"kind":"win', ...lines.slice(2)], false)).toBe(
      "line 3 can't be read (no JSON)",
    );
  });
});
