import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { type Case, DIALECTS, NEEDS, type Need } from '../loadtests/conformance/case.ts';
import { CASES, chooseCases } from '../loadtests/conformance/cases.ts';
import { FORMATS, report } from '../loadtests/conformance/report.ts';
import { type Result, runCases, UnreachableError } from '../loadtests/conformance/run.ts';
import type { Target } from '../loadtests/conformance/target.ts';
import { ExitCode } from '../protocol/codes.ts';
import { nearest } from '../protocol/nearest.ts';
import { startConformServer } from './conformServer.ts';
import { CliError } from './errors.ts';
import { gathered, wholeNumber } from './options.ts';
import { openProgress } from './progress.ts';

interface ConformOptions {
  readonly target?: URL | undefined;
  readonly dialect?: readonly string[] | undefined;
  readonly only?: readonly string[] | undefined;
  readonly list?: true | undefined;
  readonly format: (typeof FORMATS)[number];
  readonly token?: string | undefined;
  readonly otherToken?: string | undefined;
  readonly symbols: readonly string[];
  readonly quietSymbol?: string | undefined;
  readonly lacks?: readonly string[] | undefined;
  readonly codec: 'json' | 'msgpack';
  readonly tlsCa?: string | undefined;
  readonly insecure?: true | undefined;
  readonly patient?: true | undefined;
  readonly restartCommand?: string | undefined;
  readonly parallel: number;
}

const NEED_NAMES = Object.keys(NEEDS);

/** `tapedeck conform`: which promises of the protocol a server keeps. */
export function conformCommand() {
  const dialect = new Option('--dialect <name>', 'only this one, which must be there; may be repeated');
  const lacks = new Option(
    '--lacks <name>',
    'what the target does not have, so that its cases are skipped; may be repeated',
  );
  return new Command('conform')
    .summary("check a server's protocol, case by case")
    .description(
      "Runs the protocol's conformance cases against a server, known by its URL alone, or against our own, and says for each what was expected, what came, and the paragraph of PROTOCOL.md. Leaves with 0 when every promise is kept, 1 when one is broken.",
    )
    .option('--target <url>', 'ws:// or wss:// address of the server (default: our own, started for the run)', urlOf)
    .addOption(dialect.choices(DIALECTS).argParser(dialectName))
    .option('--only <glob>', 'only cases of that name, * for any text; may be repeated', gathered)
    .option('--list', 'print the names and paragraphs of the cases, and run none')
    .addOption(new Option('--format <format>', 'what is printed').choices(FORMATS).default('tap' as const))
    .option(
      '--token <jwt>',
      'token with market:read and orders:write (or TAPEDECK_TOKEN)',
      process.env['TAPEDECK_TOKEN'],
    )
    .option('--other-token <jwt>', 'the same of another user')
    .option('--symbols <list>', 'symbols that trade, separated by commas', listOf, ['AAPL', 'MSFT'])
    .option('--quiet-symbol <symbol>', 'a symbol that is listed and has not traded')
    .addOption(lacks.choices(NEED_NAMES).argParser(needName))
    .addOption(
      new Option('--codec <codec>', "the native stream's frames").choices(['json', 'msgpack']).default('json' as const),
    )
    .option('--tls-ca <file>', 'authority to trust for wss (PEM)')
    .option('--insecure', 'take any certificate')
    .option('--patient', 'run the cases that take half a minute as well')
    .option(
      '--restart-command <command>',
      'how the target is restarted, SIGTERM first; the cases of drain run last, once it listens again',
    )
    .option('--parallel <number>', 'cases at a time', wholeNumber({ minimum: 1, maximum: 64 }), 16)
    .addHelpText(
      'after',
      '\nTAPEDECK_JWT_SECRET, when set, signs tokens of many kinds, for cases that are skipped without.',
    )
    .action(conform);
}

async function conform(options: ConformOptions): Promise<void> {
  const cases = casesOf(options);
  if (options.list === true) {
    process.stdout.write(cases.map(({ name, paragraph }) => `${name}  PROTOCOL.md#${paragraph}\n`).join(''));
    return;
  }
  const own = options.target === undefined ? await startConformServer() : undefined;
  try {
    const target = own === undefined ? targetOf(options) : { ...own.target, ...common(options) };
    const results = await run(options, { cases, target });
    process.stdout.write(report(results, options.format));
    process.exitCode = results.some(({ status }) => status === 'broken') ? ExitCode.FAIL : ExitCode.PASS;
  } finally {
    await own?.stop();
  }
}

