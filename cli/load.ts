import type { LoadChoice } from '../loadtests/gate/generators.ts';
import { buildK6 } from '../loadtests/k6run/build.ts';
import { locateK6 } from '../loadtests/k6run/locate.ts';
import { ExitCode } from '../protocol/codes.ts';
import { projectFile } from '../simulator/paths.ts';
import { CliError } from './errors.ts';
import type { Progress } from './progress.ts';

/**
 * Decides what makes the load: k6 where it is found or can be built, else the built-in swarm; says which, and why.
 *
 * @throws CliError when k6 is asked for by name and can't be had
 */
export async function chooseLoad(asked: 'auto' | 'k6' | 'swarm', progress: Progress): Promise<LoadChoice> {
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
    return withoutK6(asked, built.why, progress);
  }
  return withoutK6(asked, location.why, progress);
}

function withoutK6(asked: 'auto' | 'k6', why: string, progress: Progress): LoadChoice {
  if (asked === 'k6') throw new CliError(`${why}; or take the built-in generator: --load swarm`, ExitCode.UNAVAILABLE);
  progress.say(`k6: ${why}`);
  progress.say('the built-in swarm makes the load instead');
  return { kind: 'swarm' };
}
