import { closeSync, openSync, readSync } from 'node:fs';
import type { GeneratorName, WindowLine, WindowMetric } from '../../protocol/run.ts';
import type { Target, TargetSet } from '../../protocol/schemas/targets.ts';
import { Histogram } from '../../reports/histogram.ts';
import type { EndedEarly } from '../judge/evidence.ts';
import { figureOf, holds, unitsOf } from '../judge/timing.ts';

/** A window is judged when lines of so many seconds after it have come: what is late still counts in it. */
const SETTLED_S = 3;
const LOOK_MS = 1_000;
const CHUNK_BYTES = 1 << 20;

/** Rows that clients measure in windows, and that may therefore end a run early. */
export const ABORTING_ROWS: ReadonlySet<string> = new Set<WindowMetric>([
  'connect',
  'tick',
  'trigger',
  'pattern',
  'cadence',
  'reconnect',
  'heartbeat',
  'freshness',
]);

interface Watched {
  readonly target: Target;
  readonly windows: Map<number, Histogram>;
  /** Seconds in a row, those without samples left out, that broke the bound; the last ones of the run so far. */
  broken: number[];
  judgedTo: number;
}

/** Judges windows while a run lasts: says when a row has broken its bound in as many windows in a row as its abort rule allows. */
export class AbortRules {
  readonly #rows: Watched[];

  constructor(set: TargetSet) {
    this.#rows = set.targets
      .filter((target) => target.abortAfterWindows !== undefined && ABORTING_ROWS.has(target.id))
      .map((target) => ({ target, windows: new Map(), broken: [], judgedTo: Number.NEGATIVE_INFINITY }));
  }

  /** Whether no row has an abort rule. */
  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  /** Takes one line of a generator; returns what ends the run, once something does. */
  take(text: string): EndedEarly | undefined {
    if (!text.startsWith('{"kind":"window"')) return undefined;
    const line: WindowLine = JSON.parse(text);
    const histograms = new Map(Object.entries(line.histograms));
    for (const row of this.#rows) {
      if (row.target.source === 'probes' && line.generator !== 'probe') continue;
      const found = histograms.get(row.target.id);
      if (found !== undefined) {
        const known = row.windows.get(line.second) ?? new Histogram();
        row.windows.set(line.second, known.merge(Histogram.fromJSON(found)));
      }
      const ended = judgeSettled(row, line.second - SETTLED_S);
      if (ended !== undefined) return ended;
    }
    return undefined;
  }
}

function judgeSettled(row: Watched, lastSecond: number): EndedEarly | undefined {
  const { target, windows } = row;
  const bound = target.bound * unitsOf(target);
  const settled = [...windows.keys()].filter((second) => second <= lastSecond).sort((a, b) => a - b);
  for (const second of settled) {
    const histogram = windows.get(second) as Histogram;
    windows.delete(second);
    // A line that comes this late belongs to a window that is judged already.
    if (second <= row.judgedTo) continue;
    row.judgedTo = second;
    if (holds(target, figureOf(target, histogram).valueUs, bound)) row.broken = [];
    else row.broken.push(second);
    if (row.broken.length >= (target.abortAfterWindows ?? Number.POSITIVE_INFINITY)) {
      return { row: target.id, seconds: row.broken };
    }
  }
  return undefined;
}

/** Reads what generators append to their files as they do, and calls `onAbort` once when a row's abort rule is met. */
export function watchAbort(options: {
  readonly targets: TargetSet;
  /** The generators' files of lines, which need not be there yet. */
  readonly files: Readonly<Partial<Record<GeneratorName, string>>>;
  readonly onAbort: (ended: EndedEarly) => void;
}): { readonly stop: () => void } {
  const rules = new AbortRules(options.targets);
  if (rules.isEmpty) return { stop: () => undefined };
  const tails = Object.values(options.files).map((path) => new Tail(path));
  const timer = setInterval(() => {
    for (const line of tails.flatMap((tail) => tail.read())) {
      const ended = rules.take(line);
      if (ended === undefined) continue;
      clearInterval(timer);
      options.onAbort(ended);
      return;
    }
  }, LOOK_MS);
  return { stop: () => clearInterval(timer) };
}

/** The lines that a file gained since the last reading. */
class Tail {
  readonly #path: string;
  readonly #buffer = Buffer.alloc(CHUNK_BYTES);
  #offset = 0;
  #rest = '';

  constructor(path: string) {
    this.#path = path;
  }

  read(): string[] {
    const lines: string[] = [];
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch {
      // It is made with the first line.
      return lines;
    }
    try {
      for (;;) {
        const bytes = readSync(file, this.#buffer, 0, CHUNK_BYTES, this.#offset);
        if (bytes === 0) return lines;
        this.#offset += bytes;
        // Lines are ASCII but for names, which a cut in the middle of would garble in a line that isn't a window anyway.
        const parts = (this.#rest + this.#buffer.toString('utf8', 0, bytes)).split('\n');
        this.#rest = parts.pop() ?? '';
        lines.push(...parts);
      }
    } finally {
      closeSync(file);
    }
  }
}
