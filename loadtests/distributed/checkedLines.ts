import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { CountedKind, EndLine, GeneratorLine, GeneratorName, WireHistogram } from '../../protocol/run.ts';
import { LINE_SCHEMAS } from '../../protocol/schemas/generatorLines.ts';
import { holdsTogether } from '../../reports/histogram.ts';
import { type GeneratorData, mergeLine, newGeneratorData } from '../judge/merge.ts';
import { textsOf } from './lines.ts';

/** What a file of lines held. */
export interface CheckedLines {
  readonly data: GeneratorData;
  /** What the file has lost or had altered since it was written, in words; '' when nothing. */
  readonly damage: string;
}

/**
 * Reads the lines of a generator that may have come a long way: none counts that isn't as its schema says, and what its
 * end lines stand for must be there. Of one that failed (`isWhole` false) nobody expects an end, and its last line may be cut off.
 */
export async function readCheckedLines(file: {
  readonly generator: GeneratorName;
  readonly path: string;
  readonly isWhole: boolean;
}): Promise<CheckedLines> {
  const data = newGeneratorData(file.generator);
  const tally = new Tally();
  for await (const text of textsOf(file.path)) {
    const line = tally.take(readLine(text, file.generator));
    if (line !== undefined) mergeLine(data, line);
  }
  const damage = tally.unreadable(file.isWhole) || (file.isWhole ? tally.missing() : '');
  return { data, damage: damage === '' ? '' : `${file.path}: ${damage}` };
}

const COUNTED: readonly CountedKind[] = ['window', 'violation', 'order', 'client'];

/** Counts a file's lines, and those that its end lines stand for. */
class Tally {
  readonly #found: Record<CountedKind, number> = { window: 0, violation: 0, order: 0, client: 0 };
  readonly #ends: EndLine[] = [];
  #lines = 0;
  readonly #unreadable: { readonly at: number; readonly why: string }[] = [];

  take(read: GeneratorLine | string): GeneratorLine | undefined {
    this.#lines += 1;
    if (typeof read === 'string') {
      this.#unreadable.push({ at: this.#lines, why: read });
      return undefined;
    }
    if (read.kind === 'end') this.#ends.push(read);
    else this.#found[read.kind] += 1;
    return read;
  }

  /** Of a file that isn't whole the last line is passed over. */
  unreadable(isWhole: boolean): string {
    const found = this.#unreadable.filter(({ at }) => isWhole || at < this.#lines);
    const [first] = found;
    if (first === undefined) return '';
    const others = found.length === 1 ? '' : `, and ${found.length - 1} more`;
    return `line ${first.at} can't be read (${first.why})${others}`;
  }

  missing(): string {
    if (this.#lines === 0) return 'it is missing, or empty';
    if (this.#ends.length === 0)
      return 'its end line is missing, and with it all that would say whether the rest is there';
    const told = this.#ends.flatMap(({ lines }) => lines ?? []);
    if (told.length === this.#ends.length) {
      const differing = COUNTED.map((kind) => this.#difference(kind, told)).filter((words) => words !== '');
      return differing.join(', ');
    }
    // Nobody counted, but each second is told, whatever came in it.
    return this.#found.window === 0 && this.#found.client > 0 ? 'its window lines are missing' : '';
  }

  #difference(kind: CountedKind, ends: readonly Readonly<Record<CountedKind, number>>[]): string {
    const found = this.#found[kind];
    const told = ends.reduce((sum, counts) => sum + counts[kind], 0);
    if (found === told) return '';
    if (found < told) return `${told - found} of its ${told} ${kind} lines missing`;
    return `${found} ${kind} lines where its end lines stand for ${told} (some came twice, or an end line is missing)`;
  }
}

const CHECKS = {
  window: TypeCompiler.Compile(LINE_SCHEMAS.window),
  violation: TypeCompiler.Compile(LINE_SCHEMAS.violation),
  order: TypeCompiler.Compile(LINE_SCHEMAS.order),
  client: TypeCompiler.Compile(LINE_SCHEMAS.client),
  end: TypeCompiler.Compile(LINE_SCHEMAS.end),
};

/** A line of this generator, or why it is none. */
function readLine(text: string, generator: GeneratorName): GeneratorLine | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'no JSON';
  }
  const kind = Object.keys(CHECKS).find((name): name is keyof typeof CHECKS => name === kindOf(parsed));
  if (kind === undefined) return 'no line of a generator';
  const check = CHECKS[kind];
  if (!check.Check(parsed)) {
    const fault = check.Errors(parsed).First();
    return `${fault?.path || '/'}: ${fault?.message ?? 'not as its schema says'}`;
  }
  if (parsed.generator !== generator) return `a line of ${parsed.generator}, not of ${generator}`;
  return histogramsOf(parsed).every(holdsTogether) ? parsed : 'a histogram that contradicts itself';
}

function kindOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
}

function histogramsOf(line: GeneratorLine): readonly WireHistogram[] {
  if (line.kind === 'window') return Object.values(line.histograms);
  return line.kind === 'client' ? line.tickBySecond.map(([, histogram]) => histogram) : [];
}
