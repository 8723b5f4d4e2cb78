/**
 * The probe, a handful of connections that measure beside the load and hold each ticker frame against the tape, as a
 * process: `node main.js PLAN --out FILE --tape FILE`.
 */
import { spawnSync } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { GeneratorPlan, PolledFeed } from '../../protocol/generatorPlan.ts';
import { endOf } from '../../protocol/run.ts';
import { openTape } from '../../simulator/tape/reader.ts';
import { askQuotes } from '../feeds/askQuotes.ts';
import { FreshnessWatch } from '../feeds/freshnessWatch.ts';
import { PolledTruth } from '../feeds/polledTruth.ts';
import { type Inspector, runGenerator } from '../session/generatorProcess.ts';
import { TapeTruth } from './tapeTruth.ts';
import { createWsConnect } from './wsConnect.ts';

const hasPriority = raised();

await runGenerator({
  name: 'probe',
  hasPriority,
  createConnect: (clock, { reach }) => createWsConnect(clock.nowUs, reach),
  options: ['tape'],
  createInspector: (plan, options, nowUs) => {
    // Others say less than the native stream, and what they say is matched with the tape by every client.
    if (plan.dialect !== 'native' || (plan.timedBy ?? 'schedule') !== 'schedule') return undefined;
    const reader = openTape(options['tape'] ?? '');
    const symbols = plan.clients.flatMap((client) => client.symbols);
    const { polled } = plan;
    try {
      if (polled !== undefined)
        return freshness({ plan, polled, nowUs, truth: new PolledTruth(reader, plan.schedule, symbols) });
      const truth = new TapeTruth(reader, plan.schedule, symbols, plan.goesOn);
      return { inspect: (fields, data) => truth.inspect(fields, data) };
    } finally {
      reader.close();
    }
  },
});

/** Asks the system for realtime priority, else for a higher one: both take a privilege, and without it the probe measures as it is. */
function raised(): boolean {
  if (isRealtime()) return true;
  try {
    setPriority(constants.priority.PRIORITY_HIGHEST);
    return true;
  } catch {
    return false;
  }
}

/** Node itself knows nice values only; `chrt` of util-linux sets the policy of all threads, the lowest realtime one here. */
function isRealtime(): boolean {
  const { status } = spawnSync('chrt', ['--fifo', '--all-tasks', '--pid', '1', String(process.pid)], {
    stdio: 'ignore',
    timeout: 2_000,
  });
  return status === 0;
}

/** What a server shows that polls its provider is a sample of the tape: tickers and quotes are held against it by their age. */
function freshness(parts: {
  readonly plan: GeneratorPlan;
  readonly polled: PolledFeed;
  readonly truth: PolledTruth;
  readonly nowUs: () => number;
}): Inspector {
  const { plan, polled, truth, nowUs } = parts;
  const { intervalMs, quotesUrl: url } = polled;
  const { client = 0, token } = plan.clients[0] ?? {};
  let watch: FreshnessWatch | undefined;
  return {
    inspect: (fields, data, atUs) => watch?.inspect(fields, data, atUs) ?? '',
    begin: (recorder) => {
      watch = new FreshnessWatch({ truth, recorder, intervalMs, client });
      const { startUs: fromUs } = plan.schedule;
      void askQuotes({ url, token, watch, nowUs, fromUs, toUs: endOf(plan.schedule) });
    },
  };
}
