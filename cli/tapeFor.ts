import { ExitCode } from '../protocol/codes.ts';
import type { Scenario } from '../protocol/schemas/scenario.ts';
import { cacheFolder } from '../simulator/paths.ts';
import { ensureTape } from '../simulator/universe/ensure.ts';
import { CliError } from './errors.ts';
import type { Progress } from './progress.ts';

/** As {@link ensureTape}; what a universe can't be built of is told as the user's to mend. */
async function ensured(...given: Parameters<typeof ensureTape>): Promise<string> {
  try {
    return await ensureTape(...given);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CliError(`${error.message}; choose another --date or --tape`, ExitCode.USAGE);
  }
}

/** The tape that a scenario plays: the one named, or the built one, made now if it isn't there yet. */
export async function tapeFor(options: {
  tape: string | undefined;
  scenario: Scenario;
  /** The session's date; default: that of the built universe. */
  date?: string | undefined;
  progress: Progress;
}): Promise<string> {
  if (options.tape !== undefined) return options.tape;
  const startedMs = performance.now();
  let built = false;
  const { scenario, date } = options;
  const { symbols, events } = scenario.tape;
  const size = { symbols, ...(events !== undefined && { events }) };
  const universe = { ...size, ...(date !== undefined && { sessionDate: date }) };
  const path = await ensured({ cacheDir: cacheFolder(), ...universe }, (state) => {
    built = true;
    options.progress.show(`building the tape: ${Math.floor(state.share * 100)} %`);
  });
  if (built) options.progress.say(`tape built in ${((performance.now() - startedMs) / 1000).toFixed(0)} s: ${path}`);
  return path;
}
