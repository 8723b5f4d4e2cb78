import { DIALECT_NAMES } from '../../../protocol/serverUnderTest.ts';
import { TARGET_SETS } from './targets.ts';

/** Environment variables as `k6 run -e NAME=value` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a run without a plan file is told by its environment; times in seconds. */
export interface Settings {
  /** The server's stream, `ws://host:port/path`. */
  readonly url: string;
  readonly token: string | undefined;
  readonly account: string;
  readonly clients: number;
  readonly symbols: readonly string[];
  readonly durationS: number;
  readonly connectsPerS: number;
  readonly ordersPerS: number;
  readonly seed: number;
  /** Name of the set of targets. */
  readonly targets: string;
}

/** What a script takes for granted where the environment says nothing. */
export interface Defaults {
  readonly clients: number;
  readonly durationS: number;
  readonly ordersPerS: number;
}

/** The busiest of the built-in tape. */
const DEFAULT_SYMBOLS = 'AAPL,MSFT,AMZN,GOOG,IBM';
const DEFAULT_CONNECTS_PER_S = 50;
const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** Reads the settings. @throws Error in one line that names the variable and what it may be */
export function readSettings(env: Environment, defaults: Defaults): Settings {
  const url = env['TAPEDECK_URL'] ?? '';
  if (!/^wss?:\/\/[^/]+/.test(url))
    throw new Error(
      `TAPEDECK_URL is '${url}': give the server's stream, k6 run -e TAPEDECK_URL=ws://127.0.0.1:8000/v1/stream`,
    );
  const dialect = env['TAPEDECK_DIALECT'] ?? 'native';
  if (dialect !== 'native') {
    const isKnown = DIALECT_NAMES.some((name) => name === dialect);
    throw new Error(
      isKnown
        ? `TAPEDECK_DIALECT ${dialect}: its frames have no numbers, so what came is held against the tape: use tapedeck gate --dialect ${dialect}, or its plan by TAPEDECK_PLAN`
        : `TAPEDECK_DIALECT ${dialect}: there is native`,
    );
  }
  const targets = env['TAPEDECK_TARGETS'] ?? 'default';
  if (TARGET_SETS[targets] === undefined)
    throw new Error(`TAPEDECK_TARGETS ${targets}: there are ${Object.keys(TARGET_SETS).join(', ')}`);
  return {
    url,
    token: env['TAPEDECK_TOKEN'],
    account: env['TAPEDECK_ACCOUNT'] ?? 'dev',
    clients: wholeOf(env, 'TAPEDECK_CLIENTS', defaults.clients),
    symbols: (env['TAPEDECK_SYMBOLS'] ?? DEFAULT_SYMBOLS).split(',').filter((symbol) => symbol !== ''),
    durationS: secondsOf(env, 'TAPEDECK_DURATION', defaults.durationS),
    connectsPerS: numberOf(env, 'TAPEDECK_CONNECTS_PER_S', DEFAULT_CONNECTS_PER_S),
    ordersPerS: numberOf(env, 'TAPEDECK_ORDERS_PER_S', defaults.ordersPerS),
    seed: wholeOf(env, 'TAPEDECK_SEED', 1),
    targets,
  };
}

/** A duration like `500ms`, `30s`, `5m` or `1h`, in seconds. @throws Error in one line */
export function secondsOf(env: Environment, name: string, otherwise: number): number {
  const text = env[name];
  if (text === undefined) return otherwise;
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (digits === undefined || factor === undefined || Number(digits) === 0)
    throw new Error(`${name} is '${text}': a time like 30s, 5m or 1h is wanted`);
  return Number(digits) * factor;
}

/** One of the words. @throws Error in one line */
export function wordOf<Word extends string>(env: Environment, name: string, words: readonly [Word, ...Word[]]): Word {
  const text = env[name] ?? words[0];
  const word = words.find((known) => known === text);
  if (word === undefined) throw new Error(`${name} is '${text}': there are ${words.join(', ')}`);
  return word;
}

function wholeOf(env: Environment, name: string, otherwise: number): number {
  const value = numberOf(env, name, otherwise);
  if (!Number.isInteger(value)) throw new Error(`${name} is '${env[name]}': a whole number is wanted`);
  return value;
}

/** A number above 0. @throws Error in one line */
export function numberOf(env: Environment, name: string, otherwise: number): number {
  const text = env[name];
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new Error(`${name} is '${text}': a number above 0 is wanted`);
  return value;
}
