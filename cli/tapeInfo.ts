import { statSync } from 'node:fs';
import { Command } from '@commander-js/extra-typings';
import { openTape } from '../simulator/tape/reader.ts';
import { SURVEY_LIMITS, surveyTape, type TapeSurvey } from '../simulator/tape/survey/survey.ts';
import { isoTime } from '../simulator/tape/time.ts';
import type { TapeHeader } from '../simulator/tape/types.ts';
import { decimalNumber, formatOption, type OutputFormat } from './options.ts';
import { openProgress } from './progress.ts';
import { describe, print, rate, rows, whole } from './tapeText.ts';

const US_PER_S = 1_000_000;
/** More than these are in the JSON alone. */
const SHOWN = 3;

/** `tapedeck tape info`: tells what is in tapes. */
export function infoCommand() {
  const seconds = decimalNumber({ above: 0, maximum: 86_400 });
  return new Command('info')
    .summary('tell what is in tapes: rates, gaps, quality')
    .description(
      'Tells what is in tapes: their origin and span from the header; rates, gaps within the sessions and quality from reading all events once. As JSON: an object for one tape, a list for several.',
    )
    .argument('<files...>', 'the tapes')
    .option('--quick', 'the header alone; no event is read')
    .option('--silence <seconds>', 'a gap of the whole tape is longer', seconds, SURVEY_LIMITS.silenceUs / US_PER_S)
    .option(
      '--symbol-silence <seconds>',
      'a gap of a symbol is longer',
      seconds,
      SURVEY_LIMITS.symbolSilenceUs / US_PER_S,
    )
    .option(
      '--sigma <number>',
      'a price jump is larger, in standard deviations',
      decimalNumber({ above: 0, maximum: 1_000_000 }),
      SURVEY_LIMITS.jumpSigma,
    )
    .addOption(formatOption())
    .action(tellAll);
}

interface InfoOptions {
  readonly quick?: true | undefined;
  readonly silence: number;
  readonly symbolSilence: number;
  readonly sigma: number;
  readonly format: OutputFormat;
}

interface Told {
  readonly file: string;
  readonly header: TapeHeader;
  readonly survey: TapeSurvey | undefined;
}

async function tellAll(files: readonly string[], options: InfoOptions): Promise<void> {
  const told: Told[] = [];
  for (const file of files) told.push(await look(file, options));
  const values = told.map(({ file, header, survey }) => {
    const { size: bytes } = statSync(file);
    return { tape: file, bytes, bytesPerEvent: bytes / header.events, ...header, survey };
  });
  const [only, ...others] = values;
  print(options.format, only === undefined || others.length > 0 ? values : only, () => told.map(asText).join('\n\n'));
}

async function look(file: string, options: InfoOptions): Promise<Told> {
  const tape = openTape(file);
  const progress = openProgress(process.stderr);
  try {
    const limits = {
      silenceUs: options.silence * US_PER_S,
      symbolSilenceUs: options.symbolSilence * US_PER_S,
      jumpSigma: options.sigma,
    };
    const onProgress = (events: number): void => progress.show(`reading ${file}: ${whole(events)} events`);
    const survey = options.quick === true ? undefined : await surveyTape(tape, { limits, onProgress });
    return { file, header: tape.header, survey };
  } finally {
    progress.done();
    tape.close();
  }
}

function asText({ file, header, survey }: Told): string {
  if (survey === undefined) return describe(file, header);
  return [describe(file, header), '', ...surveyRows(survey)].join('\n');
}

function surveyRows({ limits, rates, gaps, quality }: TapeSurvey): string[] {
  const { tape, symbols } = gaps;
  const { priceJumps, symbolsWithoutEvents } = quality;
  const silence = limits.silenceUs / US_PER_S;
  const symbolSilence = limits.symbolSilenceUs / US_PER_S;
  return rows([
    [
      'in session',
      `${rate(rates.perSecond, rates.sessionSeconds)}${rates.sessionSeconds < 1 ? '' : ` over ${whole(rates.sessionSeconds)} s`}; most in the second of ${isoTime(rates.peak.secondUs)}: ${whole(rates.peak.events)}`,
    ],
    ...rates.busiest.map(
      ({ symbol, events, trades, quotes, perSecond }, at) =>
        [
          at === 0 ? 'busiest' : '',
          `${symbol.padEnd(8)} ${rate(perSecond, rates.sessionSeconds)} (${whole(events)}: ${whole(trades)} trades, ${whole(quotes)} quotes)`,
        ] as const,
    ),
    [
      'gaps',
      found(
        tape.count,
        `silences over ${silence} s`,
        tape.worst.map(({ fromUs, toUs }) => span(fromUs, toUs)),
      ),
    ],
    [
      '',
      found(
        symbols.count,
        `silences of a symbol over ${symbolSilence} s${symbols.count === 0 ? '' : `, in ${whole(symbols.concerned)} symbols`}`,
        symbols.worst.map(({ symbol, fromUs, toUs }) => `${symbol} ${span(fromUs, toUs)}`),
      ),
    ],
    ['quality', `${whole(quality.crossedQuotes)} crossed quotes`],
    ['', `${whole(quality.zeroSizeTrades)} trades and ${whole(quality.zeroSizeQuotes)} quotes without a size`],
    ['', `${whole(quality.badPriceTrades)} trades at 0 or below`],
    [
      '',
      found(
        priceJumps.count,
        `price jumps over ${limits.jumpSigma} sigma`,
        priceJumps.worst.map(
          ({ symbol, change, sigmas, timeUs }) =>
            `${symbol} ${(100 * change).toFixed(2)} % (${sigmas.toFixed(0)} sigma) at ${isoTime(timeUs)}`,
        ),
      ),
    ],
    ['', `${whole(quality.outOfSession)} events out of session`],
    ['', `${whole(quality.tradesWhileHalted)} trades of halted symbols`],
    [
      '',
      `${whole(quality.sameTime)} events at the instant of the one before (${(100 * quality.sameTimeShare).toFixed(2)} %)`,
    ],
    ['', found(symbolsWithoutEvents.count, 'symbols without events', symbolsWithoutEvents.worst)],
  ]);
}

/** How many there are, and the worst few. */
function found(count: number, what: string, worst: readonly string[]): string {
  if (count === 0) return `no ${what}`;
  const shown = worst.slice(0, SHOWN).join('; ');
  return `${whole(count)} ${what}: ${shown}${count > SHOWN ? '; ...' : ''}`;
}

function span(fromUs: number, toUs: number): string {
  return `${((toUs - fromUs) / US_PER_S).toFixed(1)} s from ${isoTime(fromUs)}`;
}
