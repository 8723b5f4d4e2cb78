import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { FreshnessWatch, ShownQuote } from './freshnessWatch.ts';

/** How often the quotes are asked for, and how long an answer may take, ms. */
const ASK_EVERY_MS = 250;
const ANSWER_WITHIN_MS = 5_000;

const answer = TypeCompiler.Compile(
  Type.Object({
    quotes: Type.Array(
      Type.Object({
        symbol: Type.String(),
        stale: Type.Optional(Type.Boolean()),
        data: Type.Object({ last: Type.Union([Type.Number(), Type.Null()]) }),
      }),
    ),
  }),
);

/** Reads an answer of `/api/quotes`; undefined when it isn't one. */
export function readQuotes(value: unknown): ShownQuote[] | undefined {
  if (!answer.Check(value)) return undefined;
  return value.quotes.map(({ symbol, stale = false, data: { last } }) => ({ symbol, last, isStale: stale }));
}

/** Asks for the quotes again and again from `fromUs` until `toUs`, for the watch to look at. What isn't answered shows in the tickers and in the server's other rows. */
export async function askQuotes(options: {
  readonly url: string;
  readonly token: string | undefined;
  readonly watch: Pick<FreshnessWatch, 'onQuotes'>;
  readonly nowUs: () => number;
  readonly fromUs: number;
  readonly toUs: number;
}): Promise<void> {
  const { url, token, watch, nowUs, fromUs, toUs } = options;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  for (let dueUs = fromUs; dueUs < toUs; dueUs = Math.max(dueUs + ASK_EVERY_MS * 1000, nowUs())) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, (dueUs - nowUs()) / 1000)));
    const askedUs = nowUs();
    const quotes = await ask(url, headers);
    if (quotes !== undefined) watch.onQuotes(quotes, { askedUs, readUs: nowUs() });
  }
}

async function ask(url: string, headers: Record<string, string>): Promise<ShownQuote[] | undefined> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return readQuotes(await response.json());
  } catch {
    return undefined;
  }
}
