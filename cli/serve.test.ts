import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTapeWriter } from '../simulator/tape/writer.ts';
import { trade } from '../simulator/testTape.ts';
import { runCli } from './program.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const OPEN_US = Date.UTC(2020, 2, 16, 13, 30) * 1_000;

let folder = '';
let tape = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-serve-'));
  tape = join(folder, 'tiny.tape');
  const writer = createTapeWriter({
    path: tape,
    name: 'tiny',
    seed: 1,
    origin: { kind: 'derived', description: 'Made for a test.', sources: [] },
    instruments: [{ symbol: 'AAA', index: 0, priceDecimals: 2, quantityDecimals: 0, previousClose: 9_900 }],
    sessionDate: '2020-03-16',
    sessionOpenUs: OPEN_US,
    sessionCloseUs: OPEN_US + 23_400e6,
  });
  for (let event = 0; event < 600; event++) writer.append(trade({ eventTimeUs: OPEN_US + event * 100_000 }));
  writer.finish();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A command line in a process of its own; everything still running is ended after the test by its own pid. */
class Cli {
  readonly child: ChildProcess;
  out = '';
  err = '';
  readonly ended: Promise<number | null>;

  /** With variables of its own. */
  static with(env: Readonly<Record<string, string>>, ...args: string[]): Cli {
    return new Cli(args, env);
  }

  static run(...args: string[]): Cli {
    return new Cli(args, {});
  }

  private constructor(args: readonly string[], own: Readonly<Record<string, string>>) {
    const env = { ...process.env, NO_COLOR: '1', TAPEDECK_LOG_LEVEL: 'silent', ...own };
    this.child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stderr?.on('data', (chunk) => (this.err += chunk));
    this.child.stdout?.on('data', (chunk) => (this.out += chunk));
    this.ended = once(this.child, 'close').then(([code]) => code);
  }

  /** Waits until stdout holds `text`, or fails with what was printed instead. */
  async printed(text: string): Promise<void> {
    while (!this.out.includes(text)) {
      const more = this.child.stdout === null ? Promise.resolve() : once(this.child.stdout, 'data');
      const end = await Promise.race([more.then(() => undefined), this.ended.then((code) => ({ code }))]);
      if (end !== undefined && !this.out.includes(text)) throw new Error(`ended with ${end.code}: ${this.err}`);
    }
  }
}

/** A command line that is refused before anything runs needs no process of its own. */
async function refused(...args: string[]): Promise<{ readonly code: number; readonly err: string }> {
  let err = '';
  const code = await runCli(args, { out: () => undefined, err: (text) => (err += text) }, false);
  process.exitCode = undefined;
  return { code, err };
}

describe('tapedeck serve', () => {
  it('should print one line of JSON when it listens, serve, log its run, and leave with 0 on SIGTERM', async () => {
    const log = join(folder, 'commands.ndjson');
    const cli = Cli.run('serve', '--port', '0', '--tape', tape, '--from', '0', '--command-log', log, '--ready-json');
    await cli.printed('\n');
    const ready = JSON.parse(cli.out);
    const health = await fetch(`http://127.0.0.1:${ready.ports[0]}/api/health`);
    const metrics = await fetch(`http://127.0.0.1:${ready.ports[0]}/metrics`);
    const missing = await fetch(`http://127.0.0.1:${ready.ports[0]}/nowhere`);

    expect(ready).toEqual({
      ready: true,
      ports: [expect.any(Number)],
      pid: cli.child.pid,
      transport: expect.any(String),
    });
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ status: 'ok', symbols: 1, transport: ready.transport });
    expect(await metrics.text()).toContain('tapedeck_process_seconds_bucket');
    expect(missing.status).toBe(404);

    cli.child.kill('SIGTERM');
    expect(await cli.ended).toBe(0);
    expect(cli.out.split('\n')).toHaveLength(2);
    expect(cli.err).toBe('');
    expect(readFileSync(log, 'utf8')).toMatch(/"kind":"end".*\n$/);
  });

  it('should tell a person where it listens and how to get in, and leave with 130 on SIGINT', async () => {
    const cli = Cli.run('serve', '--listen', '127.0.0.1:0', '--listen', '[::1]:0', '--tape', tape);
    await cli.printed('Ctrl-C');

    expect(cli.out).toMatch(/stream +ws:\/\/127\.0\.0\.1:[1-9]\d*\/v1\/stream\n/);
    expect(cli.out).toMatch(/stream +ws:\/\/\[::1\]:[1-9]\d*\/v1\/stream\n/);
    expect(cli.out).toMatch(/tape +tiny: 1 symbol, session 2020-03-16, at 1x\n/);
    expect(cli.out).toMatch(/account +dev, without a token/);
    expect(cli.out).toMatch(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+\n/);

    cli.child.kill('SIGINT');
    expect(await cli.ended).toBe(130);
    expect(cli.err).toBe('');
  });

  it('should say in one line that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const cli = Cli.run('serve', '--port', String(port), '--tape', tape);

    expect(await cli.ended).toBe(69);
    expect(cli.err).toBe(`tapedeck: 127.0.0.1:${port} is taken; choose another with --port, or 0 for any free one\n`);
    other.close();
  });

  it('should say in one line what is wrong with a tape', async () => {
    const altered = join(folder, 'altered.tape');
    const bytes = readFileSync(tape);
    writeFileSync(altered, bytes.subarray(0, bytes.length - 9));
    const [bad, missing, late] = [
      await refused('serve', '--port', '0', '--tape', altered),
      await refused('serve', '--port', '0', '--tape', join(folder, 'nowhere.tape')),
      await refused('serve', '--port', '0', '--tape', tape, '--from', '61'),
    ];

    expect([bad.code, missing.code, late.code]).toEqual([65, 66, 64]);
    for (const { err } of [bad, missing, late]) expect(err).toMatch(/^tapedeck: [^\n]+\n$/);
    expect(bad.err).toContain(altered);
    expect(missing.err).toContain('nowhere.tape');
    expect(late.err).toContain('--from 61: the tape ends 59 s after the open; start earlier');
  });
});

