import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadScenario } from '../../simulator/scenario.ts';
import { loadTargets } from '../targets/load.ts';
import { SAME_CLOCK } from './clock.ts';
import { loadUnion } from './load.ts';
import type { GeneratorRecord, RunIdentity, RunRecord, WindowsRecord } from './records.ts';
import { readRunRecord, writeGeneratorRecord, writeRunRecord } from './runFile.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-union-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const RUN: RunIdentity = {
  scenario: 'smoke',
  seed: 7,
  dialect: 'native',
  codec: 'json',
  schedule: { startUs: 1e9, fromEventUs: 0, toEventUs: 8e6, speed: 1 },
  endUs: 1.01e9,
};

function gate(name: string, run: Partial<RunIdentity> = {}): string {
  const path = join(folder, name);
  mkdirSync(path);
  const record: RunRecord = {
    schema: 'tapedeck.run',
    version: 1,
    run: { ...RUN, ...run },
    scenario: loadScenario('smoke'),
    targets: loadTargets('default'),
    tape: { path: join(folder, 'gone.tape'), sha256: 'ab', isPlayed: true, fromUs: 0, toUs: 8e6, barsFromUs: null },
    isNumbered: true,
    clients: [{ client: 0, symbols: ['AAPL'], orders: 2 }],
    segments: 2,
    generators: [],
    inside: { process: [], publish: [], series: { cpu: [[0, 0.5]], bytesOut: [[0, 900]] } },
    lateness: { canaryUs: [], stealShare: [], loopDelayUs: [], slipUs: [], runQueueUs: [], clockErrorUs: 0 },
    cuts: [],
    expectedHeads: [['AAPL', 12]],
    absent: [['polled', 'its feed is no polled one']],
    discardS: 0,
    serverDied: '',
    failed: '',
    runHash: '',
    transport: 'uWebSockets.js',
    notes: [],
  };
  writeRunRecord(path, record);
  return path;
}

function generator(name: string, run: Partial<RunIdentity> = {}): string {
  const path = join(folder, name);
  mkdirSync(path);
  const record: GeneratorRecord = {
    schema: 'tapedeck.generator',
    version: 1,
    run: { ...RUN, ...run },
    generator: 'swarm',
    segment: { index: 1, of: 2 },
    lines: 'swarm.ndjson',
    host: { name: 'b', cores: 2 },
    clock: SAME_CLOCK,
    canaryUs: [],
    stealShare: [],
    failed: '',
  };
  writeGeneratorRecord(path, record);
  return path;
}

function raise(why: string): never {
  throw new Error(why);
}

function refusal(...paths: string[]): Promise<unknown> {
  return loadUnion({ paths }).catch((error: unknown) => error);
}

describe('the parts of a run', () => {
  it('should be refused when they are of different runs, with what differs', async () => {
    const own = gate('gate');
    const differing: Partial<RunIdentity>[] = [
      { seed: 8 },
      { scenario: 'default' },
      { codec: 'msgpack' },
      { schedule: { ...RUN.schedule, startUs: 2e9 } },
    ];
    const whys = await Promise.all(differing.map((run, at) => refusal(own, generator(`g${at}`, run))));

    expect(whys.map((why) => (why instanceof Error ? why.message.replace(/^.*: /, '') : why))).toEqual([
      'seed is 7 there and 8 here',
      'scenario is smoke there and default here',
      'codec is json there and msgpack here',
      'schedule.startUs is 1000000000 there and 2000000000 here',
    ]);
    for (const why of whys) expect(why).toMatchObject({ name: 'MergeError', fault: 'bad' });
  });

  it('should be refused without a gate, with two, and where there is nothing', async () => {
    expect(await refusal(generator('alone'))).toMatchObject({ fault: 'missing' });
    expect(await refusal(gate('one'), gate('two'))).toMatchObject({
      fault: 'bad',
      message: expect.stringContaining('each has a server of its own'),
    });
    expect(await refusal(join(folder, 'nowhere'))).toMatchObject({ fault: 'missing' });
    mkdirSync(join(folder, 'empty'));
    expect(await refusal(join(folder, 'empty'))).toMatchObject({ fault: 'missing' });
  });

  it('should say where a tape that has moved can be named', async () => {
    expect(await refusal(gate('gate'))).toMatchObject({
      fault: 'missing',
      message: expect.stringContaining("the run's tape isn't there; say where it is with --tape"),
    });
  });

  it('should be refused when a record is cut off or no record, with the file and the place', async () => {
    const cut = gate('cut');
    writeFileSync(join(cut, 'run.json'), '{"schema":"tapedeck.run"');
    const other = gate('other');
    writeFileSync(join(other, 'run.json'), '{"schema":"tapedeck.run","version":1}');

    expect(await refusal(cut)).toMatchObject({ fault: 'bad', message: expect.stringContaining('run.json: no JSON') });
    expect(await refusal(other)).toMatchObject({ fault: 'bad', message: expect.stringContaining('run.json: /run') });
  });

  it('should be found beside plain files, which are no parts of it', async () => {
    gate('gate');
    writeFileSync(join(folder, 'note.txt'), 'host-b was slow today');
    writeFileSync(join(folder, 'segments'), 'no folder either');

    expect(await refusal(folder)).toMatchObject({
      fault: 'missing',
      message: expect.stringContaining("the run's tape isn't there"),
    });
  });

  it('should be refused when a histogram of the record contradicts itself', async () => {
    const path = gate('gate');
    const { scenario: _, ...record } = readRunRecord(path) ?? raise('no record');
    const broken: WindowsRecord = [[3, { count: 9, min: 5, max: 5, sum: 5, buckets: [[5, 1]] }]];
    const inside = { process: [], publish: broken, series: {} };
    writeRunRecord(path, { ...record, scenario: loadScenario('smoke'), inside });

    expect(await refusal(path)).toMatchObject({
      fault: 'bad',
      message: expect.stringContaining('run.json: /inside/publish: the histogram of second 3 contradicts itself'),
    });
  });

  it('should be read as they were written', () => {
    const record = readRunRecord(gate('gate'));

    expect(record?.scenario).toEqual(loadScenario('smoke'));
    expect(record?.targets).toEqual(loadTargets('default'));
  });
});
