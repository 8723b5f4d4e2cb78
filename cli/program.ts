import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { ExitCode } from '../protocol/codes.ts';
import { VERSION } from '../server/http/version.ts';
import { CliError, describeFailure } from './errors.ts';
import { OutputLost } from './printing.ts';

/** Every command, in the order of the help; loaded when it is asked for, so that none pays for the others. */
const COMMANDS: Readonly<Record<string, () => Promise<CommandUnknownOpts>>> = {
  gate: async () => (await import('./gate.ts')).gateCommand(),
  compare: async () => (await import('./compare.ts')).compareCommand(),
  history: async () => (await import('./history.ts')).historyCommand(),
  soak: async () => (await import('./soak.ts')).soakCommand(),
  serve: async () => (await import('./serve.ts')).serveCommand(),
  tape: async () => (await import('./tape.ts')).tapeCommand(),
  replay: async () => (await import('./replay.ts')).replayCommand(),
  control: async () => (await import('./control.ts')).controlCommand(),
  conform: async () => (await import('./conform.ts')).conformCommand(),
  scenario: async () => (await import('./scenario.ts')).scenarioCommand(),
  capacity: async () => (await import('./capacity.ts')).capacityCommand(),
  http: async () => (await import('./http.ts')).httpCommand(),
  swarm: async () => (await import('./swarm.ts')).swarmCommand(),
  report: async () => (await import('./report.ts')).reportCommand(),
  trust: async () => (await import('./trust.ts')).trustCommand(),
  config: async () => (await import('./config.ts')).configCommand(),
};

/** Where the command line writes. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * Runs one command line to its end.
 *
 * @param args without the interpreter and the script
 * @returns the exit code
 */
export async function runCli(args: readonly string[], output: Output, debug: boolean): Promise<number> {
  try {
    const program = await createProgram(args, output);
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? ExitCode.PASS);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.PASS;
    if (error instanceof OutputLost) return ExitCode.PASS;
    const { line, exitCode } = describeFailure(error);
    output.err(`tapedeck: ${line}\n`);
    if (debug && error instanceof Error) output.err(`${error.stack}\n`);
    return exitCode;
  }
}

async function createProgram(args: readonly string[], output: Output): Promise<CommandUnknownOpts> {
  const program = new Command('tapedeck')
    .description('Plays historical market tape into a real-time trading back end and judges how it holds up.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', '\ntapedeck COMMAND --help tells more of each.');
  for (const command of await Promise.all(loadersFor(args[0]).map((load) => load()))) program.addCommand(command);
  configure(program, output);
  return program;
}

/** The command asked for; all of them for the help and for the nearest name. */
function loadersFor(name = ''): readonly (() => Promise<CommandUnknownOpts>)[] {
  const asked = Object.entries(COMMANDS).find(([known]) => known === name);
  if (asked !== undefined) return [asked[1]];
  return name === '--version' || name === '-V' ? [] : Object.values(COMMANDS);
}

/** Commander hands none of this down to commands that were made elsewhere. */
function configure(command: CommandUnknownOpts, output: Output): void {
  command.exitOverride((error) => {
    throw error.exitCode === 0 ? error : usageError(command, error);
  });
  command.configureOutput({
    writeOut: output.out,
    writeErr: () => undefined,
    outputError: () => undefined,
  });
  command.helpOption('-h, --help', 'print this help');
  for (const child of command.commands) configure(child, output);
}

/** Commander's message, with its "did you mean" on the same line, and where help is. */
function usageError(command: CommandUnknownOpts, error: CommanderError): CliError {
  const path = commandPath(command);
  if (error.code === 'commander.help') {
    const names = command.commands.map((child) => child.name()).join(', ');
    return new CliError(`no command given; there are: ${names}; see ${path} --help`, ExitCode.USAGE);
  }
  const [message = '', suggestion] = error.message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .split('\n');
  const isOfOthers = OF_A_TARGET.test(message);
  const hint = isOfOthers ? withoutTarget(path) : suggestion?.replace(/^\(|\)$/g, '').replace(/^Did/, 'did');
  return new CliError(
    [message, hint, `see ${path} --help`].filter((part) => part !== undefined).join('; '),
    ExitCode.USAGE,
  );
}

/** A nearest name is no help to who wants a server of theirs judged by a command that takes none. */
const OF_A_TARGET = /^unknown option '--target(-command)?'$/;

function withoutTarget(path: string): string {
  const takers = 'gate, capacity, conform and http take yours by --target, compare by --a and --b';
  return path === 'tapedeck soak'
    ? `a soak plays into this build's server only; ${takers}`
    : `it takes no server; ${takers}`;
}

function commandPath(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}
