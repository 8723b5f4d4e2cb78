import { createWriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Clock } from '../../protocol/clock.ts';
import { ExitCode } from '../../protocol/codes.ts';
import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import { hostClock } from '../../simulator/hostClock.ts';
import type { Recorder } from '../audit/recorder.ts';
import { seededRandom } from '../gate/random.ts';
import type { InspectTicker } from './dialect.ts';
import { measureFloor } from './echoFloor.ts';
import { Fleet } from './fleet.ts';
import { createPost } from './httpPost.ts';
import { watchLoopDelay } from './loopDelay.ts';
import { PlanError, readPlanFile } from './planFile.ts';
import type { ClientPorts } from './ports.ts';
import { rehearse } from './rehearse.ts';

const WRITE_INTERVAL_MS = 1_000;
/** A first connection that is nearer than this leaves no room for a rehearsal. */
const REHEARSAL_ROOM_US = 1_000_000;
/** After the last line the sockets may close in order for so long. */
const LINGER_MS = 1_000;

/** What makes one generator differ from another. */
export interface GeneratorKind {
  /** Its name in messages: `swarm`, `probe`. */
  readonly name: string;
  readonly createConnect: (clock: Clock, plan: GeneratorPlan) => ClientPorts['connect'];
  /** Whether the system gave it a higher priority; absent: not asked for. */
  readonly hasPriority?: boolean;
  /** Options beyond `--out`, each with a value; all must be given. */
  readonly options?: readonly string[];
  /** Makes what looks at the content of ticker frames; undefined when the plan's dialect has none to look at. @throws an Error whose message is one line for the user */
  readonly createInspector?: (
    plan: GeneratorPlan,
    options: Readonly<Record<string, string>>,
    nowUs: () => number,
  ) => Inspector | undefined;
}

/** Looks at what is shown. */
export interface Inspector {
  readonly inspect: InspectTicker;
  /** Begins what is looked at beside the clients' frames; what it finds goes to the recorder. */
  readonly begin?: (recorder: Recorder) => void;
}

/**
 * Runs a generator's process: `node main.js PLAN --out FILE`. Reads the plan, runs its clients to the plan's end (SIGTERM
 * and SIGINT end them early, with what was measured) and appends the lines to the file, once a second.
 */
export async function runGenerator(kind: GeneratorKind): Promise<void> {
  try {
    await start(kind);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${kind.name}: ${message.split('\n', 1)[0]}\n`);
    process.exit(error instanceof UsageError ? ExitCode.USAGE : ExitCode.BAD_DATA);
  }
}

class UsageError extends Error {
  override readonly name = 'UsageError';
}

async function start(kind: GeneratorKind): Promise<void> {
  const { planPath, outPath, options } = readArguments(kind);
  const plan = readPlanFile(planPath);
  const clock = hostClock(process.env);
  if (plan.generator !== kind.name) throw new PlanError(`${planPath}: a plan for ${plan.generator}`);
  const inspector = kind.createInspector?.(plan, options, clock.nowUs);

  const file = createWriteStream(outPath, { flags: 'a' });
  file.on('error', (error) => {
    process.stderr.write(`${kind.name}: ${outPath}: ${error.message}\n`);
    process.exit(ExitCode.MISSING_INPUT);
  });
  const connect = kind.createConnect(clock, plan);
  const firstUs = Math.min(...plan.clients.map((client) => client.connectAtUs));
  const hasRoom = (): boolean => firstUs - clock.nowUs() > REHEARSAL_ROOM_US;
  if (hasRoom()) await rehearse({ nowUs: clock.nowUs, connect });
  const floorP99Us = hasRoom() ? await measureFloor({ nowUs: clock.nowUs, connect }) : undefined;

  let lines: string[] = [];
  const write = (): void => {
    if (lines.length > 0) file.write(`${lines.join('\n')}\n`);
    lines = [];
  };
  const writing = setInterval(write, WRITE_INTERVAL_MS);
  const fleet = new Fleet({
    plan,
    clients: plan.clients,
    ports: {
      nowUs: clock.nowUs,
      connect,
      post: createPost(clock.nowUs, plan.reach),
      after: (delayMs, action) => {
        const timer = setTimeout(action, delayMs);
        return () => clearTimeout(timer);
      },
      random: seededRandom(plan.seed),
    },
    emit: (line) => lines.push(JSON.stringify(line)),
    onEnd: () => {
      clearInterval(writing);
      stopWatching();
      write();
      file.end(() => setTimeout(() => process.exit(), LINGER_MS).unref());
    },
    ...(inspector === undefined ? {} : { inspect: inspector.inspect }),
  });
  const stopWatching = watchLoopDelay(clock.nowUs, (atUs, lateUs) => fleet.recorder.record('loopDelay', atUs, lateUs));
  process.once('SIGTERM', () => fleet.end());
  process.once('SIGINT', () => {
    process.exitCode = ExitCode.INTERRUPTED;
    fleet.end();
  });
  fleet.recorder.process({
    ...(floorP99Us === undefined ? {} : { floorP99Us }),
    ...(kind.hasPriority === undefined ? {} : { hasPriority: kind.hasPriority }),
  });
  fleet.start();
  inspector?.begin?.(fleet.recorder);
}

interface Arguments {
  readonly planPath: string;
  readonly outPath: string;
  readonly options: Readonly<Record<string, string>>;
}

function readArguments(kind: GeneratorKind): Arguments {
  const names = ['out', ...(kind.options ?? [])];
  const usage = `usage: PLAN ${names.map((name) => `--${name} FILE`).join(' ')}`;
  const parsed = parse(names, usage);
  const options: Record<string, string> = {};
  for (const name of names) {
    const value = parsed.values[name];
    if (typeof value !== 'string') throw new UsageError(`--${name} is missing; ${usage}`);
    options[name] = value;
  }
  const [planPath] = parsed.positionals;
  if (planPath === undefined || parsed.positionals.length > 1) throw new UsageError(`one plan is wanted; ${usage}`);
  return { planPath, outPath: options['out'] ?? '', options };
}

function parse(names: readonly string[], usage: string) {
  try {
    return parseArgs({
      allowPositionals: true,
      options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}; ${usage}`);
  }
}
