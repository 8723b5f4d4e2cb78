import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runParameters } from './arbitraries.ts';
import { runSessions } from './protocolRuns.ts';
import { startLawServer } from './protocolServer.ts';

describe('sessions', () => {
  it('should hold what a client may believe over 2,500 random ones more', async () => {
    const server = await startLawServer();
    const run = runParameters({ name: 'sessions, at length', runs: 2_500 });
    // Another seed than the short run's.
    const { sessions, broken } = await runSessions(server, { ...run, seed: run.seed + 1 });
    await server.stop();
    expect(broken).toBeUndefined();
    expect(sessions).toBeGreaterThanOrEqual(2_500);
  });

  it('should hold it over 200 more with restarts of a server with a journal', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'protocol-law-'));
    const server = await startLawServer(folder);
    const run = runParameters({ name: 'restarts, at length', runs: 200 });
    const { broken } = await runSessions(server, { ...run, seed: run.seed + 1 });
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
    expect(broken).toBeUndefined();
  });
});
