import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { cutTape } from '../simulator/tape/edit/cut.ts';
import { haltOnTape } from '../simulator/tape/edit/halt.ts';
import { mergeTapes } from '../simulator/tape/edit/merge.ts';
import { speedTape } from '../simulator/tape/edit/speed.ts';
import { openTape } from '../simulator/tape/reader.ts';
import type { TapeReader } from '../simulator/tape/types.ts';
import { decimalNumber, formatOption } from './options.ts';
import { partOf, symbolNames, TIME_FORMS } from './tapePart.ts';
import { makeTape } from './tapeWrite.ts';

/** `tapedeck tape cut`: a part of a tape as a tape of its own. */
export function cutCommand() {
  return new Command('cut')
    .summary('make a tape of a part of a tape')
    .description('Makes a tape of a part of a tape: a stretch of its time, some of its symbols, or both.')
    .argument('<file>', 'the tape')
    .requiredOption('--out <file>', 'where the new tape goes')
    .option('--from <time>', `the first instant: ${TIME_FORMS} (default: the beginning)`)
    .option('--to <time>', 'the first instant that is left out, in the same words (default: the end)')
    .option('--symbols <names>', 'these symbols alone: A,B,C', symbolNames)
    .addOption(formatOption())
    .action((file, options) =>
      withTapes([file], ([tape]) =>
        makeTape({ ...options, inputs: [file], doing: `cutting ${file}` }, (given) =>
          cutTape(tape, { ...partOf(tape, options), ...given }),
        ),
      ),
    );
}

/** `tapedeck tape merge`: several tapes as one. */
export function mergeCommand() {
  return new Command('merge')
    .summary('make one tape of several')
    .description(
      'Makes one tape of several, in time order. Symbols of one name become one; where their decimals differ the finer ones are taken, if all prices fit. What several tapes hold is there several times.',
    )
    .argument('<file>', 'a tape')
    .argument('<files...>', 'more tapes')
    .requiredOption('--out <file>', 'where the new tape goes')
    .addOption(formatOption())
    .action((file, files, options) =>
      withTapes([file, ...files], (tapes) =>
        makeTape({ ...options, inputs: [file, ...files], doing: `merging ${tapes.length} tapes` }, (given) =>
          mergeTapes(tapes, given),
        ),
      ),
    );
}

/** `tapedeck tape speed`: a tape whose time passes faster or slower. */
export function speedCommand() {
  return new Command('speed')
    .summary('make a tape whose time passes faster or slower')
    .description(
      "Makes a tape whose time passes faster or slower: each event's distance from the session's open is divided by the factor, the session's length too. The exchange's hours stay what they are. To play a tape faster as it is, use replay --speed.",
    )
    .argument('<file>', 'the tape')
    .requiredOption(
      '--factor <number>',
      'how many times as fast, from 0.001 to 1000',
      decimalNumber({ minimum: 0.001, maximum: 1_000 }),
    )
    .requiredOption('--out <file>', 'where the new tape goes')
    .addOption(formatOption())
    .action((file, options) =>
      withTapes([file], ([tape]) =>
        makeTape({ ...options, inputs: [file], doing: `rewriting ${file}` }, (given) =>
          speedTape(tape, { ...given, factor: options.factor }),
        ),
      ),
    );
}

/** `tapedeck tape halt`: a tape with one more trading halt. */
export function haltCommand() {
  return new Command('halt')
    .summary('make a tape on which a symbol is halted for a while')
    .description(
      'Makes a tape on which a symbol is halted for a while. A replay then tells the market of the halt and of its end; the events stay as they are.',
    )
    .argument('<file>', 'the tape')
    .requiredOption('--symbol <name>', 'which symbol')
    .requiredOption('--from <time>', `when it halts: ${TIME_FORMS}`)
    .option('--to <time>', 'when it resumes, in the same words (default: not on this tape)')
    .option('--reason <text>', 'what people are told', oneLine, 'trading halt')
    .requiredOption('--out <file>', 'where the new tape goes')
    .addOption(formatOption())
    .action((file, options) =>
      withTapes([file], ([tape]) =>
        makeTape({ ...options, inputs: [file], doing: `rewriting ${file}` }, (given) => {
          const { fromUs: haltUs = 0, toUs: resumeUs } = partOf(tape, options);
          const { symbol, reason } = options;
          const halt = { symbol, haltUs, reason, ...(resumeUs === undefined ? {} : { resumeUs }) };
          return haltOnTape(tape, { ...given, halt });
        }),
      ),
    );
}

function oneLine(text: string): string {
  if (/^[^\r\n]{1,200}$/.test(text)) return text;
  throw new InvalidArgumentError('Give a reason of one line, 1 to 200 characters.');
}

/** Opens tapes for a piece of work and closes them after it. */
async function withTapes(
  files: readonly [string, ...string[]],
  work: (tapes: readonly [TapeReader, ...TapeReader[]]) => Promise<void>,
): Promise<void> {
  const [first, ...others] = files;
  const tapes: [TapeReader, ...TapeReader[]] = [openTape(first)];
  try {
    for (const file of others) tapes.push(openTape(file));
    await work(tapes);
  } finally {
    for (const tape of tapes) tape.close();
  }
}
