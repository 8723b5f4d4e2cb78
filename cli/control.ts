import { Command, Option } from '@commander-js/extra-typings';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { ExitCode } from '../protocol/codes.ts';
import { PLACE_FORMS } from '../simulator/play/place.ts';
import { standingControlUrl } from './controlled.ts';
import { CliError } from './errors.ts';
import { decimalNumber, formatOption, wholeNumber } from './options.ts';

const ANSWER_WITHIN_MS = 5_000;

const StateSchema = Type.Object({
  status: Type.String(),
  speed: Type.Union([Type.Number(), Type.Literal('max')]),
  position: Type.String(),
  exchangeTime: Type.String(),
  share: Type.Number(),
  events: Type.Integer(),
  late: Type.Integer(),
  rounds: Type.Integer(),
});
const ProblemSchema = Type.Object({ detail: Type.String() });

/** `tapedeck control`: steers a replay that runs. */
export function controlCommand() {
  const command = new Command('control')
    .summary('pause, resume, seek, step a running replay, or change its speed')
    .description('Steers a replay that runs on this machine, and says where it stands.');
  const add = (name: string, description: string) =>
    command
      .command(name)
      .description(description)
      .option('--url <url>', 'the control that the replay printed (default: that of the one started last)')
      .addOption(formatOption('how to print the state'));
  add('state', 'tell where the replay stands').action((options) => ask({ ...options }));
  add('pause', 'stand still').action((options) => ask({ ...options, command: 'pause' }));
  add('resume', 'go on').action((options) => ask({ ...options, command: 'resume' }));
  add('seek', 'go to another place of the tape')
    .argument('<place>', `${PLACE_FORMS}; +30s or -2m from where it stands`)
    .action((to, options) => ask({ ...options, command: 'seek', body: { to } }));
  add('speed', "play at a factor of the market's pace")
    .argument('<factor>', '0.1 to 1000, or max', (text) =>
      text === 'max' ? text : decimalNumber({ minimum: 0.1, maximum: 1000 })(text),
    )
    .action((speed, options) => ask({ ...options, command: 'speed', body: { speed } }));
  add('step', 'play the next events while it stands still')
    .argument('[count]', 'how many', wholeNumber({ minimum: 1, maximum: 1_000_000 }), 1)
    .addOption(new Option('--unit <unit>', 'events, or minutes of the tape').choices(['tick', 'bar']).default('tick'))
    .action((count, { unit, ...options }) => ask({ ...options, command: 'step', body: { unit, count } }));
  return command;
}

interface Question {
  readonly url?: string | undefined;
  readonly format: string;
  readonly command?: string;
  readonly body?: object;
}

async function ask({ url = standingControlUrl(), format, command, body = {} }: Question): Promise<void> {
  const request = command === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const address = command === undefined ? url : `${url}/${command}`;
  const headers = { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const response = await fetch(address, { ...request, headers, signal }).catch(() => undefined);
  if (response === undefined) {
    throw new CliError(
      `${address}: no replay answers there; see the line "control" that it printed`,
      ExitCode.UNAVAILABLE,
    );
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    const detail = Value.Check(ProblemSchema, answer) ? answer.detail : `status ${response.status}`;
    throw new CliError(detail, ExitCode.USAGE);
  }
  if (!Value.Check(StateSchema, answer)) {
    throw new CliError(`${address}: what answers there is no replay of tapedeck's`, ExitCode.UNAVAILABLE);
  }
  process.stdout.write(format === 'json' ? `${JSON.stringify(answer)}\n` : `${describe(answer)}\n`);
}

function describe(state: Static<typeof StateSchema>): string {
  const pace = state.speed === 'max' ? 'as fast as possible' : `at ${state.speed}x`;
  const share = `${(100 * state.share).toFixed(1)} %`;
  return `${state.status} ${pace}, ${state.exchangeTime} at the exchange (${share}), ${state.events} events, ${state.late} late`;
}
