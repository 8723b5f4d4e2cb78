import { DRAIN, NATIVE, SLOW } from './nativeMutations.ts';
import { OTHERS } from './otherMutations.ts';
import type { Mutation } from './tampering.ts';

/** Every wrong server by what is wrong with it. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = { ...ofNative(NATIVE), ...ofNative(SLOW), ...OTHERS };

/** Every wrong server whose case restarts it. */
export const DRAIN_MUTATIONS: Readonly<Record<string, Mutation>> = ofNative(DRAIN);

function ofNative(mutations: Readonly<Record<string, Mutation>>): Readonly<Record<string, Mutation>> {
  return Object.fromEntries(
    Object.entries(mutations).map(([what, mutation]) => [
      what,
      { ...mutation, caughtBy: `native.${mutation.caughtBy}` },
    ]),
  );
}
