import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClock } from '../../protocol/clock.ts';
import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import { hostClock } from '../../simulator/hostClock.ts';
import { SAME_CLOCK } from './clock.ts';
import { type Coordinator, LINES_FILE, startCoordinator } from './coordinator.ts';
import { Delivery } from './deliver.ts';
import { setByGate } from './gateClock.ts';
import { ask } from './http.ts';
import { prepareRun } from './join.ts';
import { type Offer, parseOffer } from './offer.ts';
import { identityOf } from './record.ts';
import type { GeneratorRecord } from './records.ts';

const SEGMENTS = 2;
const clock = hostClock({});

let folder: string;
let coordinator: Coordinator;
let url: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-coordinator-'));
  coordinator = await startCoordinator({ host: '127.0.0.1', port: 0, segments: SEGMENTS, folder, clock });
  url = `http://127.0.0.1:${coordinator.port}${coordinator.path}`;
});
afterEach(async () => {
  await coordinator.end();
  rmSync(folder, { recursive: true });
});

function offer(): Offer {
  const plan: GeneratorPlan = {
    version: 1,
    generator: 'swarm',
    dialect: 'native',
    schedule: { startUs: 1e9, fromEventUs: 0, toEventUs: 1e6, speed: 1 },
    endUs: 2e9,
    connectTimeoutMs: 1_000,
    reconnect: { firstDelayMs: 100, capMs: 100 },
    seed: 4,
    wallAheadUs: 0,
    maxListedViolations: 10,
    clients: [0, 1, 2].map((client) => ({
      client,
      url: 'ws://127.0.0.1:1/',
      account: `acct-${client}`,
      symbols: ['AAPL'],
      channels: ['ticker'],
      connectAtUs: 0,
      orders: [],
    })),
  };
  const run = identityOf('default', plan, plan.seed);
  return {
    schema: 'tapedeck.offer',
    version: 1,
    run,
    messagesPerS: 100,
    clock: { offsetUs: clock.offsetUs, bootId: 'b' },
    plan,
  };
}

function joinAs(name: string, index?: number): ReturnType<typeof ask> {
  const body = JSON.stringify({ name, apart: false, ...(index === undefined ? {} : { index }) });
  return ask(`${url}/join`, { method: 'POST', body });
}

function recordOf(index: number): GeneratorRecord {
  return {
    schema: 'tapedeck.generator',
    version: 1,
    run: offer().run,
    generator: 'swarm',
    segment: { index, of: SEGMENTS },
    lines: LINES_FILE,
    host: { name: 'test', cores: 1 },
    clock: SAME_CLOCK,
    canaryUs: [[0, 12]],
    stealShare: [],
    failed: '',
  };
}

