import { Command, Option } from '@commander-js/extra-typings';
import { type TickRecord, tickFormat, tickRecord } from '../simulator/tape/export/formats.ts';
import { emptyPart, readPart } from '../simulator/tape/part.ts';
import { openTape } from '../simulator/tape/reader.ts';
import { isoTime } from '../simulator/tape/time.ts';
import type { TapeReader } from '../simulator/tape/types.ts';
import { wholeNumber } from './options.ts';
import { type PartOptions, partOf, symbolNames, TIME_FORMS } from './tapePart.ts';
import { asWriteError } from './tapeWrite.ts';

/** `tapedeck tape head`: prints the first events. */
export function headCommand() {
  return new Command('head')
    .summary('print the first events of a tape')
    .description('Prints the first events of a tape, or of some of its symbols, or from some time on.')
    .argument('<file>', 'the tape')
    .option('-n, --lines <count>', 'how many events', wholeNumber({ minimum: 1, maximum: 1_000_000 }), 10)
    .option('--from <time>', `the first instant: ${TIME_FORMS} (default: the beginning)`)
    .option('--symbol <names>', 'of these symbols alone: A,B,C', symbolNames)
    .addOption(
      new Option('--format <format>', 'how to print')
        .choices(['text', 'csv', 'json'] as const)
        .default('text' as const),
    )
    .action(head);
}

interface HeadOptions extends PartOptions {
  readonly lines: number;
  readonly symbol?: readonly string[] | undefined;
  readonly format: 'text' | 'csv' | 'json';
}

function head(file: string, options: HeadOptions): void {
  const tape = openTape(file);
  try {
    process.stdout.write(firstLines(tape, options));
  } catch (error) {
    throw asWriteError(error, file);
  } finally {
    tape.close();
  }
}

function firstLines(tape: TapeReader, options: HeadOptions): string {
  const part = partOf(tape, { from: options.from, symbols: options.symbol });
  const source = readPart(tape, part);
  const csv = tickFormat('csv', tape.header);
  const records: TickRecord[] = [];
  const csvLines: string[] = [];
  while (records.length < options.lines && source.next()) {
    records.push(tickRecord(source.tick, tape.header));
    csvLines.push(csv.line(source.tick));
  }
  if (records.length === 0) throw new RangeError(emptyPart(tape, part));
  if (options.format === 'csv') return csv.head + csvLines.join('');
  if (options.format === 'json') return `${JSON.stringify(records)}\n`;
  const width = Math.max(...records.map(({ symbol }) => symbol.length));
  return records.map((record) => `${asText(record, width)}\n`).join('');
}

function asText(record: TickRecord, width: number): string {
  const { timeUs, symbol, kind, flags } = record;
  const what =
    kind === 'trade'
      ? `${record.price} x ${record.size}`
      : `${record.bid} x ${record.bidSize} / ${record.ask} x ${record.askSize}`;
  return `${isoTime(timeUs)}  ${symbol.padEnd(width)}  ${kind}  ${what}${flags === undefined ? '' : `  flags ${flags}`}`;
}
