import { statSync } from 'node:fs';
import { Command, Option } from '@commander-js/extra-typings';
import { ExitCode } from '../protocol/codes.ts';
import { type Exported, exportLines, exportToFile, exportToFolder } from '../simulator/tape/export/files.ts';
import { EXPORT_FORMATS, type ExportFormat, tickFormat } from '../simulator/tape/export/formats.ts';
import { readPart, wantedSymbols } from '../simulator/tape/part.ts';
import { openTape } from '../simulator/tape/reader.ts';
import type { TapeReader } from '../simulator/tape/types.ts';
import { CliError } from './errors.ts';
import { printPart } from './printing.ts';
import { type PartOptions, partOf, symbolNames, TIME_FORMS } from './tapePart.ts';
import { whole } from './tapeText.ts';
import { making, refuseOwnInput } from './tapeWrite.ts';

/** `tapedeck tape export`: writes the events in a format that other programs read. */
export function exportCommand() {
  return new Command('export')
    .summary('write the events in a format that other programs read')
    .description(
      "Writes a tape's events as CSV or as JSON by lines, or its trades in the layout of a provider's archive. binance-trades has no column for the symbol: a file for each goes into the folder of --out.",
    )
    .argument('<file>', 'the tape')
    .addOption(new Option('--format <format>', 'how to write').choices(EXPORT_FORMATS).default('csv' as const))
    .option('--out <file>', 'the file, or folder, to write to; - is the standard output', '-')
    .option('--from <time>', `the first instant: ${TIME_FORMS} (default: the beginning)`)
    .option('--to <time>', 'the first instant that is left out, in the same words (default: the end)')
    .option('--symbols <names>', 'these symbols alone: A,B,C', symbolNames)
    .addOption(
      new Option('--time <form>', 'csv alone: µs since the epoch, or ISO 8601')
        .choices(['us', 'iso'] as const)
        .default('us' as const),
    )
    .action(exportTape);
}

interface ExportOptions extends PartOptions {
  readonly format: ExportFormat;
  readonly out: string;
  readonly time: 'us' | 'iso';
}

async function exportTape(file: string, options: ExportOptions): Promise<void> {
  const tape = openTape(file);
  try {
    refuseOwnInput(options.out, [file]);
    const exported = await making({ path: options.out, doing: `exporting ${file}` }, (given) =>
      write(tape, options, given),
    );
    if (options.out !== '-' || exported.leftOut > 0) process.stderr.write(`${summary(exported, options)}\n`);
  } finally {
    tape.close();
  }
}

function write(
  tape: TapeReader,
  options: ExportOptions,
  given: { readonly signal: AbortSignal; readonly onProgress: (events: number) => void },
): Promise<Exported & { readonly files?: number }> {
  const { header } = tape;
  const { out } = options;
  const part = partOf(tape, options);
  const symbols = wantedSymbols(tape, part.symbols).reduce((sum, wanted) => sum + wanted, 0);
  const format = tickFormat(options.format, header, options.time);
  const work = { ...given, format };
  const source = readPart(tape, part);
  if (format.isPerSymbol && (symbols > 1 || isFolder(out))) {
    if (out === '-') {
      throw new CliError(
        `${options.format} has no column for the symbol: take one with --symbols NAME, or name a folder with --out`,
        ExitCode.USAGE,
      );
    }
    return exportToFolder(source, { ...work, folder: out, header, name: `trades-${header.sessionDate}` });
  }
  if (out === '-') return exportLines(source, { ...work, take: printPart });
  return exportToFile(source, { ...work, path: out });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function summary({ written, leftOut, files }: Exported & { readonly files?: number }, options: ExportOptions): string {
  const out = options.out === '-' ? 'stdout' : options.out;
  const where = files === undefined ? out : `${whole(files)} files in ${out}`;
  const left = leftOut === 0 ? '' : `; ${whole(leftOut)} quotes left out: ${options.format} holds trades alone`;
  return `${whole(written)} events written to ${where}${left}`;
}
