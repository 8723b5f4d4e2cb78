import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError, program } from '@commander-js/extra-typings';
import { type ProtocolRuns, runSessions } from './protocolRuns.ts';
import { startLawServer } from './protocolServer.ts';

/** Sessions per round: between rounds the progress is told and the clock is read. */
const ROUND_RUNS = 500;
/** Of which so many, in a round of their own, have restarts of a server with a journal. */
const RESTART_RUNS = 50;
const FOLDER = new URL('../../fixtures/counterexamples/protocol/', import.meta.url);

const { minutes, seed } = program
  .name('npm run fuzz:protocol --')
  .description('Plays random sessions against a running server until one breaks the law or the time is over.')
  .option('--minutes <number>', 'how long to look', atLeast(0), 10)
  .option('--seed <number>', 'where the random sessions begin', atLeast(1), Date.now() % 2 ** 31)
  .parse()
  .opts();

const endMs = Date.now() + minutes * 60_000;
let sessions = 0;
for (let round = 0; round === 0 || Date.now() < endMs; round++) {
  const hasJournal = round % 2 === 1;
  const runs = await playRound({ seed: seed + round, hasJournal });
  sessions += runs.sessions;
  if (runs.broken !== undefined) {
    keep(runs.broken, hasJournal);
    process.exitCode = 1;
    break;
  }
  console.info(`${sessions} sessions held, seed ${seed + round}${hasJournal ? ', with restarts' : ''}`);
}

/** One round of random sessions against a server of its own. */
async function playRound(round: { readonly seed: number; readonly hasJournal: boolean }): Promise<ProtocolRuns> {
  const folder = round.hasJournal ? mkdtempSync(join(tmpdir(), 'fuzz-protocol-')) : undefined;
  const server = await startLawServer(folder);
  try {
    return await runSessions(server, { seed: round.seed, numRuns: round.hasJournal ? RESTART_RUNS : ROUND_RUNS });
  } finally {
    await server.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes the session down as a test for ever. */
function keep({ operations, fault }: NonNullable<ProtocolRuns['broken']>, hasJournal: boolean): void {
  const lines = operations.map((operation) => `    ${JSON.stringify(operation)}`);
  const why = `Found by random sessions: ${fault.replaceAll('\n', '; ')}`;
  const head = JSON.stringify({ why, ...(hasJournal && { hasJournal }) }, undefined, 2).slice(0, -2);
  const name = `found-${createHash('sha256').update(lines.join()).digest('hex').slice(0, 8)}.json`;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(new URL(name, FOLDER), `${head},\n  "operations": [\n${lines.join(',\n')}\n  ]\n}\n`);
  console.error(`${fault}\nkept as fixtures/counterexamples/protocol/${name}: say in "why" which rule decides`);
}

function atLeast(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least))
      throw new InvalidArgumentError(`a number of at least ${least} is needed`);
    return value;
  };
}
