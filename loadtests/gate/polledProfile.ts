import type { Need, Target } from '../../protocol/schemas/targets.ts';
import type { PolledProvider } from '../feeds/polled.ts';
import type { DialectProfile } from './dialects.ts';

const CHANNELS = ['ticker', 'position.value', 'portfolio'] as const;

/** How the gate speaks a dialect to a server that polls its provider: what depends on each event of the tape is left out. */
export function polledProfile(
  profile: DialectProfile,
  run: { readonly feed: PolledProvider; readonly pollMs: number; readonly clients: number; readonly symbols: number },
): DialectProfile {
  const { feed, pollMs } = run;
  const sample = `${feed} is polled each ${pollMs / 1000} s`;
  return {
    ...profile,
    channels: CHANNELS,
    probeChannels: [],
    absent: new Map<Need, string>([
      ...profile.absent,
      ['orders', `${sample}, and orders trigger on what is heard`],
      ['patterns', `${sample}, and bars are made of what is heard`],
      ['stream', `${sample}: a client hears too few ticks to be compared with others`],
    ]),
    target: (target) => polledTarget(profile.target(target), run),
  };
}

/** Bounds that go with the run: its interval is added to what a price may be old beyond it. */
function polledTarget(
  target: Target,
  run: { readonly pollMs: number; readonly clients: number; readonly symbols: number },
): Target {
  if (target.id === 'clients') return { ...target, bound: run.clients };
  if (target.id === 'symbols') return { ...target, bound: run.symbols };
  if (target.id !== 'freshness') return target;
  const never = target.never === undefined ? {} : { never: target.never + run.pollMs };
  const title = `${target.title}, polled each ${run.pollMs / 1000} s`;
  return { ...target, title, bound: target.bound + run.pollMs, ...never };
}
