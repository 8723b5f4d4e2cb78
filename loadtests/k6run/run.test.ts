import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type K6Options, runK6 } from './run.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tapedeck-run-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Options with a Node program in k6's place; it gets k6's arguments. */
async function inPlaceOfK6(program: string): Promise<K6Options> {
  const k6Path = join(folder, 'k6.cjs');
  await writeFile(
    k6Path,
    `#!${process.execPath}\nconst out = process.argv[process.argv.indexOf('--console-output') + 1];\n${program}\n`,
  );
  await chmod(k6Path, 0o755);
  return {
    k6Path,
    script: 'gate.ts',
    planPath: 'plan.json',
    outPath: join(folder, 'lines.ndjson'),
    clients: 30,
    load: { messagesPerS: 1, cores: 1 },
  };
}

const twoEnds = `require('fs').writeFileSync(out, '{"kind":"end"}\\n{"kind":"window"}\\n{"kind":"end"}\\n');`;

describe('runK6', () => {
  it('should be done when k6 ends well and every VU wrote its end', async () => {
    expect(await runK6(await inPlaceOfK6(twoEnds))).toMatchObject({ kind: 'done' });
  });

  it('should fail when a VU is missing though k6 ended well', async () => {
    const options = await inPlaceOfK6(twoEnds);
    const result = await runK6({ ...options, clients: 60 });
    expect(result).toMatchObject({ kind: 'failed', why: 'only 2 of 3 k6 VUs came to their end in time' });
  });

  it('should not take the lines of an earlier run for its own', async () => {
    const options = await inPlaceOfK6('');
    await writeFile(options.outPath, '{"kind":"end"}\n{"kind":"end"}\n');
    expect(await runK6(options)).toMatchObject({ kind: 'failed', why: 'only 0 of 2 k6 VUs came to their end in time' });
  });

  it('should say what an exit code means, with the last line of stderr', async () => {
    const options = await inPlaceOfK6(
      `console.error('first'); console.error('plan.json: no such file'); console.error('\\tat file:///gate.ts:1'); process.exit(107);`,
    );
    const result = await runK6(options);
    expect(result).toMatchObject({
      kind: 'failed',
      exitCode: 107,
      why: 'the k6 script threw: plan.json: no such file',
      stderr: ['first', 'plan.json: no such file', 'at file:///gate.ts:1'],
    });
  });

  it('should fail in one line when the file is not there', async () => {
    const options = await inPlaceOfK6('');
    const result = await runK6({ ...options, k6Path: join(folder, 'nothing') });
    expect(result).toMatchObject({ kind: 'failed', exitCode: null, why: expect.stringContaining('ENOENT') });
  });

  it('should not start when the plan offers more than k6 can take', async () => {
    const options = await inPlaceOfK6(twoEnds);
    const result = await runK6({ ...options, load: { messagesPerS: 10_001, cores: 1 } });
    expect(result.kind).toBe('refused');
    await expect(readFile(options.outPath)).rejects.toThrow('ENOENT');
  });

  it('should end k6 when it eats more memory than it may', async () => {
    const hungry =
      'const eaten = []; setInterval(() => eaten.length < 100 && eaten.push(Buffer.alloc(8 << 20, 1)), 10);';
    const seen: number[] = [];
    const result = await runK6({
      ...(await inPlaceOfK6(hungry)),
      maxRssBytes: 128 << 20,
      onProgress: ({ rssBytes }) => seen.push(rssBytes),
    });
    expect(result).toMatchObject({ kind: 'out-of-budget', why: expect.stringContaining('over its budget of 128 MB') });
    expect(seen.length).toBeGreaterThan(0);
  });

  it('should end k6 in order when it is interrupted', async () => {
    const abort = new AbortController();
    const options = await inPlaceOfK6(
      `const { writeFileSync } = require('fs');
      process.on('SIGTERM', () => { writeFileSync(out, 'orderly'); process.exit(105); });
      setInterval(() => {}, 1000);
      writeFileSync(out, 'ready');`,
    );
    const abortOnceReady = (): void => {
      if (existsSync(options.outPath)) abort.abort();
    };
    const result = await runK6({ ...options, signal: abort.signal, onProgress: abortOnceReady });
    expect(result.kind).toBe('interrupted');
    expect(await readFile(options.outPath, 'utf8')).toBe('orderly');
  });
});
