import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { SummarySchema } from '../../protocol/schemas/summary.ts';
import { LAP_KINDS } from './lapPart.ts';
import type { PlayedLap } from './wholeRun.ts';

const ReadingSchema = Type.Object({
  server: Type.Integer({ minimum: 1 }),
  hours: Type.Number({ minimum: 0 }),
  heapBytes: Type.Number(),
  rssBytes: Type.Number(),
  handles: Type.Integer(),
  timers: Type.Integer(),
});

/** `soak.json` in a soak's folder: all that it takes to go on with it. */
const SoakStateSchema = Type.Object({
  schema: Type.Literal('tapedeck.soak'),
  version: Type.Literal(1),
  scenario: Type.String(),
  targets: Type.String(),
  /** How long the soak is to last, s. */
  durationS: Type.Number(),
  /** Seconds of a lap, as played. */
  lapS: Type.Number(),
  seed: Type.Integer(),
  startedAt: Type.String(),
  /** Time spent so far, without that in which it lay interrupted, s. */
  spentS: Type.Number(),
  /** Server processes started so far. */
  servers: Type.Integer({ minimum: 0 }),
  laps: Type.Array(
    Type.Object({ lap: Type.Integer({ minimum: 1 }), kind: Type.Union(LAP_KINDS.map((kind) => Type.Literal(kind))) }),
  ),
  /** What the server held after each lap. */
  readings: Type.Array(ReadingSchema),
  /** How the server ended before its time, with when; '' when it didn't. */
  serverDied: Type.String(),
});
export type SoakState = Static<typeof SoakStateSchema>;

const checkState = TypeCompiler.Compile(SoakStateSchema);
const checkSummary = TypeCompiler.Compile(SummarySchema);

/** A soak's folder that can't be gone on with: one line. */
export class SoakError extends Error {
  override readonly name = 'SoakError';
  readonly reason: 'missing' | 'invalid';

  constructor(reason: 'missing' | 'invalid', message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Where a lap's own report lies within the soak's folder. */
export function lapFolder(folder: string, lap: number): string {
  return join(folder, 'laps', String(lap).padStart(4, '0'));
}

/** Writes the state whole or not at all. */
export function saveState(folder: string, state: SoakState): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'soak.json');
  writeFileSync(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

/** Reads a soak's state and its laps. @throws SoakError */
export function loadState(folder: string): { readonly state: SoakState; readonly laps: PlayedLap[] } {
  const path = join(folder, 'soak.json');
  if (!existsSync(path)) {
    throw new SoakError(
      'missing',
      `${folder}: there is no soak.json; name the folder of a soak (--out, or reports/runs/...)`,
    );
  }
  const state = readJson(path);
  if (!checkState.Check(state)) {
    const [first] = [...checkState.Errors(state)];
    throw new SoakError('invalid', `${path}: ${first?.path.slice(1).replaceAll('/', '.')}: ${first?.message}`);
  }
  const laps = state.laps.map(({ lap, kind }): PlayedLap => {
    const file = join(lapFolder(folder, lap), 'summary.json');
    if (!existsSync(file)) throw new SoakError('missing', `${file} is missing; the soak can't go on without its laps`);
    const summary = readJson(file);
    if (!checkSummary.Check(summary)) throw new SoakError('invalid', `${file}: is no summary of a run`);
    return { lap, kind, summary };
  });
  return { state, laps };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new SoakError('invalid', `${path}: not readable as JSON`);
  }
}
