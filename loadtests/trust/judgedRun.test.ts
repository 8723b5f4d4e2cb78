import { describe, expect, it } from 'vitest';
import { CRYPTO } from '../../market/calendar/calendars.ts';
import { MarketEngine } from '../../market/engine.ts';
import { PatternFeed } from '../../market/patterns/patternFeed.ts';
import type { Instrument } from '../../market/types.ts';
import { FAULTS } from '../faulty/faults.ts';
import { hold } from '../faulty/truth.ts';
import type { Fault } from '../faulty/types.ts';
import type { ModelEngine, ModelSinks } from '../session/virtualServer.ts';
import { loadTargets } from '../targets/load.ts';
import { judgedRun } from './judgedRun.ts';

/** The default targets, scaled to a run of eight clients and sixteen symbols. */
function targets() {
  const set = loadTargets('default');
  const least: Record<string, number> = {
    connect: 8,
    reconnect: 8,
    resume: 8,
    clients: 1,
    heartbeat: 8,
    stability: 8,
    fairness: 4,
    symbols: 1,
    pattern: 50,
    cadence: 100,
  };
  return {
    ...set,
    targets: set.targets.map((target) => ({
      ...target,
      minSamples: Math.min(target.minSamples, least[target.id] ?? target.minSamples),
      bound: target.id === 'clients' ? 8 : target.id === 'symbols' ? 16 : target.bound,
    })),
  };
}

/** The real core, with bars and patterns. */
function engine(instruments: readonly Instrument[], sinks: ModelSinks): ModelEngine {
  const feed: PatternFeed = new PatternFeed({
    symbols: instruments.length,
    sink: () => sinks.pattern(feed.engine.describe()),
    next: {
      barClosed: (symbol, frame) => {
        const bar = core.data?.bars.window(symbol, 0);
        if (frame !== 0 || bar === undefined) return;
        sinks.bar({
          symbol,
          startUs: bar.startUs(0),
          open: bar.open(0),
          high: bar.high(0),
          low: bar.low(0),
          close: bar.close(0),
          volume: bar.volume(0),
        });
      },
      barCorrected: () => undefined,
      gap: () => undefined,
    },
  });
  const core = new MarketEngine({
    instruments,
    sink: sinks.event,
    startingCash: 1e13,
    data: { calendar: CRYPTO, sink: feed },
  });
  if (core.data !== undefined) feed.connect(core.data.bars);
  return {
    onTick: (tick) => core.onTick(tick),
    onCommand: (command) => core.onCommand(command),
    onClock: (timeUs) => core.onControl({ kind: 'clock', timeUs }),
  };
}

function run(fault: Fault, more: { starve?: { everyUs: number; us: number }; dialect?: 'ai-trading-v2' } = {}) {
  return judgedRun({
    fault,
    targets: targets(),
    engine,
    ...more,
  });
}

let soundRun: ReturnType<typeof run> | undefined;
/** What everything is held against. */
function sound(): ReturnType<typeof run> {
  soundRun ??= run(FAULTS['none'] as Fault);
  return soundRun;
}

const STARVED = { everyUs: 900_000, us: 700_000 };

describe('the instrument, on a virtual clock', () => {
  for (const [name, fault] of Object.entries(FAULTS)) {
    // Memory is a process's: the live trial looks at it.
    if (fault.leakBytesPerS !== undefined) continue;
    it(`should say ${fault.verdict} of a back end that ${fault.description}`, () => {
      const { judgement, evidence, books } = run(fault);
      const failed = judgement.rows.filter((row) => row.verdict === 'fail').map((row) => row.id);

      expect(judgement.verdict, `${name}: ${judgement.why}`).toBe(fault.verdict);
      if (fault.rows.length > 0) expect(fault.rows, judgement.why).toContain(/^(\w+) \(/.exec(judgement.why)?.[1]);
      else if (fault.why === undefined) expect(failed).toEqual([]);
      expect(judgement.why).toContain(fault.why ?? '');
      const held = fault.truths.flatMap((truth) => hold(truth, { books, evidence, baseline: sound().evidence }));
      expect(
        held.filter(({ isRight }) => !isRight),
        JSON.stringify(held),
      ).toEqual([]);
      expect(held.length >= fault.truths.length).toBe(true);
    });
  }

  it('should say invalid, never fail, when its own generator is starved', () => {
    const { judgement } = run(FAULTS['none'] as Fault, { starve: STARVED });

    expect(judgement.verdict, judgement.why).toBe('invalid');
  });
});

/** Faults that show in what the dialect says: it has no resume and no patterns. */
const WITHOUT_NUMBERS = ['none', 'delay', 'drop', 'double', 'reorder', 'late-trigger', 'slow-cadence'];

describe('the instrument in a dialect without sequence numbers, on a virtual clock', () => {
  for (const name of WITHOUT_NUMBERS) {
    const fault = FAULTS[name] as Fault;
    it(`should say ${fault.verdict} of a back end that ${fault.description}`, () => {
      const { judgement } = run(fault, { dialect: 'ai-trading-v2' });
      const failed = judgement.rows.filter((row) => row.verdict === 'fail').map((row) => row.id);

      expect(judgement.verdict, `${name}: ${judgement.why}`).toBe(fault.verdict);
      if (fault.rows.length > 0) expect(fault.rows, judgement.why).toContain(/^(\w+) \(/.exec(judgement.why)?.[1]);
      else expect(failed).toEqual([]);
    });
  }

  it('should say fail of a back end that is mute, though the upgrade is all the welcome that there is', () => {
    const { judgement } = run(FAULTS['mute'] as Fault, { dialect: 'ai-trading-v2' });

    expect(judgement.verdict).toBe('fail');
    expect(judgement.why).toContain('clients (>= 8) measured 0 of 8 planned');
  });

  it('should print what the dialect is declared not to have, with the reason, and judge all else', () => {
    const { judgement } = run(FAULTS['none'] as Fault, { dialect: 'ai-trading-v2' });
    const absent = judgement.rows.filter((row) => row.verdict === 'not applicable');

    expect(absent.map((row) => row.id)).toEqual(['process', 'pattern', 'publish', 'resume', 'memory']);
    for (const row of absent) expect(row.reason).toMatch(/^the target (has no \w+|is not looked into): \w/);
  });

  it('should say invalid, never fail, when its own generator is starved', () => {
    const { judgement } = run(FAULTS['none'] as Fault, { dialect: 'ai-trading-v2', starve: STARVED });

    expect(judgement.verdict, judgement.why).toBe('invalid');
  });
});
