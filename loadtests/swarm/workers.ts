import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, rmSync, writeFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ExitCode } from '../../protocol/codes.ts';
import { planOfSegment } from '../distributed/segment.ts';
import { readPlanFile } from '../session/planFile.ts';

export interface SwarmJob {
  readonly planPath: string;
  readonly outPath: string;
  /** Processes. */
  readonly workers: number;
}

/**
 * Runs a plan's clients in several processes, each with every n-th of them, and puts their lines into one file when the last
 * has ended. SIGTERM and SIGINT end them early, with what was measured. Returns the exit code: that of the first which failed.
 *
 * @throws PlanError when the plan can't be used
 */
export async function runWorkers({ planPath, outPath, workers }: SwarmJob): Promise<number> {
  const plan = readPlanFile(planPath);
  const started: { readonly child: ChildProcess; readonly files: readonly [plan: string, lines: string] }[] = [];
  for (let index = 1; index <= workers; index++) {
    const part = planOfSegment(plan, { index, of: workers });
    if (part === undefined) continue;
    const files = [`${outPath}.plan-${index}`, `${outPath}.lines-${index}`] as const;
    rmSync(files[1], { force: true });
    writeFileSync(files[0], JSON.stringify(part));
    const args = [...process.execArgv, process.argv[1] ?? '', files[0], '--out', files[1]];
    started.push({ child: spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }), files });
  }
  const end = (signal: NodeJS.Signals): void => {
    for (const { child } of started) child.kill(signal);
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  const codes = await Promise.all(started.map(({ child }) => codeOf(child)));
  for (const { files } of started) {
    if (existsSync(files[1])) await pipeline(createReadStream(files[1]), createWriteStream(outPath, { flags: 'a' }));
    for (const file of files) rmSync(file, { force: true });
  }
  return codes.find((code) => code !== 0) ?? 0;
}

/** One that was killed, or never came up, counts as failed. */
function codeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(ExitCode.UNAVAILABLE));
    child.once('close', (code) => resolve(code ?? ExitCode.FAIL));
  });
}