describe('a coordinator', () => {
  it('should give each generator a segment of its own, and the plan once all are there', async () => {
    const answers = [await joinAs('a', 2), await joinAs('b')];
    await coordinator.joined;
    coordinator.offer(offer());
    const plans = await Promise.all([1, 2].map((index) => ask(`${url}/segments/${index}/plan`)));

    expect(answers.map(({ body }) => JSON.parse(body))).toEqual([
      { index: 2, of: 2 },
      { index: 1, of: 2 },
    ]);
    const offers = plans.map(({ body }) => parseOffer('the answer', body));
    expect(offers.map(({ plan }) => plan.clients.map(({ client }) => client))).toEqual([[0, 2], [1]]);
    expect(offers.map(({ plan }) => plan.seed)).toEqual([4, 5]);
    expect(offers.map(({ messagesPerS }) => messagesPerS)).toEqual([50, 50]);
  });

  it('should refuse one too many, a segment that is taken, and who does not know the key', async () => {
    await joinAs('a', 1);
    expect(await joinAs('b', 1)).toMatchObject({ status: 409, body: '{"why":"segment 1 is a\'s"}' });
    expect(await joinAs('b', 3)).toMatchObject({ status: 409, body: '{"why":"there are 2 segments, no 3"}' });
    await joinAs('b');
    expect(await joinAs('c')).toMatchObject({ status: 409, body: '{"why":"all 2 segments are taken"}' });
    expect(await ask(`http://127.0.0.1:${coordinator.port}/clock`)).toMatchObject({ status: 404 });
    expect(await ask(`${url}/segments/1/record`, { method: 'PUT', body: '{}' })).toMatchObject({ status: 400 });
  });

  it('should take lines once, however often they are delivered, and none out of turn', async () => {
    await joinAs('a', 1);
    const post = (from: number, lines: string): ReturnType<typeof ask> =>
      ask(`${url}/segments/1/lines?from=${from}`, { method: 'POST', body: lines });
    await post(0, 'one\ntwo\n');
    await post(0, 'one\ntwo\n');
    expect(await post(0, 'one\ntwo\nthree\n')).toEqual({ status: 200, body: '{"lines":3}' });
    expect(await post(5, 'six\n')).toMatchObject({ status: 409 });

    expect(readFileSync(join(folder, '1-of-2', LINES_FILE), 'utf8')).toBe('one\ntwo\nthree\n');
  });

  it('should have all of a growing file, whole lines alone, when it was delivered piece by piece', async () => {
    await joinAs('a', 1);
    const file = join(folder, 'own.ndjson');
    const delivery = new Delivery({ file, url: `${url}/segments/1/lines` });
    await delivery.send();
    writeFileSync(file, '{"kind":"one"}\n{"kind":"t');
    await delivery.send();
    const long = `{"kind":"${'x'.repeat(2_000_000)}"}`;
    appendFileSync(file, `wo"}\n${long}\n{"kind":"end"}\n`);
    await delivery.send();
    await delivery.send();

    expect(readFileSync(join(folder, '1-of-2', LINES_FILE), 'utf8')).toBe(readFileSync(file, 'utf8'));
  });

  it('should say when all have delivered, and who owes', async () => {
    await joinAs('a');
    await joinAs('b');
    await ask(`${url}/segments/1/record`, { method: 'PUT', body: JSON.stringify(recordOf(1)) });
    expect(coordinator.owing()).toEqual([2]);
    await ask(`${url}/segments/2/record`, { method: 'PUT', body: JSON.stringify(recordOf(2)) });
    await coordinator.delivered;

    expect(coordinator.owing()).toEqual([]);
    expect(JSON.parse(readFileSync(join(folder, '2-of-2', 'generator.json'), 'utf8'))).toEqual(recordOf(2));
  });

  it('should give the whole plan to a tool that cuts it itself, and not wait for what that measured', async () => {
    const prepared = Promise.all([prepareRun({ url }), prepareRun({ url })]);
    await coordinator.joined;
    coordinator.offer(offer());

    expect((await prepared).map(({ offer: { plan } }) => plan.clients.length)).toEqual([3, 3]);
    await coordinator.delivered;
  });
});

describe('a clock set by the gate', () => {
  it('should be the very clock on the same machine', async () => {
    const set = await setByGate(`${url}/clock`);

    expect(set.record()).toEqual(SAME_CLOCK);
    expect(set.clock.offsetUs).toBeCloseTo(clock.offsetUs, 3);
  });

  it('should be as far off as it says, at most, where only the network tells', async () => {
    const aheadUs = 7_000_000;
    // The gate's monotonic time runs as another machine's would: what it says of its offset doesn't fit ours.
    const far = createClock(() => clock.nowUs() + aheadUs - clock.offsetUs, clock.offsetUs);
    const other = await startCoordinator({ host: '127.0.0.1', port: 0, segments: 1, folder, clock: far });
    const set = await setByGate(`http://127.0.0.1:${other.port}${other.path}/clock`);
    await set.ask();
    await other.end();
    const record = set.record();

    expect(record).toMatchObject({ method: 'estimated', estimates: 2 });
    expect(Math.abs(set.clock.nowUs() - far.nowUs())).toBeLessThan((record.errorUs ?? 0) + 1_000);
    expect(record.errorUs).toBeLessThan(100_000);
  });
});
