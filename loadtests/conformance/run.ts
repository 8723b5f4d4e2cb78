import { randomUUID } from 'node:crypto';
import { Broken, type Case, type DialectName, NEEDS, ruleOf, Skip } from './case.ts';
import { Context } from './context.ts';
import { UpgradeRefused } from './socket.ts';
import { lacking, PATHS, type Target } from './target.ts';

/** What became of a case. */
export interface Result {
  readonly name: string;
  readonly dialect: DialectName;
  /** Anchor of PROTOCOL.md. */
  readonly paragraph: string;
  readonly status: 'pass' | 'broken' | 'skip';
  /** What the protocol promises; of a broken case the very thing that was missing. */
  readonly expected: string;
  /** What the server did; for a skipped case why it wasn't asked. */
  readonly came: string;
  readonly durationMs: number;
}

/** No server answers at the target's address. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** What is run, and how. */
export interface Run {
  readonly cases: readonly Case[];
  readonly target: Target;
  /** Dialects that must be there; of others the cases are skipped when the endpoint isn't. */
  readonly required: readonly DialectName[];
  /** Cases at a time. */
  readonly parallel: number;
  /** Told of each case as it ends. */
  readonly onResult?: (result: Result) => void;
}

/** What takes longer to say whether an endpoint is there is no server. */
const PROBE_MS = 30_000;
/** Times that a case is run which was late itself. */
const MOST_TRIES = 4;
const MISSING: ReadonlySet<number> = new Set([404, 426, 501]);

/**
 * Runs cases against a server, several at a time, each on connections of its own.
 *
 * @returns the results in the order of the cases
 * @throws UnreachableError when nothing answers at the target's address
 */
export async function runCases(run: Run): Promise<Result[]> {
  const absent = await missingDialects(run);
  const results: Result[] = [];
  // A restart would end what others are in the middle of.
  const isLast = ({ needs }: Case): boolean => needs.includes('restart');
  const queue = [...run.cases.entries()].filter(([, one]) => !isLast(one));
  // Names differ from those of any other run, which an account may still hold.
  const prefix = randomUUID().slice(0, 8);
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [at, one] = next;
      const why = absent.get(one.dialect) ?? whyNot(one, run.target);
      const result = why === undefined ? await runInTime(one, run.target, `${prefix}-${at}`) : skipped(one, why, 0);
      results[at] = result;
      run.onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: run.parallel }, work));
  queue.push(...[...run.cases.entries()].filter(([, one]) => isLast(one)));
  // All at once: they look at one and the same restart.
  await Promise.all(Array.from({ length: queue.length }, work));
  return results;
}

/** Runs a case, again where this very process was too late to say in time who it is. */
async function runInTime(one: Case, target: Target, name: string): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const context = new Context(target, `${name}-${tries}`);
    const result = await runCase(one, context);
    if (result.status !== 'broken' || !context.hasBeenLate || tries === MOST_TRIES) return result;
  }
}

async function runCase(one: Case, context: Context): Promise<Result> {
  const startedMs = performance.now();
  const lasted = (): number => Math.round(performance.now() - startedMs);
  const late = new Error(`nothing of the kind within ${one.timeoutMs} ms`);
  const timer = setTimeout(() => context.end(late), one.timeoutMs);
  const { name: _, ...rest } = told(one);
  try {
    await one.run(context);
    return { name: one.name, ...rest, status: 'pass', expected: ruleOf(one), came: 'just that', durationMs: lasted() };
  } catch (error) {
    if (error instanceof Skip) return skipped(one, error.message, lasted());
    const { expected, came } = error instanceof Broken ? error : { expected: ruleOf(one), came: messageOf(error) };
    return { name: one.name, ...rest, status: 'broken', expected, came, durationMs: lasted() };
  } finally {
    clearTimeout(timer);
    context.end(new Error('the case is over'));
  }
}

function whyNot(one: Case, target: Target): string | undefined {
  const need = one.needs.find((candidate) => lacking(target, candidate));
  return need === undefined ? undefined : `needs ${NEEDS[need]}`;
}

function skipped(one: Case, why: string, durationMs: number): Result {
  return { ...told(one), status: 'skip', expected: ruleOf(one), came: why, durationMs };
}

function told({ name, dialect, paragraph }: Case): Pick<Result, 'name' | 'dialect' | 'paragraph'> {
  return { name, dialect, paragraph };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Dialects without an endpoint, with the reason; those that are required are asked all the same. */
async function missingDialects({ cases, target, required }: Run): Promise<Map<DialectName, string>> {
  const absent = new Map<DialectName, string>();
  for (const dialect of new Set(cases.map((one) => one.dialect))) {
    const status = await statusOf(target, dialect);
    if (!MISSING.has(status) || required.includes(dialect)) continue;
    absent.set(dialect, `nothing is served at ${target.paths[dialect] ?? PATHS[dialect]} (HTTP ${status})`);
  }
  return absent;
}

async function statusOf(target: Target, dialect: DialectName): Promise<number> {
  const probe = new Context(target, 'probe');
  const suffix = dialect === 'us-001' ? `/${target.symbols[0] ?? ''}` : '';
  const timer = setTimeout(() => probe.end(new Error(`nothing within ${PROBE_MS} ms`)), PROBE_MS);
  try {
    if (dialect === 'http') {
      const { status } = await probe.ask({ path: target.paths.http ?? PATHS.http });
      return status;
    }
    await probe.open(dialect, { suffix });
    return 101;
  } catch (error) {
    if (error instanceof UpgradeRefused) return error.status;
    throw new UnreachableError(`${target.base} does not answer (${messageOf(error)})`);
  } finally {
    clearTimeout(timer);
    probe.end(new Error('the probe is over'));
  }
}
