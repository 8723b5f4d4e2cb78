import type { LoadChoice } from '../loadtests/gate/generators.ts';
import { buildK6 } from '../loadtests/k6run/build.ts';
import { locateK6 } from '../loadtests/k6run/locate.ts';
import { ExitCode } from '../protocol/codes.ts';
import { projectFile } from '../simulator/paths.ts';
import { CliError } from './errors.ts';
import type { Progress } from './progress.ts';

/** What makes the load, as it is asked for: the built-in swarm, unless k6 is named (docs/decisions/0017). */
export const LOADS = ['swarm', 'k6'] as const;

/**
 * Makes ready what makes the load: k6 as it is found, or built once.
 *
 * @throws CliError when k6 can't be had
 */
export async function chooseLoad(asked: (typeof LOADS)[number], progress: Progress): Promise<LoadChoice> {
  if (asked === 'swarm') return { kind: 'swarm' };
  const projectRoot = projectFile();
  const location = await locateK6({ path: process.env['PATH'] ?? '', projectRoot });
  for (const { path, why } of location.passedOver) progress.say(`k6: not used: ${path} ${why}`);
  if (location.kind === 'found') return { kind: 'k6', path: location.path, version: location.version };
  if (location.kind === 'buildable') {
    progress.say(`k6: building it with Go ${location.goVersion}, once: about 70 s on two cores`);
    const built = await buildK6({
      projectRoot,
      goPath: location.goPath,
      onProgress: ({ elapsedMs, line }) => progress.show(`building k6, ${Math.round(elapsedMs / 1000)} s ${line}`),
    });
    if (built.kind === 'built') {
      progress.say(`k6: ${built.version} built in ${(built.tookMs / 1000).toFixed(0)} s`);
      return { kind: 'k6', path: built.path, version: built.version };
    }
    throw withoutK6(built.why);
  }
  throw withoutK6(location.why);
}

function withoutK6(why: string): CliError {
  return new CliError(`${why}; or take the built-in generator: --load swarm`, ExitCode.UNAVAILABLE);
}
