import { once } from 'node:events';
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import type { TSchema } from '@sinclair/typebox';
import { type Static, Type } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { CommandSchema } from '../market/commandSchema.ts';
import type { Command, Control } from '../market/types.ts';
import { FaultSchema } from '../protocol/schemas/faults.ts';

/**
 * The command log of a live run, lines of JSON: a header, every command and control with the place at which the engine took
 * it, an end. Together with the tape it repeats the run.
 */
const exact = { additionalProperties: false } as const;
const Hash = Type.String({ pattern: '^[0-9a-f]+$' });

const HeaderSchema = Type.Object(
  {
    kind: Type.Literal('header'),
    version: Type.Literal(1),
    /** The tape as the run opened it, and the SHA-256 of its header. */
    tape: Type.Object({ path: Type.String(), sha256: Hash }, exact),
    /** The part played, `fromUs` included, `toUs` not, µs since the epoch; `speed` null is as fast as possible. */
    fromUs: Type.Number(),
    toUs: Type.Number(),
    speed: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()]),
    seed: Type.Integer(),
    /** Cash units that an account starts with; absent: the engine's default. */
    startingCash: Type.Optional(Type.Integer()),
    /** Closed orders of an account that are remembered; absent: the engine's default. */
    closedOrdersKept: Type.Optional(Type.Integer()),
    /** The engine's span of event time in which an order's ratchets are told once; absent: its default. */
    ratchetWindowUs: Type.Optional(Type.Integer()),
    /** The scenario whose faults the feed had, as far as they go; absent: none. */
    scenario: Type.Optional(
      Type.Object(
        {
          name: Type.String(),
          seed: Type.Integer(),
          tape: Type.Object({ speed: Type.Number({ exclusiveMinimum: 0 }), date: Type.Optional(Type.String()) }, exact),
          faults: Type.Array(FaultSchema),
        },
        exact,
      ),
    ),
  },
  exact,
);
export type CommandLogHeader = Static<typeof HeaderSchema>;

const LoggedCommandSchema = Type.Object(
  {
    kind: Type.Literal('command'),
    /** Inputs (ticks, commands and controls) that the engine had taken before this one. */
    inputSeq: Type.Integer({ minimum: 0 }),
    command: CommandSchema,
  },
  exact,
);
const LoggedControlSchema = Type.Object(
  {
    kind: Type.Literal('control'),
    inputSeq: Type.Integer({ minimum: 0 }),
    control: Type.Union([
      Type.Object({ kind: Type.Literal('clock'), timeUs: Type.Number() }, exact),
      Type.Object({ kind: Type.Union([Type.Literal('halt'), Type.Literal('resume')]), symbol: Type.Number() }, exact),
      Type.Object(
        {
          kind: Type.Literal('corporate_action'),
          symbol: Type.Number(),
          numerator: Type.Number(),
          denominator: Type.Number(),
          cashPerShare: Type.Number(),
        },
        exact,
      ),
    ]),
  },
  exact,
);
const EndSchema = Type.Object(
  {
    kind: Type.Literal('end'),
    /** Inputs that the engine took in all. */
    inputs: Type.Integer({ minimum: 0 }),
    runHash: Hash,
  },
  exact,
);

const checks = {
  header: TypeCompiler.Compile(HeaderSchema),
  input: TypeCompiler.Compile(Type.Union([LoggedCommandSchema, LoggedControlSchema])),
  end: TypeCompiler.Compile(EndSchema),
};

/** A command or control, and the number of inputs that the engine had taken before it. */
export type LoggedInput =
  | { readonly kind: 'command'; readonly inputSeq: number; readonly command: Command }
  | { readonly kind: 'control'; readonly inputSeq: number; readonly control: Control };

/** A command log, read whole. */
export interface CommandLog {
  readonly path: string;
  readonly header: CommandLogHeader;
  /** Ascending by `inputSeq`, none twice. */
  readonly logged: readonly LoggedInput[];
  readonly inputs: number;
  readonly runHash: string;
}

/** A command log that can't be used: one line with file, line number and reason. */
export class CommandLogError extends Error {
  override readonly name = 'CommandLogError';
}

/** Gathered text is handed to the file from this many UTF-16 units on. */
const FLUSH_AT = 32 * 1024;

/** Writes the command log of a live run. */
export class CommandLogWriter {
  readonly #path: string;
  readonly #file: WriteStream;
  #gathered: string;
  #failure: Error | undefined;

