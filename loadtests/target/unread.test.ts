import { expect, it } from 'vitest';
import { newGeneratorData } from '../judge/merge.ts';
import { soundClient } from '../judge/testEvidence.ts';
import { unreadable } from './unread.ts';

const data = (events: number, unread: string, wrong = 0) => {
  const streams = [{ stream: 'ticker:A', firstSeq: 0, lastSeq: 0, events, conflated: 0 }];
  const violationCounts = new Map([['wrong_content', wrong]]);
  return { ...newGeneratorData('swarm'), clients: [soundClient(0, { streams, received: 7 })], unread, violationCounts };
};

it('should say of messages of which none was a price which came first', () => {
  expect(unreadable([data(0, '{"hello":1}'), data(0, '')])).toBe(
    'none of 14 messages that came is a price by the rules given; the first: {"hello":1}',
  );
  // Prices beside other messages, none at all, and prices that are wrong.
  expect(unreadable([data(0, '{"hello":1}'), data(1, '')])).toBeUndefined();
  expect(unreadable([data(0, '')])).toBeUndefined();
  expect(unreadable([data(0, '{"hello":1}', 3)])).toBeUndefined();
});
