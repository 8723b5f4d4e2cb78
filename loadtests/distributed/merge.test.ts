import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CRYPTO } from '../../market/calendar/calendars.ts';
import { MarketEngine } from '../../market/engine.ts';
import { PatternFeed } from '../../market/patterns/patternFeed.ts';
import type { Instrument } from '../../market/types.ts';
import type { GeneratorLine } from '../../protocol/run.ts';
import { FAULTS } from '../faulty/faults.ts';
import type { RunEvidence } from '../judge/evidence.ts';
import { mergeLines } from '../judge/merge.ts';
import { judge } from '../judge/verdict.ts';
import { playGenerators } from '../session/virtualRun.ts';
import type { ModelEngine, ModelSinks } from '../session/virtualServer.ts';
import { loadTargets } from '../targets/load.ts';
import { type JudgedRunOptions, stageRun } from '../trust/judgedRun.ts';
import { readCheckedLines } from './checkedLines.ts';
import { SAME_CLOCK } from './clock.ts';
import { mergeEvidence, type RunPart } from './merge.ts';
import { identityOf } from './record.ts';
import type { ClockRecord } from './records.ts';
import { insideRecord, latenessRecord, type ReadRun } from './runFile.ts';

const GENERATORS = 4;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-merge-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The real core, with bars and patterns. */
function engine(instruments: readonly Instrument[], sinks: ModelSinks): ModelEngine {
  const feed: PatternFeed = new PatternFeed({
    symbols: instruments.length,
    sink: () => sinks.pattern(feed.engine.describe()),
    next: {
      barClosed: (symbol, frame) => {
        const bar = core.data?.bars.window(symbol, 0);
        if (frame !== 0 || bar === undefined) return;
        const [startUs, open, high, low, close] = [bar.startUs(0), bar.open(0), bar.high(0), bar.low(0), bar.close(0)];
        sinks.bar({ symbol, startUs, open, high, low, close, volume: bar.volume(0) });
      },
      barCorrected: () => undefined,
      gap: () => undefined,
    },
  });
  const data = { calendar: CRYPTO, sink: feed };
  const core = new MarketEngine({ instruments, sink: sinks.event, startingCash: 1e13, data });
  if (core.data !== undefined) feed.connect(core.data.bars);
  return {
    onTick: (tick) => core.onTick(tick),
    onCommand: (command) => core.onCommand(command),
    onClock: (timeUs) => core.onControl({ kind: 'clock', timeUs }),
  };
}

function options(fault: string): JudgedRunOptions {
  const set = loadTargets('default');
  const targets = set.targets
    .filter(({ id }) => id !== 'uptime' && id !== 'leak')
    .map((target) => ({ ...target, minSamples: Math.min(target.minSamples, 4), ...boundsOf(target.id) }));
  return { fault: FAULTS[fault] ?? raise(fault), targets: { ...set, targets }, engine };
}

function boundsOf(id: string): { bound?: number } {
  return id === 'clients' ? { bound: 8 } : id === 'symbols' ? { bound: 16 } : {};
}

function raise(name: string): never {
  throw new Error(`no fault ${name}`);
}

/** A run recorded by so many generators, each in a file of its own, and the evidence of the gate that heard all of it. */
function record(fault: string, generators: number): Promise<Recorded> {
  const name = `${fault}/${generators}`;
  const known = recorded.get(name) ?? recordAnew(fault, generators);
  recorded.set(name, known);
  return known;
}

const recorded = new Map<string, Promise<Recorded>>();

