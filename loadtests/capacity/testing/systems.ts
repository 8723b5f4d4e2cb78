import type { Plateau } from '../../../protocol/schemas/capacity.ts';
import { seededRandom } from '../../gate/random.ts';

/** A made-up server under load, whose breaking point is known. */
export interface SyntheticSystem {
  /** The load at which it breaks without noise; undefined where only the generator gives way. */
  readonly truth: number;
  readonly measure: (load: number) => Plateau;
}

/** A plateau with nothing seen but its outcome. */
export function plateau(given: Pick<Plateau, 'load'> & Partial<Plateau>): Plateau {
  return {
    outcome: 'held',
    cause: 'none',
    why: '',
    brokenTarget: '',
    p50Us: null,
    p99Us: null,
    cpu: null,
    rssBytes: null,
    messagesPerS: given.load,
    bytesPerS: null,
    workPerS: given.load,
    loopDelayUs: null,
    generatorCpu: null,
    machineCpu: null,
    lostConnections: '',
    folder: '',
    ...given,
  };
}

const BOUND_US = 100_000;

/** Normal numbers from a seed (Box and Muller). */
export function normalRandom(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

interface Noise {
  readonly seed: number;
  /** Standard deviation of ln of the measured figure. */
  readonly noise: number;
  /** Share of plateaus in which the machine is late. */
  readonly invalidShare?: number;
  /** Share of plateaus that break for no reason of the server's and unseen. */
  readonly falseShare?: number;
}

/** A queue: p99 = base + service / (1 - load / capacity), over the bound or full: broken. The smaller the service time, the sharper the knee. */
export function queueSystem(system: Noise & { capacity: number; serviceUs: number }): SyntheticSystem {
  const { capacity, serviceUs } = system;
  const baseUs = 2_000;
  const at = (load: number): number =>
    load >= capacity ? Number.POSITIVE_INFINITY : baseUs + serviceUs / (1 - load / capacity);
  return { truth: capacity * (1 - serviceUs / (BOUND_US - baseUs)), measure: noisy(system, at, BOUND_US) };
}

/** Latency that grows with a power of the load: no knee at all. */
export function softSystem(system: Noise & { truth: number; power: number }): SyntheticSystem {
  const at = (load: number): number => BOUND_US * (load / system.truth) ** system.power;
  return { truth: system.truth, measure: noisy(system, at, BOUND_US) };
}

/** Memory that grows with the load, up to a bound. */
export function memorySystem(
  system: Noise & { fixedBytes: number; eachBytes: number; boundBytes: number },
): SyntheticSystem {
  const { fixedBytes, eachBytes, boundBytes } = system;
  const measure = noisy(system, (load) => fixedBytes + eachBytes * load, boundBytes);
  return {
    truth: (boundBytes - fixedBytes) / eachBytes,
    measure: (load) => {
      const seen = measure(load);
      return seen.outcome === 'broken' ? { ...seen, brokenTarget: 'memory', rssBytes: boundBytes } : seen;
    },
  };
}

/** A sound server under a generator that has no more to give from `limit` on. */
export function generatorBoundSystem(system: Noise & { limit: number }): SyntheticSystem {
  const normal = normalRandom(system.seed);
  return {
    truth: system.limit,
    measure: (load) => {
      const generatorCpu = (load / system.limit) * Math.exp(system.noise * normal());
      if (generatorCpu < 1) return plateau({ load, generatorCpu });
      return plateau({ load, outcome: 'invalid', cause: 'generator', why: 'the generator is full', generatorCpu: 1 });
    },
  };
}

function noisy(system: Noise, at: (load: number) => number, bound: number): (load: number) => Plateau {
  const random = seededRandom(system.seed);
  const normal = normalRandom(system.seed ^ 0x5eed);
  return (load) => {
    if (random() < (system.invalidShare ?? 0)) {
      return plateau({ load, outcome: 'invalid', cause: 'noise', why: 'the machine was late' });
    }
    const figure = at(load) * Math.exp(system.noise * normal());
    const breaks = figure > bound || random() < (system.falseShare ?? 0);
    if (!breaks) return plateau({ load });
    return plateau({ load, outcome: 'broken', cause: 'target', brokenTarget: 'tick', why: 'tick is over its bound' });
  };
}
