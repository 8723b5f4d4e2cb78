import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { InvalidArgumentError, program } from '@commander-js/extra-typings';
import fc from 'fast-check';
import { MarketEngine } from '../../market/engine.ts';
import { session } from './arbitraries.ts';
import { LawBroken, playBoth } from './engineLaw.ts';
import { isCommand, type Session } from './operations.ts';

/** Sessions per round: between rounds the progress is told and the clock is read. */
const ROUND_RUNS = 500;
const MOST_OPERATIONS = 400;
const FOLDER = new URL('../../fixtures/counterexamples/', import.meta.url);

const { minutes, seed } = program
  .name('npm run fuzz:market --')
  .description('Plays random sessions into the engine and the oracle until they differ or the time is over.')
  .option('--minutes <number>', 'how long to look', atLeast(0), 10)
  .option('--seed <number>', 'where the random sessions begin', atLeast(1), Date.now() % 2 ** 31)
  .parse()
  .opts();

const endMs = Date.now() + minutes * 60_000;
let commands = 0;
for (let round = 0; round === 0 || Date.now() < endMs; round++) {
  const found = playRound(seed + round);
  if (found !== undefined) {
    keep(found);
    process.exitCode = 1;
    break;
  }
  console.info(`${commands} commands agree, seed ${seed + round}`);
}

/** One round of random sessions; the shrunk session on which engine and oracle differ, if there is one. */
function playRound(roundSeed: number): { readonly play: Session; readonly broken: LawBroken } | undefined {
  const law = fc.property(session(MOST_OPERATIONS), (play) => {
    commands += play.operations.filter(isCommand).length;
    playBoth((options) => new MarketEngine(options), play);
  });
  const result = fc.check(law, { seed: roundSeed, numRuns: ROUND_RUNS });
  if (!result.failed) return undefined;
  const [play, broken] = [result.counterexample?.[0], result.errorInstance];
  if (play === undefined || !(broken instanceof LawBroken)) throw broken;
  return { play, broken };
}

/** Writes the session down as a test for ever. */
function keep({ play, broken }: { readonly play: Session; readonly broken: LawBroken }): void {
  const { operations, ...rules } = play;
  const lines = operations.map((operation) => `    ${JSON.stringify(operation)}`);
  const why = `Found by random sessions: ${broken.fault.replaceAll('\n', '; ')}`;
  const head = JSON.stringify({ why, ...rules }, undefined, 2).slice(0, -2);
  const name = `found-${createHash('sha256').update(lines.join()).digest('hex').slice(0, 8)}.json`;
  writeFileSync(new URL(name, FOLDER), `${head},\n  "operations": [\n${lines.join(',\n')}\n  ]\n}\n`);
  console.error(`${broken.message}\nkept as fixtures/counterexamples/${name}: say in "why" which rule decides`);
}

function atLeast(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least))
      throw new InvalidArgumentError(`a number of at least ${least} is needed`);
    return value;
  };
}
