import type { Capacity, Plateau } from '../../protocol/schemas/capacity.ts';

const MB = 2 ** 20;
const PLAYED: readonly (readonly [number, Plateau['outcome']])[] = [
  ...([50, 100, 200, 400, 800] as const).map((load) => [load, 'held'] as const),
  [1600, 'invalid'],
  [1600, 'held'],
  [3200, 'broken'],
  [3200, 'broken'],
  [2263, 'broken'],
  [1903, 'broken'],
  [1760, 'broken'],
  [1600, 'held'],
  [1760, 'broken'],
];

/** A made-up search for tests and for looking at the page. */
export function testCapacity(): Capacity {
  const lambda = 700;
  const sigma = 0.01;
  const kappa = 2e-6;
  const at = (load: number): number => (lambda * load) / (1 + sigma * (load - 1) + kappa * load * (load - 1));
  const plateaus = PLAYED.map(([load, outcome], played): Plateau => {
    const wobble = 1 + 0.03 * Math.sin(7 * played);
    const cpu = outcome === 'broken' ? 0.98 : (wobble * 20 * load) / at(load);
    return {
      load,
      outcome,
      cause: { held: 'none', broken: 'target', invalid: 'noise' }[outcome] as Plateau['cause'],
      why: { held: 'all 15 targets are held', broken: 'tick (p99 < 100 ms) measured p99 240 ms', invalid: 'steal' }[
        outcome
      ],
      brokenTarget: outcome === 'broken' ? 'tick' : '',
      p50Us: 1_500 * wobble,
      p99Us: outcome === 'broken' ? 240_000 : 4_000 / (1 - load / 1700),
      cpu,
      rssBytes: (110 + load / 12) * MB,
      messagesPerS: 20 * load,
      bytesPerS: 4_200 * load,
      workPerS: 20 * load,
      loopDelayUs: 12_000,
      generatorCpu: load / 5000,
      machineCpu: 0.6,
      lostConnections: '',
      folder: `plateaus/${String(played + 1).padStart(2, '0')}-${load}`,
    };
  });
  const parameter = (value: number): { value: number; interval: [number, number] } => ({
    value,
    interval: [0.9 * value, 1.1 * value],
  });
  return {
    schema: 'tapedeck.capacity',
    version: 1,
    vary: 'clients',
    scenario: 'capacity',
    targets: 'default',
    startedAt: '2026-11-21T20:00:00.000Z',
    durationS: 412,
    seed: 20200316,
    commit: '34efc7578e3b',
    command: 'node dist/cli/main.js capacity --vary clients --for 200000',
    plateauS: 15,
    warmUpS: 3,
    tickBoundUs: 100_000,
    bracket: {
      holds: 1600,
      breaks: 1760,
      unclearFrom: null,
      end: 'found',
      isRepeated: true,
      why: 'at 1760: tick broke',
    },
    bounded: { by: 'cpu', why: 'CPU: the server used 98 % of a core' },
    usl: {
      response: 'work per CPU second',
      lambda: parameter(lambda),
      sigma: parameter(sigma),
      kappa: parameter(kappa),
      plateaus: 7,
      noise: 0.03,
      peak: parameter(704),
      fullCore: parameter(1850),
      curve: Array.from({ length: 40 }, (_, step): [number, number, number, number] => {
        const load = 50 * 96 ** (step / 39);
        return [load, at(load), 0.93 * at(load), 1.07 * at(load)];
      }),
    },
    uslLacks: '',
    sizing: null,
    plateaus,
    answer: [
      'Holds 1,600 clients, breaks at 1,760 (tick broke).',
      'What bounded it: CPU: the server used 98 % of a core.',
      'For 200,000 clients at this mix: 157 gateways of 2 cores, 35.0 GB of memory, 6.7 Gbit/s to clients; extrapolation factor 125.0: beyond 10, so this is a guess.',
    ],
    environment: {
      node: 'v20.20.0',
      platform: 'linux 6.1 x64',
      cpus: 2,
      cpuModel: 'AMD EPYC',
      memoryBytes: 24 * 1024 * MB,
    },
  };
}
