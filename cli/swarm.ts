import { join } from 'node:path';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { joinRun, prepareRun } from '../loadtests/distributed/join.ts';
import { playOffer, writePrepared } from '../loadtests/distributed/offline.ts';
import type { GeneratorRecord } from '../loadtests/distributed/records.ts';
import { parseSegment, type Segment, segmentName } from '../loadtests/distributed/segment.ts';
import type { LoadChoice } from '../loadtests/gate/generators.ts';
import { ExitCode } from '../protocol/codes.ts';
import { runsFolder } from '../simulator/paths.ts';
import { entries } from './entries.ts';
import { CliError } from './errors.ts';
import { chooseLoad } from './load.ts';
import { decimalNumber, formatOption } from './options.ts';
import { openProgress, type Progress } from './progress.ts';
import { stoppable } from './signals.ts';

const LONGEST_CLOCK_ERROR_MS = 60_000;

/** `tapedeck swarm`: one of several generators of a gate's run. */
export function swarmCommand() {
  return new Command('swarm')
    .description(
      "make a share of a gate's load from this machine: join a gate over the network, or play a segment from its file",
    )
    .argument('[offer]', 'the offer.json of a gate with --segments, where there is no network between the two')
    .option('--join <url>', 'where a gate with --coordinate gives out its segments, as it prints it')
    .option('--segment <i/n>', 'the share to play, like 2/4; with --join: the next free one by default', segmentOption)
    .option('--out <folder>', 'where its lines go (<runs>/segment-<i>-of-<n> by default)')
    .option(
      '--prepare',
      'with --join: take the whole plan and the clock for a k6 that cuts its segments itself, and end',
    )
    .option(
      '--clock-error <ms>',
      "without a network: this machine's clock agrees with the gate's to so many ms, by PTP or NTP",
      decimalNumber({ minimum: 0, maximum: LONGEST_CLOCK_ERROR_MS }),
    )
    .addOption(formatOption('what is printed at the end'))
    .action(async (offer, options) => {
      const progress = openProgress(options.format === 'json' ? process.stderr : process.stdout);
      const record = await stoppable((signal) => play({ offer, ...options, progress, signal }));
      progress.done();
      if (record === undefined) return;
      tell(record, options.format);
      process.exitCode = record.failed === '' ? ExitCode.PASS : endOf(record.failed);
    });
}

interface Asked {
  readonly offer: string | undefined;
  readonly join?: string | undefined;
  readonly segment?: Segment | undefined;
  readonly out?: string | undefined;
  readonly prepare?: true | undefined;
  readonly clockError?: number | undefined;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

async function play(asked: Asked): Promise<GeneratorRecord | undefined> {
  const { offer, join: url, segment, progress, signal } = asked;
  const shared = {
    swarmEntry: entries().swarm,
    chooseLoad: (generator: 'k6' | 'swarm'): Promise<LoadChoice> => chooseLoad(generator, progress),
    signal,
    onProgress: progress.show,
  };
  if (url !== undefined && offer !== undefined) {
    throw new CliError('an offer and --join are two ways to the same plan: take one', ExitCode.USAGE);
  }
  if (url !== undefined) {
    const out = folderOf(asked);
    if (asked.prepare === true) {
      const { folder, record } = writePrepared(await prepareRun({ url: checked(url), signal }), out);
      progress.say(`plan and clock (within ${errorMs(record)} ms) are in ${folder}`);
      return undefined;
    }
    const joined = await joinRun({
      ...shared,
      url: checked(url),
      folder: out,
      ...(segment === undefined ? {} : { segment }),
    });
    return joined.record;
  }
  if (offer === undefined) {
    throw new CliError(
      "which run? --join URL, or a gate's offer.json with --segment; see tapedeck swarm --help",
      ExitCode.USAGE,
    );
  }
  if (segment === undefined) throw new CliError('--segment i/n: say which share of the plan to play', ExitCode.USAGE);
  const { clockError } = asked;
  const stated = clockError === undefined ? {} : { clockErrorUs: clockError * 1000 };
  return playOffer({ ...shared, ...stated, path: offer, segment, folder: folderOf(asked) });
}

function folderOf({ out, segment }: Asked): string {
  if (out !== undefined) return out;
  const name = segment === undefined ? `segment-${process.pid}` : `segment-${segment.index}-of-${segment.of}`;
  return join(runsFolder(), name);
}

function segmentOption(text: string): Segment {
  const segment = parseSegment(text);
  if (segment === undefined) throw new InvalidArgumentError('Give a share like 2/4: the second of four.');
  return segment;
}

function checked(url: string): string {
  if (URL.canParse(url) && new URL(url).protocol === 'http:') return url;
  throw new CliError(`--join ${url}: not an address like http://host:7070/KEY, as the gate prints it`, ExitCode.USAGE);
}

function tell(record: GeneratorRecord, format: 'text' | 'json'): void {
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify(record)}\n`);
    return;
  }
  const which = record.segment === null ? '' : ` ${segmentName(record.segment)}`;
  const how = record.failed === '' ? 'played' : record.failed;
  process.stdout.write(
    `segment${which}: ${how}; clock within ${errorMs(record)} ms of the gate's (${record.clock.method})\n`,
  );
}

function errorMs({ clock }: GeneratorRecord): string {
  return clock.errorUs === null ? 'an unknown number of' : (clock.errorUs / 1000).toFixed(3);
}

function endOf(failed: string): ExitCode {
  return failed === 'interrupted' ? ExitCode.INTERRUPTED : ExitCode.INVALID;
}
