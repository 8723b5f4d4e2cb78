import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const FOLDER = join(import.meta.dirname, 'clients');
const STAMP = join(FOLDER, 'node_modules', '.tapedeck-installed');

/** The client libraries can't be installed: one line that says why. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
}

/** Installs the client libraries into a folder of their own, unless that has been done already. @throws InstallError */
export async function installRealClients(): Promise<void> {
  const lock = readFileSync(join(FOLDER, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  try {
    await promisify(execFile)('npm', options, { cwd: FOLDER });
  } catch (error) {
    const lines = error instanceof Error ? error.message.split('\n') : [];
    const why = lines.find((line) => line.includes('npm error')) ?? lines[0] ?? 'npm ci failed';
    throw new InstallError(
      `loadtests/realclients/clients: the client libraries can't be installed (${why}); is npm's registry in reach?`,
    );
  }
  writeFileSync(STAMP, wanted);
}

const Told = Type.Object({
  ready: Type.Optional(Type.Unknown()),
  tick: Type.Optional(
    Type.Object({ id: Type.Optional(Type.Number()), price: Type.Number(), bars: Type.Optional(Type.Number()) }),
  ),
  cut: Type.Optional(Type.Unknown()),
  limit: Type.Optional(Type.String()),
  rest: Type.Optional(Type.Unknown()),
  series: Type.Optional(Type.Unknown()),
});
/** What a client tells. */
export type Told = Static<typeof Told>;

/** Where a client connects to and what it asks for. */
export interface ClientConfig {
  readonly package?: string;
  readonly ws: string;
  readonly http: string;
  readonly symbol: string;
  readonly key: string;
  /** Of charts: the first day, `YYYY-MM-DD`. */
  readonly from?: string;
}

/** A client library at work in a process of its own. */
export class RealClient {
  readonly told: Told[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting = new Set<() => void>();
  #errors = '';
  #hasEnded = false;

  /** @param script of `clients/`, without its ending */
  constructor(script: string, config: ClientConfig) {
    const path = join(FOLDER, `${script}.mjs`);
    this.#child = spawn(process.execPath, [path, JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'pipe'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line));
    this.#child.stderr.on('data', (bytes) => {
      this.#errors += String(bytes);
    });
    this.#child.once('close', () => {
      this.#hasEnded = true;
      this.#wake();
    });
  }

  /** What it has told of ticks. */
  get ticks(): readonly NonNullable<Told['tick']>[] {
    return this.told.flatMap(({ tick }) => (tick === undefined ? [] : [tick]));
  }

  /** Lets it do something: a word of its script. */
  say(word: string): void {
    this.#child.stdin.write(`${word}\n`);
  }

  /** Waits until something holds of what was told. @throws Error when the process ends before */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#hasEnded) throw new Error(`the client has ended: ${this.#errors.slice(0, 2_000)}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** The first thing told with this field, or the next. */
  async first<Field extends keyof Told>(field: Field): Promise<NonNullable<Told[Field]>> {
    const find = () => this.told.find((one) => one[field] !== undefined)?.[field];
    await this.until(() => find() !== undefined);
    const found = find();
    if (found === undefined || found === null) throw new Error(`told no ${field}`);
    return found;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #hear(line: string): void {
    const value: unknown = JSON.parse(line);
    if (!Value.Check(Told, value)) throw new Error(`the client tells what is unknown: ${line}`);
    this.told.push(value);
    this.#wake();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
