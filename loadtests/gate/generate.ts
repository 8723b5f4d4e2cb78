import { join } from 'node:path';
import { CLOCK_OFFSET_ENV } from '../../protocol/clock.ts';
import { endOf, type Schedule } from '../../protocol/run.ts';
import { identityOf } from '../distributed/record.ts';
import type { EndedEarly } from '../judge/evidence.ts';
import { watchAbort } from './abortWatch.ts';
import { type GeneratorEnd, startLoad, startProbe } from './generators.ts';
import type { PlayedPart } from './part.ts';
import { offeredRate, type RunPlans } from './plan.ts';
import type { RunOptions, RunProgress } from './run.ts';

/** Runs the load and the probes to their end, or until a target's abort rule ends them. */
export async function generate(
  options: RunOptions,
  stage: { readonly part: PlayedPart; readonly plans: RunPlans; readonly env: NodeJS.ProcessEnv },
): Promise<{ readonly ends: GeneratorEnd[]; readonly endedEarly: EndedEarly | undefined }> {
  const { plans, part, env } = stage;
  const { runFolder, clock } = options;
  const abort = new AbortController();
  const signal = AbortSignal.any([abort.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  let endedEarly: EndedEarly | undefined;
  const shared = { runFolder, env, signal, endUs: plans.load.endUs, clock };
  const messagesPerS = offeredRate(part, plans.load);
  const { crew, scenario, loadClockAheadUs = 0 } = options;
  const loadPlan = { ...plans.load, wallAheadUs: plans.load.wallAheadUs - loadClockAheadUs };
  const loadEnv = { ...env, [CLOCK_OFFSET_ENV]: String(clock.offsetUs + loadClockAheadUs) };
  const load =
    crew === undefined
      ? startLoad({
          ...shared,
          env: loadEnv,
          choice: options.load,
          plan: loadPlan,
          messagesPerS,
          swarmEntry: options.entries.swarm,
        })
      : crew.start({ plan: plans.load, run: identityOf(scenario.name, plans.load, scenario.seed), messagesPerS });
  load.pid.then(
    (pid) => options.onLoadStarted?.(pid),
    () => undefined,
  );
  const probe =
    plans.probe.clients.length === 0
      ? undefined
      : startProbe({ ...shared, plan: plans.probe, entry: options.entries.probe, tapePath: options.tapePath });
  const files = {
    [options.load.kind]: join(runFolder, `${options.load.kind}.ndjson`),
    probe: join(runFolder, 'probe.ndjson'),
  };
  const watch = watchAbort({
    targets: options.targets,
    files,
    onAbort: (ended) => {
      endedEarly = ended;
      abort.abort();
    },
  });
  const ticker = setInterval(() => reportTime(options, plans.load.schedule, plans.load.endUs), 500);
  try {
    const ends = await Promise.all([load.done, probe?.done]);
    return { ends: ends.filter((end): end is GeneratorEnd => end !== undefined), endedEarly };
  } finally {
    watch.stop();
    clearInterval(ticker);
  }
}

/** Tells how far a run is. */
export function report(options: RunOptions, phase: RunProgress['phase'], secondsLeft: number, detail: string): void {
  options.onProgress?.({ phase, secondsLeft, detail });
}

function reportTime(options: RunOptions, schedule: Schedule, endUs: number): void {
  const nowUs = options.clock.nowUs();
  const left = Math.max(0, Math.ceil((endUs - nowUs) / 1e6));
  const tapeEndUs = endOf(schedule);
  if (nowUs < schedule.startUs) report(options, 'clients', left, 'clients are opening their connections');
  else if (nowUs < tapeEndUs) {
    const played = ((nowUs - schedule.startUs) / 1e6).toFixed(0);
    report(options, 'playing', left, `playing second ${played} of ${options.scenario.tape.durationS}`);
  } else report(options, 'grace', left, 'waiting for what is still due');
}
