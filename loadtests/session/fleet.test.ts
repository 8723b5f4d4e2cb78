import { expect, it } from 'vitest';
import type { ClientLine, GeneratorLine } from '../../protocol/run.ts';
import { VirtualTime } from '../../simulator/virtualTime.ts';
import { Fleet } from './fleet.ts';
import { Inbox } from './inbox.ts';

const START_US = 1_000_000_000;
const END_US = START_US + 1_000_000;
const TICKS = 500;

it('should count what still waits in the inbox at the end, in order and without a loss', () => {
  const time = new VirtualTime(START_US - 10);
  const after = (delayMs: number, action: () => void) => time.at(time.nowUs() + delayMs * 1_000, action);
  const lines: GeneratorLine[] = [];
  const inbox = new Inbox({ ports: { nowUs: time.nowUs, after }, cores: 0.1, onFellBehind: () => undefined });
  const fleet = new Fleet({
    plan: {
      version: 1,
      generator: 'k6',
      dialect: 'native',
      schedule: { startUs: START_US, fromEventUs: 0, toEventUs: 1_000_000, speed: 1 },
      endUs: END_US,
      connectTimeoutMs: 2_000,
      reconnect: { firstDelayMs: 250, capMs: 30_000 },
      seed: 1,
      wallAheadUs: 0,
      maxListedViolations: 10,
    },
    clients: [
      {
        client: 1,
        url: 'ws://x',
        account: 'a',
        symbols: ['AAPL'],
        channels: ['ticker', 'order', 'execution'],
        connectAtUs: START_US - 10,
        orders: [],
      },
    ],
    ports: {
      nowUs: time.nowUs,
      after,
      random: () => 0.5,
      connect: ({ handlers }) => {
        const lane = inbox.lane(handlers.onMessage);
        const read = (message: object, atUs: number): void => lane.push(JSON.stringify(message), atUs);
        read({ type: 'welcome', account: 'a', epoch: 'e', heartbeatMs: 1_000 }, START_US - 5);
        lane.drain();
        // Its subscriptions went out as 1 to 3, after `auth` was left out.
        for (const [at, channel] of ['ticker', 'order', 'execution'].entries()) {
          read({ type: 'subscribed', id: at + 1, channel, symbols: [], recovered: false }, START_US - 4);
        }
        read({ type: 'snapshot', channel: 'ticker', symbol: 'AAPL', epoch: 'e', seq: 0 }, START_US - 3);
        // Read in the last ms: there is no slice left to look at them.
        time.at(END_US - 1_000, () => {
          for (let seq = 1; seq <= TICKS; seq++) {
            const dueTimeUs = START_US + seq;
            const times = { eventTimeUs: seq, dueTimeUs, receivedTimeUs: dueTimeUs, sentTimeUs: dueTimeUs };
            read({ type: 'ticker', symbol: 'AAPL', seq, data: {}, ...times }, dueTimeUs + 300);
          }
        });
        return { send: () => undefined, close: () => undefined, abort: () => undefined };
      },
    },
    emit: (line) => lines.push(line),
    settle: () => inbox.drain(),
    onEnd: () => undefined,
  });
  fleet.start();
  time.runTo(END_US + 2_000);

  const client = lines.find((line): line is ClientLine => line.kind === 'client');
  expect(client?.streams.find(({ stream }) => stream === 'ticker:AAPL')).toMatchObject({
    firstSeq: 0,
    lastSeq: TICKS,
    events: TICKS,
  });
  expect(client?.tickBySecond.map(([second, { count, min, max }]) => [second, count, min, max])).toEqual([
    [0, TICKS, 300, 300],
  ]);
  expect(lines.at(-1)).toMatchObject({ kind: 'end', violations: {} });
});
