import fc from 'fast-check';
import { MarketEngine } from '../../market/engine.ts';
import { session } from './arbitraries.ts';
import { LawBroken, playBoth } from './engineLaw.ts';
import { fuzzOptions, keepCounterexample } from './fuzzing.ts';
import { isCommand, type Session } from './operations.ts';

/** Sessions per round: between rounds the progress is told and the clock is read. */
const ROUND_RUNS = 500;
const MOST_OPERATIONS = 400;

const { minutes, seed } = fuzzOptions({
  name: 'fuzz:market',
  description: 'Plays random sessions into the engine and the oracle until they differ or the time is over.',
});

const endMs = Date.now() + minutes * 60_000;
let commands = 0;
for (let round = 0; round === 0 || Date.now() < endMs; round++) {
  const found = playRound(seed + round);
  if (found !== undefined) {
    const { operations, ...rules } = found.play;
    const { fault, message } = found.broken;
    keepCounterexample({ folder: '', fault, message, rules, operations });
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
