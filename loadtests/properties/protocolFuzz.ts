import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fuzzOptions, keepCounterexample } from './fuzzing.ts';
import { type ProtocolRuns, runSessions } from './protocolRuns.ts';
import { startLawServer } from './protocolServer.ts';

/** Sessions per round: between rounds the progress is told and the clock is read. */
const ROUND_RUNS = 500;
/** Of which so many, in a round of their own, have restarts of a server with a journal. */
const RESTART_RUNS = 50;

const { minutes, seed } = fuzzOptions({
  name: 'fuzz:protocol',
  description: 'Plays random sessions against a running server until one breaks the law or the time is over.',
});

const endMs = Date.now() + minutes * 60_000;
let sessions = 0;
for (let round = 0; round === 0 || Date.now() < endMs; round++) {
  const hasJournal = round % 2 === 1;
  const runs = await playRound({ seed: seed + round, hasJournal });
  sessions += runs.sessions;
  if (runs.broken !== undefined) {
    const { operations, fault } = runs.broken;
    const rules = hasJournal ? { hasJournal } : {};
    keepCounterexample({ folder: 'protocol/', fault, message: fault, rules, operations });
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
