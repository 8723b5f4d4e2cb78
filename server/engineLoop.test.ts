import { describe, expect, it } from 'vitest';
import { type Command, type CommandOutcome, type Control, TickKind } from '../market/types.ts';
import { createClock } from '../protocol/clock.ts';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { EngineLoop } from './engineLoop.ts';
import { Hub } from './hub/hub.ts';
import { ServerMetrics } from './metrics.ts';
import { testInstruments } from './testing/manualFeed.ts';

function makeLoop() {
  const clock = createClock(() => 0, 1_000);
  const metrics = new ServerMetrics();
  metrics.close();
  const turns: (() => void)[] = [];
  const soon = (callback: () => void): void => void turns.push(callback);
  const instruments = testInstruments(2);
  const publish = (): void => undefined;
  const common = { instruments, clock, metrics, soon };
  const rest = { epoch: 'e', dialects: [], limits: DEFAULT_LIMITS, publish, later: soon, after: () => undefined };
  const hub = new Hub({ ...common, ...rest });
  const logged: [number, string][] = [];
  const commandLog = {
    command: (at: number, command: Command) => {
      if (command.kind !== 'list') logged.push([at, command.clientOrderId]);
    },
    control: (at: number, { kind }: Control) => logged.push([at, kind]),
  };
  const loop = new EngineLoop({ ...common, hub, commandLog, startingCash: undefined, ratchetWindowUs: 100_000 });
  const tick = (eventTimeUs: number): void => {
    const quote = { bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
    loop.tick({ kind: TickKind.TRADE, symbol: 0, eventTimeUs, price: 10_000, size: 1, ...quote }, 0);
  };
  const runTurns = (): void => {
    for (const turn of turns.splice(0)) turn();
  };
  return { loop, metrics, tick, runTurns, logged };
}

function buy(clientOrderId: string): Command {
  return { kind: 'place', account: 'a', clientOrderId, symbol: 0, side: 'BUY', type: 'MARKET', quantity: 1 };
}

describe('EngineLoop', () => {
  it('should take commands on the next turn, in order, and note the place of each among the inputs', () => {
    const { loop, tick, runTurns, logged, metrics } = makeLoop();
    const outcomes: CommandOutcome['kind'][] = [];
    tick(1);
    for (const id of ['x', 'y', 'x']) loop.submit(buy(id), ({ kind }) => outcomes.push(kind));
    expect(metrics.queuedCommands).toBe(3);
    tick(2);
    expect(outcomes).toEqual([]);
    runTurns();
    tick(3);
    expect(outcomes).toEqual(['taken', 'taken', 'duplicate']);
    expect(logged).toEqual([
      [2, 'x'],
      [3, 'y'],
      [4, 'x'],
    ]);
    expect(loop.end.inputs).toBe(6);
    expect(metrics).toMatchObject({ orders: 2, executions: 2, ticks: 3, queuedCommands: 0 });
  });

  it('should give the same hash for the same inputs, and another for another order of them', () => {
    const run = (isTickFirst: boolean): string => {
      const { loop, tick, runTurns } = makeLoop();
      if (isTickFirst) tick(1);
      loop.submit(buy('x'), () => undefined);
      runTurns();
      if (!isTickFirst) tick(1);
      return loop.end.runHash;
    };
    expect(run(true)).toBe(run(true));
    expect(run(true)).not.toBe(run(false));
  });

  it('should count a refused tick as an input that changed nothing', () => {
    const { loop, tick, metrics } = makeLoop();
    tick(5);
    tick(4);
    expect(metrics.ticks).toBe(1);
    expect(loop.positionUs).toBe(5);
    expect(loop.end.inputs).toBe(2);
  });

  it('should take no more commands than it can hold, and none once it is closed', () => {
    const { loop } = makeLoop();
    let outcomes = 0;
    let taken = 0;
    while (loop.submit(buy('x'), () => outcomes++)) taken++;
    expect(taken).toBe(10_000);
    loop.close();
    expect(outcomes).toBe(10_000);
    expect(loop.submit(buy('y'), () => undefined)).toBe(false);
  });
});
