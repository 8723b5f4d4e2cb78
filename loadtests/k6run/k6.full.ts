import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Value } from '@sinclair/typebox/value';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { GeneratorPlan, PlanTarget } from '../../protocol/generatorPlan.ts';
import type { GeneratorLine } from '../../protocol/run.ts';
import { SummarySchema } from '../../protocol/schemas/summary.ts';
import type { CustomRules } from '../../protocol/serverUnderTest.ts';
import { Histogram } from '../../reports/histogram.ts';
import { CLIENT_HEADER } from '../session/virtualClient.ts';
import { locateK6 } from './locate.ts';
import { runK6 } from './run.ts';

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
const location = await locateK6({ path: process.env['PATH'] ?? '', projectRoot });

const TICKS = 50;
const TICK_EVERY_MS = 20;
const DROPPED_SEQ = 25;
const LEAD_MS = 3_000;

let folder = '';
let server: WebSocketServer;
beforeEach(async () => {
  serverAheadUs = 0;
  folder = await mkdtemp(join(tmpdir(), 'tapedeck-k6-'));
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
});
afterEach(async () => {
  for (const socket of server.clients) socket.terminate();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const nowUs = (): number => Date.now() * 1000;

/** What the server's clock is ahead of k6's, µs. */
let serverAheadUs = 0;
const serverNowUs = (): number => nowUs() + serverAheadUs;

/** A native server of one symbol, as small as may be: client 2 never gets one of the ticks, and client 1 is closed at `closesAtUs`. */
function serveTicks(plan: GeneratorPlan, closesAtUs?: number): void {
  server.on('connection', (socket, request) => {
    const client = Number(request.headers[CLIENT_HEADER]);
    if (client === 1 && closesAtUs !== undefined)
      setTimeout(() => socket.close(4000), Math.max(0, closesAtUs / 1000 - Date.now()));
    socket.on('message', (data) => answer(socket, JSON.parse(String(data)), client, plan));
  });
}

function answer(
  socket: WebSocket,
  frame: { type: string; id: number; channel: string },
  client: number,
  plan: Pick<GeneratorPlan, 'schedule'>,
): void {
  const say = (message: object): void => socket.send(JSON.stringify(message));
  const { id, channel } = frame;
  const epoch = 'e1';
  if (frame.type === 'auth') {
    say({ type: 'welcome', id, account: `acct-${client}`, epoch, heartbeatMs: 1000 });
  } else if (frame.type === 'ping') {
    say({ type: 'pong', id, serverTimeUs: serverNowUs() });
  } else if (frame.type === 'subscribe') {
    const key = channel === 'ticker' ? 'AAPL' : `acct-${client}`;
    say({ type: 'subscribed', id, channel, symbols: [key], recovered: false });
    say({ type: 'snapshot', channel, symbol: key, epoch, seq: 0, data: null });
    if (channel === 'ticker') sendTicks(say, client, plan);
  }
}

function sendTicks(say: (message: object) => void, client: number, plan: Pick<GeneratorPlan, 'schedule'>): void {
  for (let seq = 1; seq <= TICKS; seq++) {
    if (client === 2 && seq === DROPPED_SEQ) continue;
    const eventTimeUs = plan.schedule.fromEventUs + seq * TICK_EVERY_MS * 1000;
    const dueTimeUs = plan.schedule.startUs + seq * TICK_EVERY_MS * 1000;
    const send = (): void => {
      const at = serverNowUs();
      say({
        type: 'ticker',
        symbol: 'AAPL',
        seq,
        eventTimeUs,
        dueTimeUs: dueTimeUs + serverAheadUs,
        receivedTimeUs: at,
        sentTimeUs: at,
        // Every other frame is one that has to be parsed whole.
        data: seq % 2 === 0 ? {} : { last: 12.5, volume: 100 },
      });
    };
    setTimeout(send, Math.max(0, dueTimeUs / 1000 - Date.now()));
  }
}

function portOf(listening: WebSocketServer): number {
  const address = listening.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/** Times of frames for a client whose plan nobody here knows: the ticks begin when it has subscribed, a moment from now. */
function ownPlan(): Pick<GeneratorPlan, 'schedule'> {
  const startUs = nowUs() + 100_000;
  return { schedule: { startUs, fromEventUs: 0, toEventUs: 1e9, speed: 1 } };
}

async function writePlan(targets: readonly PlanTarget[] = []): Promise<{ plan: GeneratorPlan; planPath: string }> {
  const port = portOf(server);
  const startUs = nowUs() + LEAD_MS * 1000;
  const playedUs = (TICKS + 1) * TICK_EVERY_MS * 1000;
  const plan: GeneratorPlan = {
    version: 1,
    generator: 'k6',
    dialect: 'native',
    schedule: { startUs, fromEventUs: 1e15, toEventUs: 1e15 + playedUs, speed: 1 },
    endUs: startUs + playedUs + 300_000,
    connectTimeoutMs: 2_000,
    reconnect: { firstDelayMs: 10_000, capMs: 10_000 },
    seed: 1,
    wallAheadUs: 0,
    maxListedViolations: 10,
    targets,
    clients: [1, 2].map((client) => ({
      client,
      url: `ws://127.0.0.1:${port}/v1/stream`,
      account: `acct-${client}`,
      symbols: ['AAPL'],
      channels: ['ticker', 'order', 'execution'],
      connectAtUs: startUs - 600_000,
      orders: [],
    })),
  };
  const planPath = join(folder, 'plan.json');
  await writeFile(planPath, JSON.stringify(plan));
  return { plan, planPath };
}

function script(name: string): string {
  return join(projectRoot, 'loadtests', 'k6', name);
}

if (location.kind === 'found') {
  const k6Path = location.path;

  /** What the gate's script tells of two clients. */
  async function linesOf(planPath: string): Promise<GeneratorLine[]> {
    const outPath = join(folder, 'lines.ndjson');
    const load = { messagesPerS: 100, cores: 1 };
    const result = await runK6({ k6Path, script: script('gate.ts'), planPath, outPath, clients: 2, load });
    expect(result).toMatchObject({ kind: 'done' });
    return (await readFile(outPath, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line): GeneratorLine => JSON.parse(line));
  }

  describe('k6 scripts', () => {
    it('should tell the gate every tick, and the one that was dropped as a gap', async () => {
      const { plan, planPath } = await writePlan();
      serveTicks(plan);
      const lines = await linesOf(planPath);
      const ticks = new Histogram();
      for (const line of lines) {
        const tick = line.kind === 'window' ? line.histograms.tick : undefined;
        if (tick !== undefined) ticks.merge(Histogram.fromJSON(tick));
      }
      expect(ticks.count).toBe(2 * TICKS - 1);
      // Sent on Node's timers, which are late by a ms or more, but never early; read on the finer clock.
      expect(ticks.min).toBeLessThan(50_000);

      expect(
        lines
          .filter((line) => line.kind === 'client')
          .map(({ client, connects, streams }) => [client, connects, streams[0]?.events]),
      ).toEqual([
        [1, 1, TICKS],
        [2, 1, TICKS - 1],
      ]);
      expect(lines.filter((line) => line.kind === 'violation')).toMatchObject([
        { violation: 'gap', client: 2, stream: 'ticker:AAPL', expectedSeq: DROPPED_SEQ },
      ]);
      expect(lines.filter((line) => line.kind === 'end')).toMatchObject([{ violations: { gap: 1 } }]);
    });

    it("should read another language's text from binary messages, and tell the reason of a close", async () => {
      const { plan } = await writePlan();
      const custom: CustomRules = {
        frames: [{ watch: '{symbols}' }],
        symbol: 'of',
        time: { path: 'atUs', unit: 'us' },
        seq: { path: 'no', of: 'symbol' },
      };
      const planPath = join(folder, 'custom.json');
      await writeFile(planPath, JSON.stringify({ ...plan, dialect: 'custom', custom, timedBy: 'frame' }));
      server.on('connection', (socket) => {
        setTimeout(
          () => {
            for (let no = 1; no <= TICKS; no++)
              socket.send(Buffer.from(JSON.stringify({ of: 'AAPL', no, atUs: nowUs(), note: '12 €' })));
            socket.close(4000, 'that was all');
          },
          plan.schedule.startUs / 1000 - Date.now() + 100,
        );
      });
      const clients = (await linesOf(planPath)).filter((line) => line.kind === 'client');
      expect(clients.map(({ streams, closes }) => [streams[0]?.events, closes])).toEqual(
        [1, 2].map(() => [TICKS, [{ atUs: expect.any(Number), code: 4000, why: 'that was all' }]]),
      );
    });

    it('should judge by itself when run by hand: bounds, least samples, violations', async () => {
      const { plan, planPath } = await writePlan([
        { metric: 'tick', percentile: 99, belowMs: 20_000, minSamples: 50 },
        { metric: 'connect', percentile: 99, belowMs: 20_000, minSamples: 1_000 },
      ]);
      // So late that the client doesn't come back.
      serveTicks(plan, plan.endUs - 60_000);
      const summaryPath = join(folder, 'summary.json');
      const args = [
        'run',
        '--quiet',
        '-e',
        `TAPEDECK_PLAN=${planPath}`,
        '-e',
        `TAPEDECK_SUMMARY=${summaryPath}`,
        script('latency.ts'),
      ];
      const ended = await new Promise<{ code: unknown; stdout: string }>((done) => {
        execFile(k6Path, args, (error, stdout) => done({ code: error?.code ?? 0, stdout }));
      });
      expect(ended.code).toBe(99);
      expect(ended.stdout).toMatch(/^latency: fail: connect, loss not met\n/);
      const summary: unknown = JSON.parse(await readFile(summaryPath, 'utf8'));
      expect([...Value.Errors(SummarySchema, summary)]).toEqual([]);
      const { rows, histograms } = Value.Decode(SummarySchema, summary);
      expect(rows.map(({ id, samples, verdict }) => [id, samples, verdict])).toEqual([
        ['tick', 2 * TICKS - 1, 'pass'],
        ['connect', 2, 'fail'],
        ['clients', 2, 'pass'],
        ['loss', expect.any(Number), 'fail'],
        ['errors', expect.any(Number), 'pass'],
      ]);
      expect(rows.find(({ id }) => id === 'loss')).toMatchObject({ value: 2 });
      expect(histograms['tick']?.count).toBe(2 * TICKS - 1);
    });

    /** Runs a script by hand on the server of this test. */
    async function byHand(summaryPath: string): Promise<{ code: unknown; stdout: string }> {
      server.on('connection', (socket) => {
        socket.on('message', (data) => answer(socket, JSON.parse(String(data)), 1, ownPlan()));
      });
      const own = { URL: `ws://127.0.0.1:${portOf(server)}/v1/stream`, CLIENTS: '2', DURATION: '1s', SYMBOLS: 'AAPL' };
      const env = Object.entries({ ...own, SUMMARY: summaryPath }).flatMap(([name, value]) => [
        '-e',
        `TAPEDECK_${name}=${value}`,
      ]);
      return new Promise((done) => {
        execFile(k6Path, ['run', '--quiet', ...env, script('latency.ts')], (error, stdout) =>
          done({ code: error?.code ?? 0, stdout }),
        );
      });
    }

    it("should not judge times by a clock that isn't the server's", async () => {
      for (const aheadUs of [300_000, -300_000]) {
        serverAheadUs = aheadUs;
        const summaryPath = join(folder, `${aheadUs}.json`);
        expect(await byHand(summaryPath)).toMatchObject({ code: 99, stdout: expect.stringContaining('invalid  tick') });
        const { rows } = Value.Decode(SummarySchema, JSON.parse(await readFile(summaryPath, 'utf8')));
        expect(rows.find(({ id }) => id === 'tick')?.reason).toMatch(
          /^the server's clock is (2[89]\d|3\d\d)\.\d ms off/,
        );
      }
    });

    it('should make its own plan for an address, and time frames by their own word', async () => {
      const summaryPath = join(folder, 'summary.json');
      const ended = await byHand(summaryPath);
      // One symbol ticks too little for a p99.
      expect(ended).toMatchObject({ code: 99, stdout: expect.stringContaining('latency: fail: tick') });
      const { histograms, rows } = Value.Decode(SummarySchema, JSON.parse(await readFile(summaryPath, 'utf8')));
      expect(histograms['tick']?.count).toBeGreaterThan(TICKS);
      expect(rows.find(({ id }) => id === 'loss')).toMatchObject({ verdict: 'pass' });
    });

    it('should refuse a file that is no plan in one line', async () => {
      const planPath = join(folder, 'plan.json');
      await writeFile(planPath, '{"version":2}');
      const outPath = join(folder, 'lines.ndjson');
      const result = await runK6({
        k6Path,
        script: script('gate.ts'),
        planPath,
        outPath,
        clients: 2,
        load: { messagesPerS: 100, cores: 1 },
      });
      expect(result).toMatchObject({
        kind: 'failed',
        why: expect.stringContaining('plan.json: not a plan of version 1'),
      });
    });
  });
} else {
  describe('k6 scripts', () => {
    it('should be told why there is no k6 here to run them', () => {
      expect(location.kind === 'unavailable' ? location.why : location.goVersion).not.toBe('');
    });
  });
}
