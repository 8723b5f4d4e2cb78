import { expect, it } from 'vitest';
import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import type { GeneratorLine } from '../../protocol/run.ts';
import type { CustomRules } from '../../protocol/serverUnderTest.ts';
import { VirtualTime } from '../../simulator/virtualTime.ts';
import { Fleet } from './fleet.ts';
import type { ConnectRequest } from './ports.ts';
import { digest, type VirtualRunResult } from './virtualRun.ts';

const START_US = 1_000_000_000_000;
const RULES: CustomRules = { frames: [], symbol: 's', time: { path: 't', unit: 'us' } };

/** What a server says and does, and when; times in s after the run's start. */
type Script = readonly { readonly atS: number; readonly say?: unknown; readonly cut?: true }[];

/** One client of a server with a language of its own, for ten seconds on a virtual clock. */
function play(script: Script): VirtualRunResult {
  const time = new VirtualTime(START_US - 5_000_000);
  let current: ConnectRequest | undefined;
  for (const { atS, say, cut } of script) {
    time.at(START_US + atS * 1e6, () => {
      if (cut === true) current?.handlers.onClose(1006, time.nowUs());
      else current?.handlers.onMessage(JSON.stringify(say), time.nowUs());
    });
  }
  const plan: GeneratorPlan = {
    ...{ version: 1, generator: 'swarm', dialect: 'custom', custom: RULES, timedBy: 'frame', seed: 1 },
    schedule: { startUs: START_US, fromEventUs: 0, toEventUs: 10e6, speed: 1 },
    endUs: START_US + 12e6,
    connectTimeoutMs: 2_000,
    reconnect: { firstDelayMs: 100, capMs: 100, delaysMs: [100] },
    ...{ wallAheadUs: 0, maxListedViolations: 10 },
    clients: [
      {
        client: 0,
        url: 'ws://x',
        account: 'a',
        symbols: ['A'],
        channels: ['ticker'],
        orders: [],
        connectAtUs: START_US - 1e6,
      },
    ],
  };
  const lines: GeneratorLine[] = [];
  let isRunning = true;
  const fleet = new Fleet({
    plan,
    clients: plan.clients,
    ports: {
      nowUs: time.nowUs,
      after: time.timers.after,
      random: () => 0.5,
      connect: (request) => {
        current = request;
        time.at(time.nowUs() + 1_000, () => request.handlers.onOpen(time.nowUs()));
        return { send: () => undefined, close: () => undefined, abort: () => undefined };
      },
    },
    emit: (line) => lines.push(line),
    onEnd: () => {
      isRunning = false;
    },
  });
  fleet.start();
  while (isRunning && time.step()) {
    // Until the fleet has told its last line.
  }
  return digest(lines);
}

const price = (atS: number, agoS = 0.001) => ({ atS, say: { s: 'A', t: START_US + (atS - agoS) * 1e6 } });

it('should measure what is far too late, though it was due before the run or before its client came', () => {
  const { metric } = play([price(2), price(3, 20), price(4, 20)]);

  expect(metric('tick').count).toBe(3);
  expect(metric('tick').max).toBeGreaterThan(19_000_000);
});

it('should take old prices right after a subscription for history', () => {
  const { metric } = play([price(-0.9, 30), price(0.1, 20), price(5), { atS: 6, cut: true }, price(7, 3), price(9)]);

  expect(metric('tick').count).toBe(2);
  expect(metric('tick').max).toBeLessThan(10_000);
});

it('should not count the time in which nothing was due to a client that is back', () => {
  const { metric, clients } = play([price(2), { atS: 3, cut: true }, price(8, 0.05)]);

  // The delay before the attempt, the opening, and what the first price was late by.
  expect(metric('reconnect').max / 1_000).toBeCloseTo(100 + 1 + 50, -1);
  expect(clients[0]?.resumes).toEqual([{ closedUs: START_US + 3e6, resumedUs: START_US + 8e6, recovered: true }]);
});

it('should count all of it where what was due came late', () => {
  const { metric } = play([price(2), { atS: 3, cut: true }, price(8, 4)]);

  expect(metric('reconnect').max / 1_000).toBeGreaterThan(4_000);
});

it('should tell the first message that was no price', () => {
  const { end } = play([
    { atS: 1, say: { hello: 'you' } },
    { atS: 2, say: { error: 'who?' } },
  ]);

  expect(end.unread).toBe('{"hello":"you"}');
});
