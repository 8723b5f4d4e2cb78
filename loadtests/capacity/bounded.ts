import type { Bounded, Bracket, Plateau } from '../../protocol/schemas/capacity.ts';
import { medianOf } from './backlog.ts';
import { bandwidthWords, bytesWords } from './words.ts';

/** What the machine and the network have. */
export interface Limits {
  readonly memoryBytes: number;
  /** What the link to the clients carries; undefined on loopback. */
  readonly linkBytesPerS?: number;
  /** Bound of the tick's latency, µs. */
  readonly boundUs: number;
}

/** From these shares on a thing counts as full. */
const FULL_CORE = 0.85;
const FULL_MEMORY = 0.9;
const FULL_LINK = 0.8;
/** An event loop that stands still for this share of the latency's bound, second after second, is what breaks it. */
const LONG_STOP = 0.5;

/** Says what gave way first: what was at its end in the plateaus that broke, or whose end kept us from seeing one break. */
export function boundedBy(plateaus: readonly Plateau[], bracket: Bracket, limits: Limits): Bounded {
  const reach = bracket.holds === null ? 'so it was even at the least load' : 'the bracket is a lower bound';
  if (bracket.end === 'generator') {
    return { by: 'generator', why: `the generator, not the server: ${reach}` };
  }
  if (bracket.end === 'machine') {
    return {
      by: 'machine',
      why: `the machine, which server and generator share: all of its cores were busy; ${reach}`,
    };
  }
  if (bracket.holds === null && bracket.breaks === null) {
    return { by: 'not seen', why: 'unknown: no load was seen to hold or to break' };
  }
  if (bracket.breaks === null) return { by: 'not reached', why: 'nothing gave way: the bracket is a lower bound' };
  const broken = plateaus.filter(({ load, outcome }) => load === bracket.breaks && outcome === 'broken');
  const spent = spentIn(broken, limits);
  return lostBy(broken, spent) ?? spent ?? nothingSpent(broken);
}

/** What befell the server in at least half of the plateaus that broke: it died, or didn't let clients in or keep them. */
function lostBy(broken: readonly Plateau[], spent: Bounded | undefined): Bounded | undefined {
  const having = (cause: Plateau['cause']): Plateau[] => broken.filter((one) => one.cause === cause);
  const also = spent === undefined ? 'no resource was seen at its end' : `at its end was ${spent.why}`;
  const [died, lost] = [having('death'), having('connections')];
  if (2 * died.length >= broken.length && died.length >= lost.length && died.length > 0) {
    return { by: 'death', why: `the server, which died (${died.at(-1)?.why}); ${also}` };
  }
  if (2 * lost.length < broken.length || lost.length === 0) return undefined;
  const told = lost.at(-1)?.lostConnections;
  const advice = spent === undefined ? ': look for a limit on connections, and at what the server answers' : '';
  return { by: 'connections', why: `connections that the server did not take or keep, ${told}; ${also}${advice}` };
}

/** The resource that was at its end; undefined where none was seen to be. */
function spentIn(broken: readonly Plateau[], limits: Limits): Bounded | undefined {
  const rss = most(broken, ({ rssBytes }) => rssBytes);
  const cpu = middle(broken, (one) => one.cpu);
  const bytes = middle(broken, ({ bytesPerS }) => bytesPerS);
  const loop = middle(broken, ({ loopDelayUs }) => loopDelayUs);
  if (broken.some(({ brokenTarget }) => brokenTarget === 'memory')) {
    const used = rss === undefined ? '' : `: ${bytesWords(rss)} resident`;
    return { by: 'memory', why: `memory, which went over its target${used}` };
  }
  if (rss !== undefined && rss >= FULL_MEMORY * limits.memoryBytes) {
    return { by: 'memory', why: `memory: ${bytesWords(rss)} of the machine's ${bytesWords(limits.memoryBytes)}` };
  }
  if (bytes !== undefined && limits.linkBytesPerS !== undefined && bytes >= FULL_LINK * limits.linkBytesPerS) {
    return { by: 'bandwidth', why: `bandwidth: ${bandwidthWords(bytes)} of ${bandwidthWords(limits.linkBytesPerS)}` };
  }
  if (cpu !== undefined && cpu >= FULL_CORE) {
    return { by: 'cpu', why: `CPU: the server used ${percent(cpu)} of a core, and its work is one thread's` };
  }
  if (loop !== undefined && loop >= LONG_STOP * limits.boundUs) {
    const used = cpu === undefined ? '' : ` although it used only ${percent(cpu)} of a core`;
    return {
      by: 'event loop',
      why: `the event loop, which stood still for ${(loop / 1000).toFixed(0)} ms at a time${used}`,
    };
  }
  return undefined;
}

function nothingSpent(broken: readonly Plateau[]): Bounded {
  const cpu = middle(broken, (one) => one.cpu);
  if (cpu === undefined) {
    return { by: 'not seen', why: "unknown: the server's CPU and memory are not seen from here" };
  }
  return {
    by: 'not seen',
    why: `none of CPU (${percent(cpu)} of a core), memory, event loop and bandwidth was at its end: look for bursts, a limit or a lock`,
  };
}

type Read = (plateau: Plateau) => number | null;

function figures(plateaus: readonly Plateau[], read: Read): number[] {
  return plateaus.flatMap((one) => read(one) ?? []);
}

function most(plateaus: readonly Plateau[], read: Read): number | undefined {
  const seen = figures(plateaus, read);
  return seen.length === 0 ? undefined : Math.max(...seen);
}

function middle(plateaus: readonly Plateau[], read: Read): number | undefined {
  const seen = figures(plateaus, read);
  return seen.length === 0 ? undefined : medianOf(seen);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
