import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { InvalidArgumentError, program } from '@commander-js/extra-typings';

const FOLDER = new URL('../../fixtures/counterexamples/', import.meta.url);

/** Reads how long a search goes on and where it begins from the command line. */
export function fuzzOptions(command: { readonly name: string; readonly description: string }): {
  readonly minutes: number;
  readonly seed: number;
} {
  return program
    .name(`npm run ${command.name} --`)
    .description(command.description)
    .option('--minutes <number>', 'how long to look', atLeast(0), 10)
    .option('--seed <number>', 'where the random sessions begin', atLeast(1), Date.now() % 2 ** 31)
    .parse()
    .opts();
}

/** Writes a session that broke a law down as a test for ever, and says where. */
export function keepCounterexample(found: {
  /** Below `fixtures/counterexamples/`, with its slash; or empty. */
  readonly folder: string;
  /** What was broken, for the file. */
  readonly fault: string;
  /** What was broken, for the terminal. */
  readonly message: string;
  /** What beside the operations a repetition needs. */
  readonly rules: object;
  readonly operations: readonly unknown[];
}): void {
  const lines = found.operations.map((operation) => `    ${JSON.stringify(operation)}`);
  const why = `Found by random sessions: ${found.fault.replaceAll('\n', '; ')}`;
  const head = JSON.stringify({ why, ...found.rules }, undefined, 2).slice(0, -2);
  const digest = createHash('sha256').update(lines.join()).digest('hex').slice(0, 8);
  const name = `${found.folder}found-${digest}.json`;
  mkdirSync(new URL(found.folder, FOLDER), { recursive: true });
  writeFileSync(new URL(name, FOLDER), `${head},\n  "operations": [\n${lines.join(',\n')}\n  ]\n}\n`);
  console.error(`${found.message}\nkept as fixtures/counterexamples/${name}: say in "why" which rule decides`);
}

function atLeast(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least))
      throw new InvalidArgumentError(`a number of at least ${least} is needed`);
    return value;
  };
}
