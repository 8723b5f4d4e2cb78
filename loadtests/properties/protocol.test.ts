import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { afterEach, describe, expect, it } from 'vitest';
import { runParameters } from './arbitraries.ts';
import { KeptSessionSchema } from './protocolOperations.ts';
import { playSession, runSessions } from './protocolRuns.ts';
import { startLawServer } from './protocolServer.ts';

const FOLDER = new URL('../../fixtures/counterexamples/protocol/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

/** What thousands of round trips may take where eight others use the machine. */
const LONG_MS = 150_000;

const MUST_HAPPEN = [
  ...['welcome', 'refreshed', 'subscribed', 'recovered', 'unsubscribed', 'snapshot', 'heartbeat', 'system', 'pong'],
  ...['ticker', 'trade', 'bar', 'pattern', 'order', 'execution', 'position', 'alert', 'news', 'result'],
  ...['order.accepted', 'duplicate', 'alert.accepted', 'alert.cleared', 'presence.accepted'],
  ...['error bad_json', 'error too_deep', 'error bad_message', 'error unknown_type', 'error unauthenticated'],
  ...['error unknown_channel', 'error unknown_symbol', 'error too_many_symbols', 'error forbidden', 'error bad_token'],
  ...['error unknown_alert', 'error unknown_order', 'error order_not_open', 'error no_market', 'error bad_quantity'],
  'msgpack',
  ...['close 1006', 'close 4400', 'close 4413'],
];

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Starts a server that is gone after the test, with its journal if it has one. */
async function start(hasJournal: boolean): ReturnType<typeof startLawServer> {
  const folder = hasJournal ? mkdtempSync(join(tmpdir(), 'protocol-law-')) : undefined;
  if (folder !== undefined) ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startLawServer(folder);
  ends.push(server.stop);
  return server;
}

describe('sessions', () => {
  it(
    'should hold what a client may believe over 500 random ones',
    async () => {
      const run = runParameters({ name: 'sessions', runs: 500 });
      const { sessions, broken, happened } = await runSessions(await start(false), run);
      expect(broken).toBeUndefined();
      // If nothing happened, the law would hold for any server.
      for (const what of MUST_HAPPEN) expect(happened.get(what) ?? 0, what).toBeGreaterThan(0);
      expect(sessions).toBeGreaterThanOrEqual(500);
    },
    LONG_MS,
  );

  it(
    'should hold it over restarts of a server with a journal',
    async () => {
      const { broken } = await runSessions(await start(true), runParameters({ name: 'restarts', runs: 25 }));
      expect(broken).toBeUndefined();
    },
    LONG_MS,
  );

  it.each(FILES)('should hold for %s', async (name) => {
    const parsed: unknown = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
    const { hasJournal = false, operations } = Value.Parse(KeptSessionSchema, parsed);
    await playSession(await start(hasJournal), operations);
  });
});
