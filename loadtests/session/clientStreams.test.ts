import { describe, expect, it } from 'vitest';
import type { GeneratorLine } from '../../protocol/run.ts';
import { Recorder } from '../audit/recorder.ts';
import { mergeLines } from '../judge/merge.ts';
import { ClientStreams } from './clientStreams.ts';
import { newTickerFields } from './dialect.ts';
import type { DueBy } from './frameTimes.ts';

const START_US = 5_000_000_000;
const schedule = { startUs: START_US, fromEventUs: 0, toEventUs: 60_000_000, speed: 1 };

/** The streams of a client of two symbols, and what they have told when they are at their end. */
function streamsOf(isNumbered: boolean, dueBy: DueBy = 'schedule') {
  const lines: GeneratorLine[] = [];
  const recorder = new Recorder({
    generator: 'swarm',
    schedule,
    maxListedViolations: 10,
    emit: (line) => lines.push(line),
  });
  const options = { client: 1, symbols: ['AAPL', 'GOOG'], channels: ['ticker'], recorder, isNumbered } as const;
  const streams = new ClientStreams({ ...options, dueBy });
  streams.onWelcome({ epoch: 'e', account: 'a' });
  streams.onSubscribed('ticker', { resumed: false, recovered: false, atUs: START_US - 1 });
  const read = (seq: number): void => {
    const eventTimeUs = seq * 1_000;
    const fields = { ...newTickerFields(), symbol: 'AAPL', seq, seqFrom: seq, eventTimeUs, receivedTimeUs: -1 };
    const dueTimeUs = dueBy === 'frame' ? START_US + eventTimeUs : -1;
    streams.onTicker({ ...fields, dueTimeUs, sentTimeUs: -1 }, START_US + eventTimeUs);
  };
  const told = () => {
    streams.settleGaps(Number.POSITIVE_INFINITY);
    recorder.end(START_US + 60_000_000, 1);
    const { violations, violationMessages } = mergeLines('swarm', lines);
    return { violations, messages: Object.fromEntries(violationMessages ?? []) };
  };
  return { streams, read, told };
}

describe('ClientStreams', () => {
  for (const [kind, isNumbered] of [
    ['gap', true],
    ['unexplained_gap', false],
  ] as const) {
    it(`should tell of a ${kind} how many messages are still missing at the end`, () => {
      const { streams, read, told } = streamsOf(isNumbered);
      streams.onSnapshot({ channel: 'ticker', key: 'AAPL', seq: 0 }, START_US - 1);
      for (const seq of [1, 19, 2, 3]) read(seq);

      const { violations, messages } = told();
      expect(messages).toEqual({ reorder: 2, [kind]: 15 });
      expect(violations.at(-1)).toMatchObject({ violation: kind, expectedSeq: 4, seq: 19, messages: 15 });
    });
  }

  it('should tell of several announced messages as many as never came', () => {
    const { streams, read, told } = streamsOf(true);
    streams.onSnapshot({ channel: 'ticker', key: 'AAPL', seq: 0 }, START_US - 1);
    read(1);
    const heads = [{ channel: 'ticker', key: 'AAPL', seq: 200 }] as const;
    for (const second of [1, 2, 3]) streams.onHeads(heads, START_US + second * 1e6);
    read(201);

    expect(told().messages).toEqual({ heartbeat_head: 199 });
    expect(told().violations.filter(({ violation }) => violation === 'heartbeat_head')).toHaveLength(1);
  });

  it('should tell what was heard of a stream where no number does, by the times of its messages', () => {
    const lineOf = (isNumbered: boolean) => {
      const { streams, read } = streamsOf(isNumbered, 'frame');
      for (const ms of [1, 5_001]) read(ms);
      streams.onClosed(START_US + 5_002_000);
      streams.onSubscribed('ticker', { resumed: false, recovered: false, atUs: START_US + 8e6 });
      for (const ms of [13_001, 13_002]) read(ms);
      return streams.lines()[0]?.heard;
    };
    expect(lineOf(true)).toBeUndefined();
    expect(lineOf(false)).toEqual({
      lastDueUs: START_US + 13_002_000,
      silence: { fromUs: START_US + 3e6 - 1, untilUs: START_US + 5_001_000 },
      proven: { firstDueUs: START_US + 5_001_000, lastDueUs: START_US + 13_002_000, unheardUs: 8_001_000 },
    });
  });

  it('should have heard of a symbol by its snapshot, and not by where it must stand', () => {
    const { streams } = streamsOf(true);
    streams.onSnapshot({ channel: 'ticker', key: 'AAPL', seq: 7 }, START_US - 1);
    streams.onSettled([{ symbol: 'GOOG', seq: 7 }], START_US + 60e6);

    expect(streams.lines().slice(0, 2)).toMatchObject([
      { stream: 'ticker:AAPL', firstSeq: 7, lastSeq: 7, events: 0 },
      { stream: 'ticker:GOOG', firstSeq: -1, lastSeq: 7, events: 0 },
    ]);
  });
});
