import { PLANS, plant } from '../../market/patterns/planted.ts';
import { TickKind } from '../../market/types.ts';
import type { Limits } from '../../protocol/limits.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import type { Block } from './document.ts';
import { type TapeEvent, trade } from './steppedFeed.ts';

/** One step of an example. */
export type Step =
  /** The client sends this text, or for `GET PATH` asks by HTTP. */
  | { readonly kind: 'send'; readonly text: string }
  | { readonly kind: 'expect'; readonly frame: Readonly<Record<string, unknown>> }
  | { readonly kind: 'close'; readonly code: number }
  | { readonly kind: 'connect'; readonly path: string; readonly isWelcomed: boolean }
  | { readonly kind: 'tick'; readonly event: TapeEvent }
  | { readonly kind: 'sendLarge'; readonly bytes: number }
  /** Another client of the native stream sends this and gets its answer. */
  | { readonly kind: 'aside'; readonly text: string }
  | { readonly kind: 'news'; readonly symbol: string; readonly headline: string }
  /** The market halts trading, or lets it go on, in those symbols. */
  | { readonly kind: 'trading'; readonly change: 'halt' | 'resume'; readonly symbols: readonly number[] }
  /** AAPL's bars of one minute, each with its end. */
  | { readonly kind: 'bars'; readonly bars: readonly (readonly TapeEvent[])[] }
  | { readonly kind: 'cut' | 'drain' | 'endFeed' | 'endSession' | 'flood' | 'minute' };

/** An example of the document, ready to be played. */
export interface Example {
  readonly line: number;
  readonly steps: readonly (Step & { readonly line: number })[];
  /** Whether only the frames' fields are compared, not their values. */
  readonly isShapeOnly: boolean;
  readonly limits: Partial<Limits>;
  /** Whether tokens are shown, so that the server needs a secret. */
  readonly hasTokens: boolean;
}

/** Reads an example: `>`, `<` and `#` begin a step, a line that begins with a space goes on with the one before. @throws Error naming the line */
export function readExample(block: Block): Example {
  const steps: (Step & { readonly line: number })[] = [];
  const lines = block.text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = block.line + at;
    const parts = [lines[at] ?? ''];
    while (lines[at + 1]?.startsWith(' ')) parts.push((lines[++at] ?? '').trim());
    steps.push({ ...readStep(parts.join(''), line), line });
  }
  return {
    line: block.line,
    steps,
    isShapeOnly: block.info === 'shape',
    limits: readLimits(block),
    hasTokens: block.text.includes('"token"'),
  };
}

function readLimits({ info, line }: Block): Partial<Limits> {
  if (info === '' || info === 'shape') return {};
  const [name = '', value] = info.split('=');
  if (!Object.hasOwn(DEFAULT_LIMITS, name)) throw new Error(`line ${line}: no limit "${name}"`);
  return { [name]: Number(value) };
}

function readStep(text: string, line: number): Step {
  const body = text.slice(2);
  if (text.startsWith('> ')) return { kind: 'send', text: body };
  if (text.startsWith('# ')) return readEvent(body, line);
  if (!text.startsWith('< ')) throw new Error(`line ${line}: begins with none of ">", "<", "#"`);
  const close = /^close (\d+)$/.exec(body);
  if (close !== null) return { kind: 'close', code: Number(close[1]) };
  const frame: unknown = JSON.parse(body);
  if (typeof frame !== 'object' || frame === null) throw new Error(`line ${line}: no frame`);
  return { kind: 'expect', frame: Object.fromEntries(Object.entries(frame)) };
}

const PRICE = String.raw`(\d+)\.(\d\d)`;
const TRADE = new RegExp(`^(AAPL|MSFT) trades (\\d+) at ${PRICE}$`);
const QUOTE = new RegExp(`^(AAPL|MSFT) is quoted (\\d+) at ${PRICE}, (\\d+) at ${PRICE}$`);
const CONNECT = /^a new connection(?: to (\S+))?(, welcomed)?$/;
const LARGE = /^the client sends a frame of (\d+) bytes$/;
const ASIDE = /^over \/v1\/stream: (.*)$/;
const NEWS = /^news about (\S+) is published: (.*)$/;
const TRADING = /^the market (halts|resumes) trading in (AAPL|MSFT)(?: and (AAPL|MSFT))?$/;
const DRAWN = /^AAPL draws a (\w+), a bar a minute$/;
const EVENTS: Readonly<Record<string, 'cut' | 'drain' | 'endFeed' | 'endSession' | 'flood' | 'minute'>> = {
  'the minute ends': 'minute',
  'the connection is cut': 'cut',
  'the server gets SIGTERM': 'drain',
  'the feed ends': 'endFeed',
  'the regular session ends': 'endSession',
  'AAPL trades often and the client reads nothing for a while, then reads on': 'flood',
};

function readEvent(text: string, line: number): Step {
  const connect = CONNECT.exec(text);
  if (connect !== null) {
    return { kind: 'connect', path: connect[1] ?? '/v1/stream', isWelcomed: connect[2] !== undefined };
  }
  const large = LARGE.exec(text);
  if (large !== null) return { kind: 'sendLarge', bytes: Number(large[1]) };
  const aside = ASIDE.exec(text);
  if (aside !== null) return { kind: 'aside', text: aside[1] ?? '' };
  const news = NEWS.exec(text);
  if (news !== null) return { kind: 'news', symbol: news[1] ?? '', headline: news[2] ?? '' };
  const trading = TRADING.exec(text);
  if (trading !== null) {
    const [, does, ...names] = trading;
    const symbols = names.filter((name) => name !== undefined).map(symbolOf);
    return { kind: 'trading', change: does === 'halts' ? 'halt' : 'resume', symbols };
  }
  const drawn = DRAWN.exec(text);
  if (drawn !== null) return { kind: 'bars', bars: drawnBars(drawn[1] ?? '', line) };
  const event = readTick(text);
  if (event !== undefined) return { kind: 'tick', event };
  const kind = EVENTS[text];
  if (kind === undefined) throw new Error(`line ${line}: the test can't make happen "${text}"`);
  return { kind };
}

/** Trades of bars that have a chart pattern in them. */
function drawnBars(type: string, line: number): TapeEvent[][] {
  const plan = PLANS.find((one) => one.type === type);
  if (plan === undefined) throw new Error(`line ${line}: no chart pattern "${type}"`);
  const { bars, to } = plant(plan, { height: 8, legBars: 6, noise: 0.4, seed: 1 });
  return bars
    .slice(0, to + 1)
    .map(({ open, high, low, close }) =>
      [open, high, low, close].map((price) => trade({ symbol: 0, price, size: 100 })),
    );
}

function readTick(text: string): TapeEvent | undefined {
  const traded = TRADE.exec(text);
  if (traded !== null) {
    const [, symbol, size, whole = '', cents = ''] = traded;
    return trade({ symbol: symbolOf(symbol), price: Number(whole + cents), size: Number(size) });
  }
  const quoted = QUOTE.exec(text);
  if (quoted === null) return undefined;
  const [, symbol, bidSize, bid = '', bidCents = '', askSize, ask = '', askCents = ''] = quoted;
  return {
    kind: TickKind.QUOTE,
    symbol: symbolOf(symbol),
    price: 0,
    size: 0,
    bid: Number(bid + bidCents),
    ask: Number(ask + askCents),
    bidSize: Number(bidSize),
    askSize: Number(askSize),
  };
}

function symbolOf(name: string | undefined): number {
  return name === 'MSFT' ? 1 : 0;
}
