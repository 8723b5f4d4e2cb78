import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClientPlan, GeneratorPlan } from '../../protocol/generatorPlan.ts';
import { projectFile } from '../../simulator/paths.ts';
import { locateK6 } from '../k6run/locate.ts';
import { readLines } from './lines.ts';
import { clientsOfSegment } from './segment.ts';

const k6 = await locateK6({ path: process.env['PATH'] ?? '', projectRoot: projectFile() });
const INSTANCES = 2;
/** Not a multiple of anything here: three VUs' worth, which becomes four for two instances. */
const CLIENTS = 63;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-segments-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function planOf(startUs: number): GeneratorPlan {
  return {
    version: 1,
    generator: 'k6',
    dialect: 'native',
    schedule: { startUs, fromEventUs: 0, toEventUs: 1e6, speed: 1 },
    endUs: startUs + 500_000,
    connectTimeoutMs: 200,
    reconnect: { firstDelayMs: 60_000, capMs: 60_000 },
    seed: 1,
    wallAheadUs: 0,
    maxListedViolations: 0,
    // Nobody listens on the discard port: a client that can't connect tells its end like any other.
    clients: Array.from(
      { length: CLIENTS },
      (_, client): ClientPlan => ({
        client,
        url: 'ws://127.0.0.1:9/',
        account: `acct-${client}`,
        symbols: ['AAPL'],
        channels: ['ticker'],
        connectAtUs: startUs,
        orders: [],
      }),
    ),
  };
}

/** Runs one of several k6 instances of a test, and returns whose clients it told of. */
async function instance(path: string, index: number, planPath: string): Promise<number[]> {
  const out = join(folder, `${index}.ndjson`);
  const args = ['run', '--quiet', '--no-color', '--log-format', 'raw', '--address', '', '--console-output', out];
  args.push('--execution-segment', `${index - 1}/${INSTANCES}:${index}/${INSTANCES}`);
  args.push('--execution-segment-sequence', '0,1/2,1');
  args.push('-e', `TAPEDECK_PLAN=${planPath}`, '-e', 'TAPEDECK_LINES=1', '-e', `TAPEDECK_SEGMENTS=${INSTANCES}`);
  const env = { ...process.env, K6_NO_USAGE_REPORT: 'true', K6_AUTO_EXTENSION_RESOLUTION: 'false' };
  await new Promise<void>((resolve, reject) => {
    execFile(path, [...args, projectFile('loadtests', 'k6', 'gate.ts')], { env }, (error, _, told) => {
      if (error === null) resolve();
      else reject(new Error(told));
    });
  });
  const { clients } = await readLines('k6', out);
  return clients.map(({ client }) => client).sort((a, b) => a - b);
}

describe.runIf(k6.kind === 'found')("k6's own segments", () => {
  it('should give each client to one instance, the same one as our segments do', async () => {
    if (k6.kind !== 'found') return;
    const plan = planOf((Date.now() + 2_000) * 1000);
    const planPath = join(folder, 'plan.json');
    writeFileSync(planPath, JSON.stringify(plan));
    const found = await Promise.all([1, 2].map((index) => instance(k6.path, index, planPath)));

    expect(found).toEqual(
      [1, 2].map((index) => clientsOfSegment(plan.clients, { index, of: INSTANCES }).map(({ client }) => client)),
    );
  });
});
