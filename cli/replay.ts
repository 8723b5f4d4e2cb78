import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { ExitCode } from '../protocol/codes.ts';
import { PROVIDER_NAMES } from '../protocol/providers/names.ts';
import { PLACE_FORMS } from '../simulator/play/place.ts';
import { CliError } from './errors.ts';
import { decimalNumber, formatOption, gathered, wholeNumber } from './options.ts';
import { replayAs } from './replayAs.ts';
import { play } from './replayPlay.ts';
import { repeat } from './replayRepeat.ts';

const MAX_SPEED = 1_000_000;
const PORTS = { minimum: 0, maximum: 65_535 };
/** Options that mean nothing without a provider to be. */
const AS_OPTIONS = ['port', 'host', 'plan', 'key', 'clock', 'start', 'loop', 'scenario', 'lenient', 'control'] as const;

/** `tapedeck replay`: plays a tape, plays it as a provider, or repeats a run from its command log. */
export function replayCommand() {
  return new Command('replay')
    .summary('play a tape by its own times, as a provider of market data, or repeat a run')
    .description(
      "Plays a tape: at the market's pace, a factor of it, or as fast as possible, and says what was played, how late, and its hash. With --as it speaks a provider's wire format, so that an unmodified client of that provider hears the tape. With --commands it repeats a run of the server from its command log and compares the hashes.",
    )
    .addOption(new Option('--as <provider>', 'be this provider of market data').choices(PROVIDER_NAMES))
    .option('--tape <file>', 'tape to play (default: the built-in universe, built once)')
    .addOption(new Option('--date <date>', "the built universe's session, YYYY-MM-DD").conflicts('tape'))
    .option('--speed <factor>', "factor of the market's pace, or max (default: 1; with --hash: max)", speed)
    .option('--from <place>', `where the part to play starts: ${PLACE_FORMS}`)
    .addOption(new Option('--to <place>', 'where it ends (not played itself)').conflicts('duration'))
    .option('--at <place>', 'where to begin in it (default: its start)')
    .option(
      '--duration <seconds>',
      'how much of the tape to play, in its own seconds',
      decimalNumber({ above: 0, maximum: 86_400 }),
    )
    .addOption(new Option('--hash', 'print the hash of the events and nothing else').conflicts('as'))
    .option('--port <port>', '--as: port to listen on, 0 for any free one (default: 8765)', wholeNumber(PORTS))
    .option('--host <address>', '--as: address to listen on (default: 127.0.0.1)')
    .option('--plan <name>', "--as: the provider's plan, whose limits hold (default: its first)")
    .option('--key <key>', '--as: a key that is accepted, may be repeated (default: any)', gathered)
    .addOption(
      new Option('--clock <kind>', '--as: all clients on one clock, or each on its own (?from=10:00&speed=5)').choices([
        'shared',
        'own',
      ] as const),
    )
    .addOption(
      new Option('--start <kind>', "--as: events say the tape's times, or those of now").choices([
        'tape',
        'now',
      ] as const),
    )
    .option('--loop', '--as: begin again at the end')
    .option('--scenario <name>', '--as: faults, part and speed of a scenario: its name or its file')
    .option('--lenient', '--as: accept what the provider would refuse but some clients send')
    .option('--control <port>', '--as: port by which tapedeck control steers it (default: any)', wholeNumber(PORTS))
    .addOption(
      new Option('--commands <run>', "repeat a run: its folder, or its command log's file").conflicts([
        ...['as', 'date', 'speed', 'from', 'to', 'at', 'duration', 'hash'],
        ...AS_OPTIONS,
      ]),
    )
    .addOption(formatOption('how to print the summary'))
    .action(async (options) => {
      const { as, commands } = options;
      if (commands !== undefined) return repeat({ ...options, run: commands });
      if (as !== undefined) return replayAs({ ...options, as });
      const alone = AS_OPTIONS.find((name) => options[name] !== undefined);
      if (alone === undefined) return play(options);
      throw new CliError(`--${alone} goes with --as PROVIDER: ${PROVIDER_NAMES.join(', ')}`, ExitCode.USAGE);
    });
}

function speed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= MAX_SPEED) return value;
  throw new InvalidArgumentError(`Give a number above 0, at most ${MAX_SPEED}, or max.`);
}
