import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { type ClosedLoopResult, runClosedLoop } from '../loadtests/http/closedLoop.ts';
import { judgeHttp } from '../loadtests/http/judge.ts';
import { type HttpProbeResult, probeHttp } from '../loadtests/http/probe.ts';
import { ExitCode } from '../protocol/codes.ts';
import { hostClock } from './clock.ts';
import { durationOption } from './duration.ts';
import { CliError } from './errors.ts';
import { decimalNumber, formatOption, gathered, wholeNumber } from './options.ts';
import { openProgress } from './progress.ts';

const PATHS = ['/api/health', '/api/quotes?symbols=AAPL', '/api/bars?symbol=AAPL'];
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const FAILED_SHARE = 0.001;

/** `tapedeck http`: asks HTTP routes by an open model, which judges, and in a closed loop, which tells how much goes through. */
export function httpCommand() {
  return new Command('http')
    .description('measure HTTP routes: an open-model probe judges their latency, a closed loop their throughput')
    .option('--target <url>', 'the server', 'http://127.0.0.1:8000')
    .option('--path <path>', `a route to ask, may be repeated, asked in turn (default: ${PATHS.join(' ')})`, gathered)
    .option('--rate <number>', 'requests a second of the probe', decimalNumber({ above: 0, maximum: 20_000 }), 200)
    .addOption(
      durationOption('--duration <time>', 'how long each of the two asks', {
        minimumS: 1,
        maximumS: 3_600,
        defaultS: 10,
      }),
    )
    .option(
      '--p99 <ms>',
      'bound of the probe: latency from when a request was due',
      decimalNumber({ above: 0, maximum: 60_000 }),
      50,
    )
    .option(
      '--connections <number>',
      'of the closed loop; 0 leaves it out',
      wholeNumber({ minimum: 0, maximum: 1_000 }),
      10,
    )
    .option('--token <jwt>', 'token of the requests (or TAPEDECK_TOKEN)')
    .option('--i-may-load <host>', 'put load on this host, which is not this machine')
    .addOption(formatOption())
    .option('--out <file>', 'also write the JSON document there')
    .action(async (options) => {
      const urls = addresses(options.target, options.path ?? PATHS, options.iMayLoad);
      const folder = dirname(options.out ?? '.');
      if (!existsSync(folder))
        throw new CliError(`--out ${options.out}: there is no folder ${folder}`, ExitCode.MISSING_INPUT);
      const token = options.token ?? process.env['TAPEDECK_TOKEN'];
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const progress = openProgress(process.stderr);
      const ending = new AbortController();
      const interrupt = (): void => ending.abort();
      process.once('SIGINT', interrupt);
      const shared = { urls, headers, durationS: options.duration, signal: ending.signal };
      const loopS = options.connections > 0 ? options.duration : 0;
      const probe = await probeHttp({
        ...shared,
        rate: options.rate,
        nowUs: hostClock(process.env).nowUs,
        onProgress: (leftS) => progress.show(`probing, ${leftS + loopS} s left`),
      });
      if (loopS > 0) progress.show(`closed loop, ${loopS} s left`);
      const loop =
        loopS > 0 && !ending.signal.aborted
          ? await runClosedLoop({ ...shared, connections: options.connections })
          : undefined;
      progress.done();
      process.off('SIGINT', interrupt);
      const { verdict, why } = judgeHttp(probe, { p99Ms: options.p99, failedShare: FAILED_SHARE });
      const document = {
        verdict,
        why,
        target: options.target,
        paths: urls.map(({ pathname, search }) => pathname + search),
        probe: plain(probe, options.rate),
        closedLoop: loop ?? null,
      };
      const json = `${JSON.stringify(document, null, 2)}\n`;
      if (options.out !== undefined) writeFileSync(options.out, json);
      process.stdout.write(options.format === 'json' ? json : text(document, loop));
      process.exitCode = ending.signal.aborted
        ? ExitCode.INTERRUPTED
        : { pass: ExitCode.PASS, fail: ExitCode.FAIL, invalid: ExitCode.INVALID }[verdict];
    });
}

/** @throws CliError for an address that is none, or that of a machine which wasn't named as one to load */
function addresses(target: string, paths: readonly string[], mayLoad: string | undefined): URL[] {
  if (!URL.canParse(target) || !/^https?:$/.test(new URL(target).protocol))
    throw new CliError(`--target ${target}: an address like http://127.0.0.1:8000 is wanted`, ExitCode.USAGE);
  const { hostname } = new URL(target);
  if (!LOOPBACK.test(hostname) && mayLoad !== hostname)
    throw new CliError(
      `target ${hostname}: this puts load on a machine that isn't this one; if you may, add --i-may-load ${hostname}`,
      ExitCode.USAGE,
    );
  const { origin, username, password } = new URL(target);
  if (username !== '' || password !== '')
    throw new CliError(`--target ${origin}: no user in the address; give a token with --token`, ExitCode.USAGE);
  return paths.map((path) => {
    const url = URL.canParse(path, target) ? new URL(path, target) : undefined;
    if (url?.origin === origin) return url;
    throw new CliError(`--path ${path}: a path of ${origin} is wanted, like /health`, ExitCode.USAGE);
  });
}

function plain(probe: HttpProbeResult, rate: number) {
  const { planned, sent, ok, failures, latency, slip } = probe;
  const ms = (us: number): number => Math.round(us) / 1000;
  return {
    rate,
    planned,
    sent,
    ok,
    failures: Object.fromEntries(failures),
    p50Ms: ms(latency.percentile(50)),
    p99Ms: ms(latency.percentile(99)),
    maxMs: ms(latency.max),
    slipP99Ms: ms(slip.percentile(99)),
    latency: latency.toJSON(),
  };
}

function text(
  { verdict, why, probe }: { readonly verdict: string; readonly why: string; readonly probe: ReturnType<typeof plain> },
  loop: ClosedLoopResult | undefined,
): string {
  const lines = [
    `open model   ${probe.rate} requests/s, ${probe.ok} of ${probe.planned} well answered: p50 ${probe.p50Ms} ms, p99 ${probe.p99Ms} ms, max ${probe.maxMs} ms; the probe's own lateness p99 ${probe.slipP99Ms} ms`,
    ...Object.entries(probe.failures).map(([failure, count]) => `             ${count} failed: ${failure}`),
  ];
  if (loop !== undefined)
    lines.push(
      `closed loop  ${Math.round(loop.requestsPerS)} requests/s, ${(loop.bytesPerS / 1e6).toFixed(2)} MB/s, ${loop.failed} of ${loop.requests} failed; p50 ${loop.p50Ms} ms, p99 ${loop.p99Ms} ms (not judged: a closed loop asks less when answers are late)`,
    );
  return `${[...lines, '', `${verdict.toUpperCase()}: ${why}`].join('\n')}\n`;
}