function casesOf({ dialect, only }: ConformOptions): Case[] {
  const dialects = dialect === undefined ? undefined : DIALECTS.filter((name) => dialect.includes(name));
  const cases = chooseCases({ dialects, only });
  if (cases.length > 0) return cases;
  const [wish = ''] = only ?? [];
  const near = nearest(
    wish,
    CASES.map(({ name }) => name),
  );
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  throw new CliError(`no case is named ${wish}${hint}; tapedeck conform --list tells all`, ExitCode.USAGE);
}

async function run(
  options: ConformOptions,
  parts: { readonly cases: Case[]; readonly target: Target },
): Promise<Result[]> {
  const progress = openProgress(process.stderr);
  const required = DIALECTS.filter((name) => options.dialect?.includes(name));
  let done = 0;
  try {
    return await runCases({
      ...parts,
      required,
      parallel: options.parallel,
      onResult: () => progress.show(`${++done} of ${parts.cases.length} cases`),
    });
  } catch (error) {
    if (error instanceof UnreachableError) throw new CliError(`${error.message}; is it running?`, ExitCode.UNAVAILABLE);
    throw error;
  } finally {
    progress.done();
  }
}

function targetOf(options: ConformOptions): Target {
  const { target, dialect = [] } = options;
  const { pathname = '/', origin = '' } = target ?? {};
  const named = DIALECTS.filter((name) => dialect.includes(name));
  const [only] = named;
  if (pathname !== '/' && (only === undefined || named.length > 1)) {
    throw new CliError(
      `--target ${origin}${pathname}: a path is one dialect's; name it with --dialect, or leave the path out`,
      ExitCode.USAGE,
    );
  }
  return {
    ...common(options),
    base: origin,
    paths: pathname === '/' || only === undefined ? {} : { [only]: pathname },
    token: options.token,
    otherToken: options.otherToken,
    secret: process.env['TAPEDECK_JWT_SECRET'],
    restart: restartBy(options.restartCommand),
    symbols: options.symbols,
    quietSymbol: options.quietSymbol,
  };
}

/** Runs a command of the shell that restarts the target. */
function restartBy(command: string | undefined): (() => Promise<void>) | undefined {
  if (command === undefined) return undefined;
  return async () => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 'ignore', 'inherit'] });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`--restart-command ended with ${code}`);
  };
}

function common({
  codec,
  tlsCa,
  insecure,
  patient,
  lacks,
}: ConformOptions): Pick<Target, 'codec' | 'ca' | 'isInsecure' | 'isPatient' | 'lacks'> {
  return {
    codec,
    ca: tlsCa === undefined ? undefined : textOf(tlsCa),
    isInsecure: insecure === true,
    isPatient: patient === true,
    lacks: needsNamed(lacks),
  };
}

function needsNamed(names: readonly string[] = []): Need[] {
  return NEED_NAMES.filter((name): name is Need => names.includes(name));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new CliError(`--tls-ca ${path}: can't be read; give a PEM file`, ExitCode.MISSING_INPUT);
  }
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === 'ws:' || url.protocol === 'wss:')) return url;
  throw new InvalidArgumentError('Give a URL like ws://127.0.0.1:8000 or wss://host/path.');
}

function listOf(text: string): readonly string[] {
  const symbols = text.split(',').filter((symbol) => symbol !== '');
  if (symbols.length > 0) return symbols;
  throw new InvalidArgumentError('Give at least one symbol.');
}

function dialectName(text: string, before: readonly string[] | undefined): readonly string[] {
  return named({ text, before, known: DIALECTS });
}

function needName(text: string, before: readonly string[] | undefined): readonly string[] {
  return named({ text, before, known: NEED_NAMES });
}

function named(wish: {
  readonly text: string;
  readonly before: readonly string[] | undefined;
  readonly known: readonly string[];
}): readonly string[] {
  const { text, before, known } = wish;
  if (known.includes(text)) return gathered(text, before);
  throw new InvalidArgumentError(`There are ${known.join(', ')}.`);
}
