/**
 * Chance by counter: a draw is a pure function of the seed, the fault and the event, so that no other fault, no part played
 * before and no size of batch can shift it.
 */

/** Mixes whole numbers below 2^53 into 32 bits, unlike for numbers that differ in a bit (the finalizer of MurmurHash3). */
export function mix(left: number, right: number): number {
  let hash = Math.imul(left ^ 0x9e3779b9, 0x85ebca6b) ^ (right | 0);
  hash = Math.imul(hash ^ Math.floor(right / 4294967296), 0xcc9e2d51);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Puts a mixed number into [0, 1). */
export function unitOf(hash: number): number {
  return (hash >>> 0) / 4294967296;
}
