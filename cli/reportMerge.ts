import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { type LoadedUnion, loadUnion } from '../loadtests/distributed/load.ts';
import { mergeEvidence } from '../loadtests/distributed/merge.ts';
import { summarise } from '../loadtests/gate/summary.ts';
import { judge } from '../loadtests/judge/verdict.ts';
import type { Summary } from '../protocol/schemas/summary.ts';
import { readSummary } from '../reports/read.ts';
import { printVerdict } from '../reports/terminal.ts';
import { writeReport } from '../reports/write.ts';
import { commandPrefix, homeFolder, runsFolder } from '../simulator/paths.ts';
import { commitOf } from './commit.ts';
import { decimalNumber, formatOption } from './options.ts';
import { exitCodeOf } from './playGate.ts';

const LONGEST_CLOCK_ERROR_MS = 60_000;

/** `tapedeck report merge`: one run, and one verdict, of a gate's folder and those of its generators. */
export function mergeCommand() {
  return new Command('merge')
    .description("put a gate's run and its generators' together, without loss, and judge the union")
    .argument('<runs...>', "folders: the gate's, and those that its generators wrote (or a folder that holds them)")
    .option('--out <folder>', 'where the report goes (<runs>/<scenario>-merged-<start> by default)')
    .option('--tape <file>', "the run's tape, where it has moved")
    .option(
      '--clock-error <ms>',
      "clocks that nobody estimated agree with the gate's to so many ms, by PTP or NTP",
      decimalNumber({ minimum: 0, maximum: LONGEST_CLOCK_ERROR_MS }),
    )
    .addOption(formatOption())
    .action(async (runs, options) => {
      const union = await loadUnion({
        paths: runs,
        ...(options.tape === undefined ? {} : { tapePath: options.tape }),
        ...(options.clockError === undefined ? {} : { clockErrorUs: options.clockError * 1000 }),
      });
      const summary = await mergedSummary(union, repeatCommand(runs, options));
      const folder = options.out ?? defaultFolder(union);
      await writeReport(folder, summary);
      if (options.format === 'json') process.stdout.write(`${JSON.stringify(summary)}\n`);
      else {
        printVerdict(summary, {
          reportPath: relative('.', join(folder, 'report.html')),
          out: (text) => process.stdout.write(text),
        });
      }
      process.exitCode = exitCodeOf(summary.verdict);
    });
}

async function mergedSummary(union: LoadedUnion, command: string): Promise<Summary> {
  const { record, part, parts, header, tapePath } = union;
  const { evidence, notes } = mergeEvidence(union);
  const { run } = record;
  const before = gateSummary(union.folder);
  const many = parts.filter(({ clock }) => clock !== undefined);
  return summarise({
    outcome: {
      judgement: judge(evidence),
      evidence,
      part,
      schedule: run.schedule,
      cutsPlanned: record.cuts,
      runHash: record.runHash,
      transport: record.transport,
      interrupted: false,
      notes: [...record.notes, ...notes],
    },
    header,
    tapePath: relative('.', tapePath),
    startedAt: new Date(before?.startedAt ?? run.schedule.startUs / 1000),
    durationS: before?.durationS ?? (run.endUs - run.schedule.startUs) / 1e6,
    seed: run.seed,
    commit: before?.commit ?? (await commitOf(homeFolder())),
    command,
    load: `${many.length} generators merged, dialect ${run.dialect}, ${availableParallelism()} cores here`,
  });
}

/** What the gate itself told of its run, where it came so far. */
function gateSummary(folder: string): Summary | undefined {
  try {
    return readSummary(folder);
  } catch {
    return undefined;
  }
}

function defaultFolder({ record }: LoadedUnion): string {
  const start = new Date(record.run.schedule.startUs / 1000)
    .toISOString()
    .replace(/[:.]/g, '-')
    .replace(/-\d+Z$/, 'Z');
  return join(runsFolder(), `${start}-${record.run.scenario}-merged`);
}

function repeatCommand(runs: readonly string[], options: { tape?: string; clockError?: number }): string {
  const parts = [`${commandPrefix()} report merge`, ...runs];
  if (options.tape !== undefined) parts.push('--tape', options.tape);
  if (options.clockError !== undefined) parts.push('--clock-error', String(options.clockError));
  return parts.join(' ');
}
