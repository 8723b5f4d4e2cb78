import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { ExitCode } from '../protocol/codes.ts';
import type { ReturnFacts, TapeFacts } from '../protocol/tapeFacts.ts';
import { factsPage } from '../reports/facts/page.ts';
import { CsvFileError } from '../simulator/csv.ts';
import { tapeFacts } from '../simulator/facts/facts.ts';
import { loadHistory } from '../simulator/history.ts';
import { openTape } from '../simulator/tape/reader.ts';
import { CliError } from './errors.ts';
import { openProgress } from './progress.ts';
import { rows, whole } from './tapeText.ts';

/** `tapedeck tape facts`: the stylised facts of a tape beside those of the real prices. */
export function factsCommand() {
  return new Command('facts')
    .summary('compare the stylised facts of a tape with those of real prices')
    .description(
      'Measures what markets have in common (tails, volatility clusters, course of the day, spreads, gaps between events) on a tape, beside the real index: in a page of its own, as JSON, or in a few lines.',
    )
    .argument('<file>', 'the tape')
    .option('--out <file>', 'where the page or the JSON goes; a .html or .json name says which (default: stdout)')
    .option('--index <csv>', 'daily index prices to compare with (default: the S&P 500, 2000-2020)')
    .addOption(new Option('--format <format>', 'what to make (default: text, or what --out is)').choices(FORMATS))
    .action(facts);
}

const FORMATS = ['text', 'json', 'html'] as const;
type Format = (typeof FORMATS)[number];

async function facts(
  file: string,
  options: {
    readonly out?: string | undefined;
    readonly index?: string | undefined;
    readonly format?: Format | undefined;
  },
): Promise<void> {
  const { out, index } = options;
  const format = options.format ?? formatOf(out);
  const found = await measure(file, index);
  const text = { text: () => linesOf(found), json: () => `${JSON.stringify(found)}\n`, html: () => factsPage(found) }[
    format
  ]();
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  write(out, text);
  process.stdout.write(`${out}: ${(Buffer.byteLength(text) / 1000).toFixed(0)} kB\n`);
}

function formatOf(out: string | undefined): Format {
  if (out?.endsWith('.html') === true) return 'html';
  return out?.endsWith('.json') === true ? 'json' : 'text';
}

async function measure(file: string, index: string | undefined): Promise<TapeFacts> {
  const tape = openTape(file);
  const progress = openProgress(process.stderr);
  try {
    const history = await loadHistory(index === undefined ? {} : { indexPath: index });
    return tapeFacts(tape, { history, onProgress: (done) => progress.show(`${whole(done)} events read`) });
  } catch (error) {
    if (!(error instanceof CsvFileError)) throw error;
    throw new CliError(error.message, error.kind === 'missing' ? ExitCode.MISSING_INPUT : ExitCode.BAD_DATA);
  } finally {
    progress.done();
    tape.close();
  }
}

function write(out: string, text: string): void {
  try {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, text);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new CliError(`${out}: can't be written (${error.code}); choose another place with --out`, ExitCode.USAGE);
  }
}

function linesOf({ tape, returns, intraday, arrivals, auctions, priceLevels }: TapeFacts): string {
  const at10 = arrivals.longer.find(({ gaps }) => gaps === 10);
  const levels = priceLevels.map(({ fromPrice, spreadBp }) => `${fromPrice}+: ${spreadBp.toFixed(1)} bp`);
  const lines = rows([
    ['tape', `${tape.name}, ${tape.kind}`],
    ['origin', tape.description],
    ...returns.map((one) => [one.role, returnWords(one)] as const),
    [
      'course',
      `the open has ${(intraday[0]?.events ?? 0).toFixed(1)} times the mean's events, the close ${(intraday.at(-1)?.events ?? 0).toFixed(1)} times`,
    ],
    [
      'gaps',
      `${percent(at10?.share ?? 0)} are over ten times a symbol's mean gap (Poisson: ${percent(at10?.poisson ?? 0)})`,
    ],
    ['spreads', levels.length === 0 ? 'no quotes in force to measure by' : levels.join(', ')],
    [
      'auctions',
      auctions.openings + auctions.closings === 0
        ? 'none'
        : `${whole(auctions.openings)} at the open (${percent(auctions.openingShare)} of the shares), ${whole(auctions.closings)} at the close (${percent(auctions.closingShare)})`,
    ],
  ]);
  return `${lines.join('\n')}\n`;
}

function returnWords({ name, returns, kurtosis, autocorrelation, absoluteAutocorrelation }: ReturnFacts): string {
  const [first = 0] = autocorrelation;
  const [size = 0] = absoluteAutocorrelation;
  return `${name}: ${whole(returns)} returns, kurtosis ${kurtosis.toFixed(1)}, autocorrelation ${first.toFixed(2)}, of their size ${size.toFixed(2)}`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
