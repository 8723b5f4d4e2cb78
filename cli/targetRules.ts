import { accessSync, constants, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { JsonPathError, parseJsonPath } from '../loadtests/session/jsonPath.ts';
import { ExitCode } from '../protocol/codes.ts';
import { CUSTOM_DIALECT, type CustomRules, type TimeUnit } from '../protocol/serverUnderTest.ts';
import { CliError } from './errors.ts';

/** Options of how a server's messages are read that speaks no dialect of ours. */
export type RuleOptions = {
  readonly subscribeFrame?: string | undefined;
  readonly authFrame?: string | undefined;
  readonly where?: string | undefined;
  readonly itemsField?: string | undefined;
  readonly symbolField?: string | undefined;
  readonly timeField?: string | undefined;
  readonly timeUnit?: TimeUnit | undefined;
  readonly timeOf?: 'message' | 'event' | undefined;
  readonly seqField?: string | undefined;
  readonly seqOf?: 'symbol' | 'connection' | undefined;
  readonly priceField?: string | undefined;
};

const NAMES = {
  subscribeFrame: '--subscribe-frame',
  authFrame: '--auth-frame',
  where: '--where',
  itemsField: '--items-field',
  symbolField: '--symbol-field',
  timeField: '--time-field',
  timeUnit: '--time-unit',
  seqField: '--seq-field',
  priceField: '--price-field',
} as const;

/** The rules of a custom dialect; undefined for one of ours. @throws CliError for rules of another dialect, and bad ones */
export function rulesOf(options: RuleOptions, dialect: string): CustomRules | undefined {
  if (dialect !== CUSTOM_DIALECT) {
    for (const [name, flag] of Object.entries(NAMES)) {
      if (Reflect.get(options, name) !== undefined) throw usage(`${flag}: goes with --dialect custom`);
    }
    return undefined;
  }
  const { symbolField, timeField, timeUnit = 'ms', seqField, seqOf = 'symbol', priceField, itemsField } = options;
  if (symbolField === undefined)
    throw usage("--dialect custom: --symbol-field must name a price's symbol, as data.symbol");
  for (const name of ['symbolField', 'timeField', 'seqField', 'priceField', 'itemsField'] as const) {
    checkPath(NAMES[name], options[name]);
  }
  checkTime(options);
  return {
    frames: [...frameOf('--auth-frame', options.authFrame), ...frameOf('--subscribe-frame', options.subscribeFrame)],
    ...(options.where !== undefined && { where: whereOf(options.where) }),
    ...(itemsField !== undefined && { items: itemsField }),
    symbol: symbolField,
    ...(timeField !== undefined && { time: { path: timeField, unit: timeUnit } }),
    ...(seqField !== undefined && { seq: { path: seqField, of: seqOf } }),
    ...(priceField !== undefined && { price: priceField }),
  };
}

/** Refuses options of a time that isn't named, and a price that is to be found by another time than its event's. @throws CliError */
function checkTime({ timeField, timeUnit, timeOf, priceField }: RuleOptions): void {
  if (timeUnit !== undefined && timeField === undefined) {
    throw usage('--time-unit: of no time; name that with --time-field');
  }
  if (priceField === undefined) return;
  if (timeField === undefined) {
    throw usage("--price-field: a price is looked up on the tape by its event's time; name that with --time-field");
  }
  if (timeOf === 'message') {
    throw usage(
      "--time-of message: with --price-field a price is looked up on the tape by its event's time; leave --price-field out, or take --time-of event",
    );
  }
}

/** The absolute path of a file that can be read. @throws CliError naming the option */
export function readableFile(flag: string, file: string): string {
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw new CliError(`${flag} ${file}: no such file, or not readable`, ExitCode.MISSING_INPUT);
  }
  return resolve(file);
}

/** A frame of the option's value, or of the file that it names. */
function frameOf(flag: string, given: string | undefined): unknown[] {
  if (given === undefined) return [];
  const text = /^\s*[[{"]/.test(given) ? given : readFileSync(readableFile(flag, given), 'utf8');
  try {
    const frame: unknown = JSON.parse(text);
    return [frame];
  } catch (error) {
    throw usage(`${flag}: not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

function whereOf(text: string): { path: string; value: string } {
  const at = text.indexOf('=');
  if (at < 1) throw usage(`--where '${text}': write path=value, as type=price`);
  const path = text.slice(0, at);
  checkPath('--where', path);
  return { path, value: text.slice(at + 1) };
}

function checkPath(flag: string, path: string | undefined): void {
  if (path === undefined) return;
  try {
    parseJsonPath(path);
  } catch (error) {
    if (error instanceof JsonPathError) throw usage(`${flag}: ${error.message}`);
    throw error;
  }
}

function usage(message: string): CliError {
  return new CliError(message, ExitCode.USAGE);
}
