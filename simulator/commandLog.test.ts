import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command } from '../market/types.ts';
import { CommandLogError, CommandLogWriter, readCommandLog } from './commandLog.ts';

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-log-'));
const path = join(folder, 'commands.ndjson');
const header = {
  tape: { path: 'a.tape', sha256: 'ab12' },
  fromUs: 5,
  toUs: 9,
  speed: 2.5,
  seed: 7,
  startingCash: 1_000,
};
const place: Command = {
  kind: 'place',
  account: 'acct "1"\u2028',
  clientOrderId: 'ä\n1',
  symbol: 3,
  side: 'SELL',
  type: 'TRAILING_STOP_MARKET',
  quantity: 100,
  trailingOffset: { kind: 'bp', value: 25 },
};
const cancel: Command = { kind: 'cancel', account: 'acct-1', clientOrderId: 'x' };

async function writeLog(
  commands: readonly { readonly inputSeq: number; readonly command: Command }[],
): Promise<string> {
  const writer = await CommandLogWriter.open(path, header);
  for (const { inputSeq, command } of commands) writer.command(inputSeq, command);
  await writer.close({ inputs: 100_000, runHash: 'feed' });
  return readFileSync(path, 'utf8');
}

function reasonToRefuse(text: string): string {
  const altered = join(folder, 'altered.ndjson');
  writeFileSync(altered, text);
  try {
    readCommandLog(altered);
  } catch (error) {
    if (error instanceof CommandLogError) return error.message.slice(altered.length);
    throw error;
  }
  return 'taken';
}

describe('command log', () => {
  let text = '';
  beforeAll(async () => {
    text = await writeLog([
      { inputSeq: 0, command: place },
      { inputSeq: 41, command: cancel },
    ]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('should read back what was written', async () => {
    const log = readCommandLog(path);
    expect(log.header).toEqual({ kind: 'header', version: 1, ...header });
    expect(log.logged).toEqual([
      { kind: 'command', inputSeq: 0, command: place },
      { kind: 'command', inputSeq: 41, command: cancel },
    ]);
    expect([log.inputs, log.runHash]).toEqual([100_000, 'feed']);
  });

  it('should keep every command of a log that is longer than its buffer', async () => {
    const commands = Array.from({ length: 2_000 }, (_, at) => ({
      kind: 'command',
      inputSeq: at * 2,
      command: place,
    }));
    const before = text;
    await writeLog(commands);
    expect(readCommandLog(path).logged).toEqual(commands);
    writeFileSync(path, before);
  });

  it('should refuse a log that is cut anywhere, with the number of a line', () => {
    for (let length = 1; length < text.length; length++) {
      expect(reasonToRefuse(text.slice(0, length))).toMatch(/^:[1-4]: /);
    }
    expect(reasonToRefuse('')).toBe(': is empty');
  });

  it('should name the line that is cut short or altered, and what was expected', () => {
    const lines = text.split('\n');
    const withLine = (at: number, line: string): string => lines.with(at, line).join('\n');
    expect(reasonToRefuse(text.slice(0, -1))).toBe(':4: the line is cut short: the run did not close its log');
    expect(reasonToRefuse(withLine(1, lines[1]?.slice(0, 20) ?? ''))).toBe(
      ':2: expected a command or control, found no JSON',
    );
    expect(reasonToRefuse(withLine(0, '{"kind":"header","version":2}'))).toMatch(/^:1: expected the header \(/);
    expect(reasonToRefuse(withLine(2, lines[2]?.replace('cancel', 'destroy') ?? ''))).toMatch(
      /^:3: expected a command or control/,
    );
    expect(reasonToRefuse([lines[0], lines[2], lines[1], lines[3], ''].join('\n'))).toBe(
      ':3: inputSeq 0 comes after 41; the log is altered',
    );
    expect(reasonToRefuse(withLine(3, '{"kind":"end","inputs":41,"runHash":"feed"}'))).toBe(
      ':4: ends after 41 inputs, a line has inputSeq 41',
    );
  });

  it('should say in one line that a file is not there or the place not writable', async () => {
    expect(() => readCommandLog(join(folder, 'none'))).toThrow(/none: can't be read \(ENOENT\)$/);
    const unopened = CommandLogWriter.open(join(folder, 'no', 'such', 'folder'), header);
    await expect(unopened).rejects.toThrow(/the command log can't be written \(ENOENT\)$/);
  });
});