describe('tapedeck serve with a journal', () => {
  it('should refuse a damaged one, say where to cut it, and go on from there when it is told to', async () => {
    const journal = join(folder, 'journal');
    const serve = ['serve', '--port', '0', '--tape', tape, '--ready-json'];
    const first = Cli.run(...serve, '--journal', journal);
    await first.printed('\n');
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    const segment = join(journal, '00000001.journal');
    const bytes = readFileSync(segment);
    const at = bytes.length - 20;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(segment, bytes);
    // With it, only what it lacks is read again.
    rmSync(join(journal, 'index'), { recursive: true });

    const damaged = Cli.run(...serve, '--journal', journal);
    expect(await damaged.ended).toBe(65);
    expect(damaged.err).toMatch(/^tapedeck: [^\n]*00000001\.journal: damaged at offset \d+: [^\n]+\n$/);
    const place = /--recover-to (\S+:\d+),/.exec(damaged.err)?.[1] ?? '';

    const [nowhere, unnamed] = [
      Cli.run(...serve, '--journal', journal, '--recover-to', '00000001.journal:70'),
      Cli.run(...serve, '--recover-to', place),
    ];
    expect([await nowhere.ended, await unnamed.ended]).toEqual([64, 64]);
    expect(nowhere.err).toMatch(/^tapedeck: --recover-to 00000001\.journal:70: no record ends there; [^\n]+\n$/);
    expect(unnamed.err).toMatch(/^tapedeck: --recover-to [^\n]+ name its folder with --journal[^\n]*\n$/);

    const cut = Cli.run(...serve, '--journal', journal, '--recover-to', place);
    await cut.printed('\n');
    expect(readFileSync(join(journal, 'aside-1', '00000001.journal'))).toEqual(bytes);
    cut.child.kill('SIGTERM');
    expect(await cut.ended).toBe(0);
  });

  it('should take its folder from the environment, and refuse a command log beside it', async () => {
    const journal = join(folder, 'from-environment');
    const env = { TAPEDECK_JOURNAL: journal };
    const both = Cli.with(env, 'serve', '--port', '0', '--tape', tape, '--command-log', join(folder, 'both.ndjson'));
    expect(await both.ended).toBe(64);
    expect(both.err).toMatch(/^tapedeck: --command-log [^\n]+ leave one of the two away\n$/);

    const cli = Cli.with(env, 'serve', '--port', '0', '--tape', tape, '--ready-json');
    await cli.printed('\n');
    const health = await fetch(`http://127.0.0.1:${JSON.parse(cli.out).ports[0]}/api/health`);
    expect(await health.json()).toMatchObject({ journal: { status: 'ok' } });
    cli.child.kill('SIGTERM');
    expect(await cli.ended).toBe(0);
  });
});

describe('firstSignal', () => {
  it('should end the process at once on a second signal', async () => {
    const module = JSON.stringify(new URL('./signals.ts', import.meta.url).href);
    const script = `import { firstSignal } from ${module};
      setInterval(() => {}, 1000);
      firstSignal().then(() => process.stdout.write('draining'));
      process.stdout.write('ready');`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script]);
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    await once(child.stdout, 'data');
    child.kill('SIGTERM');

    expect(await once(child, 'close')).toEqual([130, null]);
  });
});