async function recordAnew(fault: string, generators: number): Promise<Recorded> {
  const { play, part, evidenceOf } = stageRun(options(fault));
  const told = playGenerators({ ...play, generators });
  const evidence = evidenceOf(mergeLines('swarm', told.flat()));
  const parts = await Promise.all(told.map((lines, at) => partOf(lines, { index: at + 1, of: generators })));
  const record: ReadRun = {
    schema: 'tapedeck.run',
    version: 1,
    run: identityOf('virtual', play.plan, play.plan.seed),
    scenario: evidence.scenario,
    targets: evidence.targets,
    tape: { path: '', sha256: '', isPlayed: true, fromUs: part.fromUs, toUs: part.toUs, barsFromUs: null },
    isNumbered: true,
    clients: play.plan.clients.map(({ client, symbols, orders }) => ({
      client,
      symbols: [...symbols],
      orders: orders.length,
    })),
    segments: generators,
    generators: [],
    inside: insideRecord(evidence.inside),
    lateness: latenessRecord(evidence.lateness, new Set(['swarm'])),
    cuts: evidence.cuts.map((cut) => ({ ...cut })),
    expectedHeads: [...evidence.expectedHeads],
    absent: [...evidence.absent],
    discardS: 0,
    serverDied: '',
    failed: '',
    runHash: '',
    transport: '',
    notes: [],
  };
  return { union: { record, part, parts }, evidence };
}

interface Recorded {
  readonly union: Parameters<typeof mergeEvidence>[0];
  readonly evidence: RunEvidence;
}

async function partOf(lines: readonly GeneratorLine[], segment: { index: number; of: number }): Promise<RunPart> {
  const path = join(mkdtempSync(join(folder, 'part-')), 'lines.ndjson');
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const { data, damage } = await readCheckedLines({ generator: 'swarm', path, isWhole: true });
  const name = `swarm ${segment.index}/${segment.of}`;
  return {
    name,
    from: path,
    data,
    segment,
    clock: SAME_CLOCK,
    canaryUs: new Map(),
    stealShare: new Map(),
    failed: '',
    damage,
  };
}

/** Everything that a verdict is made from, in a form that can be compared to the letter. */
function letters(evidence: RunEvidence): string {
  const generators = evidence.generators.map((data) => ({
    ...data,
    metrics: [...data.metrics].sort().map(([metric, windows]) => [metric, [...windows].sort((a, b) => a[0] - b[0])]),
    received: [...data.received].sort((a, b) => a[0] - b[0]),
    connected: [...data.connected].sort((a, b) => a[0] - b[0]),
    violationCounts: [...data.violationCounts].sort(),
    // Each generator tells its own end.
    ends: 0,
  }));
  const { orders, market, plannedClients, plannedOrders } = evidence;
  return JSON.stringify({ generators, orders, market, plannedClients, plannedOrders });
}

