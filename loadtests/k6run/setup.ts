import { ExitCode } from '../../protocol/codes.ts';
import { buildK6 } from './build.ts';
import { locateK6 } from './locate.ts';

const SAY_EVERY_MS = 10_000;

/**
 * Makes sure that there is a k6 2.x: finds it or builds it, one line of text for each step.
 *
 * @returns exit code: 0 when k6 is there, 69 when it can't be had
 */
export async function setupK6(options: {
  path: string;
  projectRoot: string;
  log: (line: string) => void;
}): Promise<ExitCode> {
  const { path, projectRoot, log } = options;
  const location = await locateK6({ path, projectRoot });
  for (const { path: other, why } of location.passedOver) log(`setup:k6: not used: ${other} ${why}`);
  if (location.kind === 'unavailable') {
    log(`setup:k6: ${location.why}; the gate runs without k6 too: npm run gate -- --load swarm`);
    return ExitCode.UNAVAILABLE;
  }
  if (location.kind === 'found') {
    log(`setup:k6: k6 ${location.version} is at ${location.path}`);
    return ExitCode.PASS;
  }
  log(`setup:k6: building k6 with Go ${location.goVersion}, once: about 70 s on two cores`);
  let saidMs = 0;
  const result = await buildK6({
    projectRoot,
    goPath: location.goPath,
    onProgress: ({ elapsedMs, line }) => {
      if (elapsedMs - saidMs < SAY_EVERY_MS) return;
      saidMs = elapsedMs;
      log(`setup:k6: ${Math.round(elapsedMs / 1_000)} s ${line}`);
    },
  });
  if (result.kind === 'failed') {
    log(`setup:k6: ${result.why}; the gate runs without k6 too: npm run gate -- --load swarm`);
    return ExitCode.UNAVAILABLE;
  }
  log(`setup:k6: k6 ${result.version} built in ${(result.tookMs / 1_000).toFixed(0)} s: ${result.path}`);
  return ExitCode.PASS;
}
