import { describe, expect, it } from 'vitest';
import type { GeneratorLine } from '../../protocol/run.ts';
import { Recorder } from '../audit/recorder.ts';
import { mergeLines, mergeWindows } from '../judge/merge.ts';
import { ClientStreams } from './clientStreams.ts';
import { newTickerFields } from './dialect.ts';
import type { DueBy } from './frameTimes.ts';

const START_US = 5_000_000_000;
const schedule = { startUs: START_US, fromEventUs: 0, toEventUs: 60_000_000, speed: 1 };

/** What a client of one symbol makes of frames that arrive at the server and are read 3 ms later, each with its own event time. */
function read(dueBy: DueBy, frames: readonly { readonly seq: number; readonly eventTimeUs: number }[]) {
  const lines: GeneratorLine[] = [];
  const recorder = new Recorder({
    generator: 'swarm',
    schedule,
    maxListedViolations: 10,
    emit: (line) => lines.push(line),
  });
  const streams = new ClientStreams({
    client: 1,
    symbols: ['AAPL'],
    channels: ['ticker'],
    recorder,
    isNumbered: true,
    dueBy,
  });
  streams.onWelcome({ epoch: 'e', account: 'a' });
  streams.onSubscribed('ticker', { resumed: false, recovered: false, atUs: START_US - 1 });
  streams.onSnapshot({ channel: 'ticker', key: 'AAPL', seq: 0 }, START_US - 1);
  for (const [at, frame] of frames.entries()) {
    const receivedTimeUs = START_US + at * 1_000_000;
    const times = { receivedTimeUs, sentTimeUs: receivedTimeUs + 1 };
    const fields = { ...newTickerFields(), symbol: 'AAPL', ...frame, seqFrom: frame.seq, ...times };
    streams.onTicker(fields, receivedTimeUs + 3_000);
  }
  streams.settleGaps(Number.POSITIVE_INFINITY);
  recorder.end(START_US + 60_000_000, 1);
  const { metrics, violations } = mergeLines('swarm', lines);
  const tick = mergeWindows(metrics.get('tick') ?? new Map());
  return { violations: violations.map(({ violation }) => violation), ticks: tick.count, worstUs: tick.max };
}

const polledTimes = [
  { seq: 1, eventTimeUs: START_US },
  { seq: 2, eventTimeUs: START_US + 900_000 },
];

describe('frames of a server that polls its provider', () => {
  it('should be due when they arrive there, whatever time of the market they say', () => {
    expect(read('arrival', polledTimes)).toEqual({ violations: [], ticks: 2, worstUs: 3_000 });
    expect(read('schedule', polledTimes).violations).toContain('bad_frame');
  });

  it('should be due when they say, where nobody knows what the server is fed', () => {
    const said = polledTimes.map((frame, at) => ({ ...frame, dueTimeUs: START_US + at * 998_000 }));
    expect(read('frame', said)).toEqual({ violations: [], ticks: 2, worstUs: 5_000 });
    expect(read('frame', polledTimes)).toEqual({ violations: [], ticks: 2, worstUs: 3_000 });
  });

  it('should still be audited by their numbers, and by the order of their times', () => {
    const [first = { seq: 0, eventTimeUs: 0 }] = polledTimes;
    expect(read('arrival', [first, { seq: 3, eventTimeUs: START_US }]).violations).toEqual(['gap']);
    expect(read('arrival', [first, { seq: 2, eventTimeUs: START_US - 1 }]).violations).toEqual(['bad_frame']);
  });
});