describe('a run that four generators shared', () => {
  for (const fault of ['none', 'drop', 'late-trigger']) {
    it(`should be the same as one generator's, to the letter: ${fault}`, async () => {
      const one = await record(fault, 1);
      const four = await record(fault, GENERATORS);
      const merged = mergeEvidence(four.union).evidence;

      expect(letters(merged)).toBe(letters(mergeEvidence(one.union).evidence));
      expect(judge(merged)).toEqual(judge(one.evidence));
      expect(judge(merged).verdict).toBe(FAULTS[fault]?.verdict);
    });
  }

  it('should have lost nothing: each message that a client counted is in the union', async () => {
    const { union } = await record('none', GENERATORS);
    const { evidence } = mergeEvidence(union);
    const count = (parts: readonly RunPart['data'][]): number =>
      parts.reduce((sum, data) => sum + [...data.received.values()].reduce((n, received) => n + received, 0), 0);

    expect(union.parts).toHaveLength(GENERATORS);
    expect(count(evidence.generators)).toBe(count(union.parts.map(({ data }) => data)));
    expect(evidence.generators[0]?.clients.map(({ client }) => client)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('should be invalid, and name the segment, when one is missing', async () => {
    const { union } = await record('none', GENERATORS);
    const { evidence } = mergeEvidence({ ...union, parts: union.parts.filter((_, at) => at !== 2) });

    expect(judge(evidence)).toMatchObject({
      verdict: 'invalid',
      why: 'segment 3/4 is missing: nobody delivered what they measured',
    });
  });

  it('should fail for what the others saw broken, though a segment is missing', async () => {
    const { union } = await record('drop', GENERATORS);
    const { evidence } = mergeEvidence({ ...union, parts: union.parts.slice(1) });

    expect(judge(evidence).verdict).toBe('fail');
  });

  for (const fault of ['none', 'drop']) {
    it(`should be invalid when a line of one has gone, whatever the others saw: ${fault}`, async () => {
      const { union } = await record(fault, GENERATORS);
      const [first, ...others] = union.parts;
      if (first === undefined) throw new Error('no parts');
      const lines = readFileSync(first.from, 'utf8').split('\n');
      const path = join(folder, `${fault}-damaged.ndjson`);
      writeFileSync(path, lines.filter((_, at) => at !== 4).join('\n'));
      const { data, damage } = await readCheckedLines({ generator: 'swarm', path, isWhole: true });
      const { evidence } = mergeEvidence({ ...union, parts: [{ ...first, data, damage }, ...others] });

      expect(judge(evidence)).toMatchObject({ verdict: 'invalid', why: expect.stringContaining(`${path}: 1 of its`) });
    });
  }

  it('should be invalid when a file holds everything twice', async () => {
    const { union } = await record('none', GENERATORS);
    const [first, ...others] = union.parts;
    if (first === undefined) throw new Error('no parts');
    const path = join(folder, 'doubled.ndjson');
    writeFileSync(path, readFileSync(first.from, 'utf8').repeat(2));
    const { data, damage } = await readCheckedLines({ generator: 'swarm', path, isWhole: true });
    const { evidence } = mergeEvidence({ ...union, parts: [{ ...first, from: path, data, damage }, ...others] });

    expect(judge(evidence)).toMatchObject({ verdict: 'invalid', why: `${path}: client 0 comes twice in it` });
  });

  it('should say how a generator failed, not what it left unfinished, and keep what others proved', async () => {
    const { union } = await record('drop', GENERATORS);
    const [first, ...others] = union.parts;
    if (first === undefined) throw new Error('no parts');
    const failed = { ...first, failed: 'the swarm ended with SIGKILL', damage: 'line 9 is cut off' };
    expect(judge(mergeEvidence({ ...union, parts: [failed, ...others] }).evidence).verdict).toBe('fail');
    const sound = await record('none', GENERATORS);
    const [one, ...rest] = sound.union.parts;
    if (one === undefined) throw new Error('no parts');
    const { evidence } = mergeEvidence({ ...sound.union, parts: [{ ...one, ...failed, data: one.data }, ...rest] });
    expect(judge(evidence)).toMatchObject({ verdict: 'invalid', why: expect.stringContaining('SIGKILL') });
  });

  it('should be refused when a client comes twice, and say which', async () => {
    const { union } = await record('none', GENERATORS);
    const [first] = union.parts;

    expect(() => mergeEvidence({ ...union, parts: [...union.parts, ...(first === undefined ? [] : [first])] })).toThrow(
      /client 0 comes twice/,
    );
  });

  it('should be refused when a client was never planned', async () => {
    const { union } = await record('none', GENERATORS);
    const clients = union.record.clients.filter(({ client }) => client !== 5);

    expect(() => mergeEvidence({ ...union, record: { ...union.record, clients } })).toThrow(/client 5 is not in/);
  });
});

describe('the clocks of several generators', () => {
  /** The sound run, with the clock of its third generator so. */
  async function withClock(clock: ClockRecord): Promise<ReturnType<typeof judge>> {
    const { union } = await record('none', GENERATORS);
    const parts = union.parts.map((part, at) => (at === 2 ? { ...part, clock } : part));
    return judge(mergeEvidence({ ...union, parts }).evidence);
  }
  const estimated = { method: 'estimated', offsetUs: 0, driftPpm: 0, estimates: 3 } as const;

  it('should leave a verdict that lies outside their error', async () => {
    const { verdict, why } = await withClock({ ...estimated, errorUs: 2_000 });

    expect(verdict, why).toBe('pass');
  });

  it('should leave no verdict to a bound that is tighter than their error', async () => {
    const { verdict, why } = await withClock({ ...estimated, errorUs: 150_000 });

    expect(verdict).toBe('invalid');
    expect(why).toContain('tick');
    expect(why).toContain('times are known to 150.0 ms only');
  });

  it('should leave no verdict when nobody knows of one', async () => {
    const { verdict, why } = await withClock({ ...estimated, method: 'none', errorUs: null });

    expect(verdict).toBe('invalid');
    expect(why).toBe('swarm 3/4: nobody knows how far its clock was off; state it with --clock-error');
  });
});
