import { writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import type { Summary } from '../protocol/schemas/summary.ts';
import { diffRuns } from '../reports/diff/diff.ts';
import { diffPage } from '../reports/diff/page.ts';
import { diffMarkdown, diffText } from '../reports/diff/text.ts';
import { htmlReport } from '../reports/html/page.ts';
import { junitReport } from '../reports/junit.ts';
import { markdownReport } from '../reports/markdown.ts';
import { readSummary } from '../reports/read.ts';
import { resolveRun } from '../reports/stored.ts';
import { printVerdict } from '../reports/terminal.ts';
import { runsFolder } from '../simulator/paths.ts';
import { formatOption, wholeNumber } from './options.ts';
import { listRuns } from './reportList.ts';
import { mergeCommand } from './reportMerge.ts';
import { openInBrowser, reportPage } from './reportOpen.ts';

/** How a run may be named, for every help text. */
const RUN = `a run: its folder, its summary.json, its name in ${relative('.', runsFolder()) || '.'}, or "last" ("last~1" is the one before)`;

/** `tapedeck report`: looks at runs that were made before. */
export function reportCommand() {
  return new Command('report')
    .description('look at runs that were made: open, list, show or convert one, or put two side by side')
    .addCommand(openCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(diffCommand())
    .addCommand(mergeCommand())
    .addCommand(convertCommand('html', 'make report.html anew from the summary', htmlReport))
    .addCommand(convertCommand('junit', 'make JUnit XML of a run: a test case a target', junitReport))
    .addCommand(convertCommand('markdown', 'make Markdown of a run, for a pull request', markdownReport));
}

function openCommand() {
  return new Command('open')
    .description("open a run's report.html in the browser; where there is none, print its path")
    .argument('[run]', RUN, 'last')
    .addOption(formatOption())
    .action(async (run, { format }) => {
      const page = await reportPage(resolveRun(run, runsFolder()));
      const opened = await openInBrowser(resolve(page));
      const path = relative('.', page);
      if (format === 'json') print({ text: `${JSON.stringify({ path: resolve(page), opened })}\n` });
      else print({ text: opened ? `opened ${path}\n` : `${path}\n` });
    });
}

function listCommand() {
  return new Command('list')
    .description('list the runs kept, newest first: when, verdict, scenario, why')
    .option('--limit <number>', 'at most so many (20 by default)', wholeNumber({ minimum: 1, maximum: 100_000 }), 20)
    .addOption(formatOption())
    .action(({ limit, format }) => print({ text: listRuns({ folder: runsFolder(), limit, format }) }));
}

function showCommand() {
  return new Command('show')
    .description("print a run's targets and verdict, as its end did; as JSON: its summary")
    .argument('[run]', RUN, 'last')
    .addOption(formatOption())
    .action(async (run, { format }) => {
      const path = resolveRun(run, runsFolder());
      const summary = readSummary(path);
      if (format === 'json') return print({ text: `${JSON.stringify(summary)}\n` });
      const reportPath = relative('.', await reportPage(path));
      printVerdict(summary, { reportPath, out: (text) => print({ text }) });
    });
}

const DIFF_FORMATS = ['text', 'markdown', 'html', 'json'] as const;

function diffCommand() {
  return new Command('diff')
    .description('put two runs side by side: figures, ratio, whether intervals overlap, what else differs; no verdict')
    .argument('<a>', RUN)
    .argument('<b>', 'the other run')
    .addOption(new Option('--format <format>', 'what is made').choices(DIFF_FORMATS).default('text' as const))
    .option('--out <file>', 'where it goes (printed by default)')
    .action((nameA, nameB, { format, out }) => {
      const a = readSummary(resolveRun(nameA, runsFolder()));
      const b = readSummary(resolveRun(nameB, runsFolder()));
      print({ text: diffAs(format, a, b), out });
    });
}

function diffAs(format: (typeof DIFF_FORMATS)[number], a: Summary, b: Summary): string {
  if (format === 'html') return diffPage(a, b);
  const diff = diffRuns(a, b);
  if (format === 'json') return `${JSON.stringify(diff)}\n`;
  return format === 'markdown' ? diffMarkdown(diff) : diffText(diff, process.stdout.columns);
}

function convertCommand(name: string, description: string, convert: (summary: Summary) => string) {
  return new Command(name)
    .description(description)
    .argument('[run]', RUN, 'last')
    .option('--out <file>', 'where it goes (printed by default)')
    .action((run, { out }) => print({ text: convert(readSummary(resolveRun(run, runsFolder()))), out }));
}

/** Prints a text, or writes it to a file. */
function print({ text, out }: { readonly text: string; readonly out?: string | undefined }): void {
  if (out === undefined) process.stdout.write(text);
  else writeFileSync(out, text);
}
