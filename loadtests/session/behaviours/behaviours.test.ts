import { describe, expect, it } from 'vitest';
import { MarketEngine } from '../../../market/engine.ts';
import { tradeTick } from '../../../market/harness.ts';
import type { Instrument } from '../../../market/types.ts';
import type { ClientBehaviour } from '../../../protocol/generatorPlan.ts';
import type { FaultFilter } from '../../faulty/types.ts';
import { seededRandom } from '../../gate/random.ts';
import { digest, playVirtually, type VirtualRunResult } from '../virtualRun.ts';

const START_US = 1_000_000_000_000;
const FROM_EVENT_US = 500_000_000_000;
const DURATION_US = 10_000_000;
const TICKS = 1_000;
const SYMBOLS = ['AAPL', 'MSFT'];
const instruments = SYMBOLS.map(
  (symbol, index): Instrument => ({ symbol, index, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 }),
);
const at = (seconds: number): number => START_US + seconds * 1e6;
const sound = (): FaultFilter => ({ onFrame: (text, atUs) => [{ text, atUs }] });

/** Ten seconds of two symbols with 100 ticks a second each; one client, which behaves so. */
function run(behaviour: ClientBehaviour, filter: () => FaultFilter = sound): VirtualRunResult {
  const lines = playVirtually({
    plan: {
      version: 1,
      generator: 'swarm',
      dialect: 'native',
      schedule: { startUs: START_US, fromEventUs: FROM_EVENT_US, toEventUs: FROM_EVENT_US + DURATION_US, speed: 1 },
      endUs: START_US + DURATION_US + 2_000_000,
      connectTimeoutMs: 2_000,
      reconnect: { firstDelayMs: 250, capMs: 30_000 },
      seed: 7,
      wallAheadUs: 0,
      maxListedViolations: 50,
      clients: [
        {
          client: 0,
          url: 'ws://model/v1/stream',
          token: 'acct-0',
          account: 'acct-0',
          symbols: SYMBOLS,
          channels: ['ticker', 'order', 'execution'],
          connectAtUs: START_US - 1_000_000,
          orders: [],
          behaviour,
        },
      ],
    },
    instruments,
    ticks: Array.from({ length: TICKS }, (_, n) =>
      [0, 1].map((symbol) => tradeTick({ symbol, price: 20_000 - n, eventTimeUs: FROM_EVENT_US + n * 10_000 })),
    ).flat(),
    engine: ({ event }) => {
      const engine = new MarketEngine({ instruments, sink: event });
      return {
        onTick: (tick) => engine.onTick(tick),
        onCommand: (command) => engine.onCommand(command),
        onClock: () => undefined,
      };
    },
    server: { fault: { filter }, serviceUs: 100 },
    cuts: [],
    stalls: [],
    random: seededRandom(7),
  });
  return digest(lines);
}

/** What every client must have at the end, however it behaved: each event of each symbol, none twice. */
const WHOLE = SYMBOLS.map((symbol) => ({ stream: `ticker:${symbol}`, lastSeq: TICKS, events: TICKS }));

const KINDS: readonly ClientBehaviour[] = [
  { kind: 'slow', spans: [{ fromUs: at(2), toUs: at(4) }] },
  { kind: 'flapping', dropsUs: [at(2), at(4), at(6)] },
  {
    kind: 'churn',
    leaves: [
      { fromUs: at(2), toUs: at(4), symbols: ['AAPL'] },
      { fromUs: at(5), toUs: at(6), symbols: ['MSFT'] },
    ],
  },
  { kind: 'bursts' },
  { kind: 'polling', url: 'http://model/api/poll', everyMs: 500, spans: [{ fromUs: at(2), toUs: at(5) }] },
];

describe('behaviours', () => {
  it.each(KINDS)('should leave a sound server without blame: $kind', (behaviour) => {
    const { clients, end } = run(behaviour);
    expect(end.violations).toEqual({});
    expect(clients[0]?.streams.filter(({ stream }) => stream.startsWith('ticker'))).toMatchObject(WHOLE);
    expect(clients[0]).toMatchObject({ closes: [], failedOperations: 0, failedConnects: 0 });
  });

  it.each(KINDS)('should find what a server loses, all the same: $kind', (behaviour) => {
    const loses = (): FaultFilter => ({
      onFrame: (text, atUs) => (text.includes('"symbol":"AAPL","seq":150,') ? [] : [{ text, atUs }]),
    });
    const { end } = run(behaviour, loses);
    expect(Object.values(end.violations).reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('should come back after each drop, and time that', () => {
    const { clients, metric } = run({ kind: 'flapping', dropsUs: [at(2), at(4), at(6)] });
    expect(clients[0]).toMatchObject({ connects: 4, resumes: [{}, {}, {}] });
    expect(metric('reconnect').count).toBe(3);
  });

  it('should not time ticks that came while nobody read, nor those from before a symbol was taken back', () => {
    for (const behaviour of KINDS) {
      const { metric } = run(behaviour);
      if (behaviour.kind === 'slow') expect(metric('tick').count).toBe(0);
      else expect(metric('tick').max).toBeLessThan(1_000);
    }
  });

  it('should be without a socket while it polls, and hear what it missed by the polls', () => {
    const { clients, lines } = run({
      kind: 'polling',
      url: 'http://model/api/poll',
      everyMs: 500,
      spans: [{ fromUs: at(2), toUs: at(5) }],
    });
    const connected = new Map(lines.flatMap((line) => (line.kind === 'window' ? [[line.second, line.connected]] : [])));
    expect([0, 3, 6].map((second) => connected.get(second))).toEqual([1, 0, 1]);
    expect(clients[0]).toMatchObject({ connects: 2, resumes: [] });
  });
});
