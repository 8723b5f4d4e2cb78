import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { ExitCode } from '../protocol/codes.ts';
import { type CommandLog, CommandLogError, readCommandLog } from '../simulator/commandLog.ts';
import { type RepeatedRun, replayCommands } from '../simulator/repeat.ts';
import { openTape } from '../simulator/tape/reader.ts';
import { CliError } from './errors.ts';
import { openProgress } from './progress.ts';
import { stoppable } from './signals.ts';
import { whole } from './tapeText.ts';

/** Repeats a run from its command log and compares the hashes. */
export async function repeat(options: {
  readonly run: string;
  readonly tape?: string | undefined;
  readonly format: string;
}): Promise<void> {
  const { log, reportedHash } = readRun(options.run);
  const tape = openTape(options.tape ?? log.header.tape.path);
  try {
    const progress = openProgress(process.stderr);
    const repeated = await stoppable((signal) =>
      replayCommands({
        log,
        tape,
        signal,
        onProgress: (inputs) => progress.show(`${whole(inputs)} of ${whole(log.inputs)} inputs`),
      }),
    );
    progress.done();
    printComparison(repeated, reportedHash, options.format);
  } catch (error) {
    throw error instanceof CommandLogError ? new CliError(error.message, ExitCode.BAD_DATA) : error;
  } finally {
    tape.close();
  }
}

const ReportedSchema = Type.Object({ tape: Type.Object({ runHash: Type.String() }) });

/** The command log of a run's folder, and the hash in its summary ('' where there is none). */
function readRun(run: string): { readonly log: CommandLog; readonly reportedHash: string } {
  const isFolder = existsSync(run) && statSync(run).isDirectory();
  const logPath = isFolder ? join(run, 'commands.ndjson') : run;
  if (!existsSync(logPath)) {
    throw new CliError(
      `--commands ${run}: there is no ${logPath}; name a run's folder (reports/runs/...) or a file of serve --command-log`,
      ExitCode.MISSING_INPUT,
    );
  }
  const summaryPath = join(run, 'summary.json');
  const reportedHash = isFolder && existsSync(summaryPath) ? readReported(summaryPath).tape.runHash : '';
  try {
    return { log: readCommandLog(logPath), reportedHash };
  } catch (error) {
    throw error instanceof CommandLogError ? new CliError(error.message, ExitCode.BAD_DATA) : error;
  }
}

function readReported(path: string): Static<typeof ReportedSchema> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new CliError(`${path}: not readable as JSON`, ExitCode.BAD_DATA);
  }
  if (Value.Check(ReportedSchema, value)) return value;
  throw new CliError(`${path}: expected tape.runHash`, ExitCode.BAD_DATA);
}

function printComparison(repeated: RepeatedRun, reportedHash: string, format: string): void {
  const { loggedRunHash, runHash } = repeated;
  const same = runHash === loggedRunHash && (reportedHash === '' || reportedHash === runHash);
  if (!same) process.exitCode = ExitCode.FAIL;
  if (format === 'json') {
    print(JSON.stringify({ ...repeated, ...(reportedHash !== '' && { reportedRunHash: reportedHash }), same }));
    return;
  }
  const rows = [
    `inputs      ${whole(repeated.inputs)}: ${whole(repeated.ticks)} ticks, ${whole(repeated.commands)} commands, ${whole(repeated.controls)} clock inputs`,
    `event hash  ${repeated.eventHash}`,
    `run's hash  ${loggedRunHash}${reportedHash === '' || reportedHash === loggedRunHash ? '' : ` (its summary says ${reportedHash})`}`,
    `repeated    ${runHash}`,
    same ? 'same' : 'DIFFERENT',
  ];
  print(rows.join('\n'));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