  private constructor(path: string, file: WriteStream, header: CommandLogHeader) {
    this.#path = path;
    this.#file = file;
    this.#gathered = `${JSON.stringify(header)}\n`;
    file.on('error', (error) => {
      this.#failure ??= error;
    });
  }

  /**
   * Opens the file anew and begins with the header.
   *
   * @throws CommandLogError when the file can't be written
   */
  static async open(path: string, header: Omit<CommandLogHeader, 'kind' | 'version'>): Promise<CommandLogWriter> {
    const file = createWriteStream(path);
    try {
      await once(file, 'open');
    } catch (error) {
      throw unwritable(path, error);
    }
    return new CommandLogWriter(path, file, { kind: 'header', version: 1, ...header });
  }

  /** Notes a command that the engine is about to take after `inputSeq` inputs; returns at once. */
  command(inputSeq: number, command: Command): void {
    this.#add({ kind: 'command', inputSeq, command });
  }

  /** Notes a control that the engine is about to take after `inputSeq` inputs; returns at once. */
  control(inputSeq: number, control: Control): void {
    this.#add({ kind: 'control', inputSeq, control });
  }

  /**
   * Writes what is gathered and the end line, and closes the file.
   *
   * @throws CommandLogError when anything since the opening could not be written
   */
  async close(end: { readonly inputs: number; readonly runHash: string }): Promise<void> {
    this.#gathered += `${JSON.stringify({ kind: 'end', ...end })}\n`;
    this.#flush();
    await new Promise<void>((resolve) => {
      this.#file.once('close', resolve);
      this.#file.end();
    });
    if (this.#failure !== undefined) throw unwritable(this.#path, this.#failure);
  }

  #add(line: LoggedInput): void {
    this.#gathered += `${JSON.stringify(line)}\n`;
    if (this.#gathered.length >= FLUSH_AT) this.#flush();
  }

  #flush(): void {
    this.#file.write(this.#gathered);
    this.#gathered = '';
  }
}

/**
 * Reads and validates a command log.
 *
 * @throws CommandLogError with the line's number: for a line that is cut short or isn't of the log, a command out of
 * order, a log without its end
 */
export function readCommandLog(path: string): CommandLog {
  const lines = readLines(path);
  const header = parseLine({ path, lines, at: 0, check: checks.header, what: 'the header' });
  const last = lines.length - 1;
  const logged: LoggedInput[] = [];
  let leastSeq = 0;
  for (let at = 1; at < last; at++) {
    const input = parseLine({ path, lines, at, check: checks.input, what: 'a command or control' });
    const { inputSeq } = input;
    if (inputSeq < leastSeq) {
      throw new CommandLogError(
        `${path}:${at + 1}: inputSeq ${inputSeq} comes after ${leastSeq - 1}; the log is altered`,
      );
    }
    leastSeq = inputSeq + 1;
    logged.push(input);
  }
  const end = parseLine({ path, lines, at: last, check: checks.end, what: 'the end line' });
  if (end.inputs < leastSeq) {
    throw new CommandLogError(
      `${path}:${last + 1}: ends after ${end.inputs} inputs, a line has inputSeq ${leastSeq - 1}`,
    );
  }
  return { path, header, logged, inputs: end.inputs, runHash: end.runHash };
}

function readLines(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandLogError(`${path}: can't be read (${reasonOf(error)})`);
  }
  if (text === '') throw new CommandLogError(`${path}: is empty`);
  const lines = text.split('\n');
  if (lines.pop() !== '') {
    throw new CommandLogError(`${path}:${lines.length + 1}: the line is cut short: the run did not close its log`);
  }
  if (lines.length < 2) throw new CommandLogError(`${path}:1: no end line follows: the run did not close its log`);
  return lines;
}

function parseLine<S extends TSchema>(options: {
  readonly path: string;
  readonly lines: readonly string[];
  readonly at: number;
  readonly check: TypeCheck<S>;
  readonly what: string;
}): Static<S> {
  const { path, at, check, what } = options;
  const place = `${path}:${at + 1}`;
  let value: unknown;
  try {
    value = JSON.parse(options.lines[at] ?? '');
  } catch {
    throw new CommandLogError(`${place}: expected ${what}, found no JSON`);
  }
  if (check.Check(value)) return value;
  const error = check.Errors(value).First();
  const detail = error === undefined ? '' : ` (${error.path === '' ? '' : `${error.path}: `}${error.message})`;
  throw new CommandLogError(`${place}: expected ${what}${detail}`);
}

function unwritable(path: string, error: unknown): CommandLogError {
  return new CommandLogError(`${path}: the command log can't be written (${reasonOf(error)})`);
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
