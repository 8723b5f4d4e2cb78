import { Broken } from './case.ts';
import { type Frame, shown } from './expect.ts';
import type { Socket } from './socket.ts';

/** Longer than a case needs for all the intervals that it may look at, of 2 s each. */
export const CADENCE_MS = 60_000;
/** Where two intervals aren't as they should be, so many more are looked at. */
const MORE = 5;
/** How far an interval may be from what is promised. */
const LEAST = 0.7;
const MOST = 1.75;

/** What comes at an interval, and what it should be. */
export interface Cadence {
  readonly matches: (frame: Frame) => boolean;
  /** What it is, for people. */
  readonly what: string;
  readonly everyMs: number;
  /** The server's own time of a frame, ms. */
  readonly timeMs: (frame: Frame) => number;
}

/**
 * Finds out whether frames come at an interval. A machine that stalls stretches one and shortens the next: the middle one of
 * several is what counts.
 *
 * @returns the frames
 * @throws Broken when they come more often or more seldom
 */
export async function cadence(socket: Socket, { matches, what, everyMs, timeMs }: Cadence): Promise<readonly Frame[]> {
  const frames = await socket.gather(3, matches, what);
  const intervals = (): number[] => frames.slice(1).map((frame, at) => timeMs(frame) - timeMs(frames[at] ?? frame));
  const isRight = (ms: number): boolean => ms > LEAST * everyMs && ms < MOST * everyMs;
  if (intervals().every(isRight)) return frames;
  frames.push(...(await socket.gather(MORE, matches, what)));
  const sorted = intervals().sort((a, b) => a - b);
  if (isRight(sorted[Math.floor(sorted.length / 2)] ?? 0)) return frames;
  throw new Broken(`${what} every ${everyMs} ms`, `intervals of ${shown(intervals())} ms`);
}
