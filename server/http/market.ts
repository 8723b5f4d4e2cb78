import { createHash } from 'node:crypto';
import { PRICE_CACHE_S } from '../../protocol/schemas/http.ts';
import { HTTP_ROUTES } from '../../protocol/schemas/httpRoutes.ts';
import { frameOf, tickerData } from '../marketWire.ts';
import { HttpProblem, type HttpResponse } from './problem.ts';
import { type BoundRoute, bind, type HttpServices, json } from './route.ts';

/** Closed bars that an answer brings unless it is asked for another number. */
const DEFAULT_BARS = 50;

/** The routes of market data. Their answers have a strong `ETag`: what hasn't changed is answered by 304. */
export function marketRoutes(services: HttpServices) {
  const { hub, book, limits } = services;
  const indexOf = (symbol: string): number => {
    const instrument = book.instrument(symbol);
    if (instrument !== undefined) return instrument.index;
    throw new HttpProblem('unknown_symbol', `unknown symbol ${JSON.stringify(symbol)}`);
  };
  return {
    getQuotes: bind(HTTP_ROUTES.getQuotes, ({ query }) => {
      const { symbols, dialect = 'native' } = query;
      const named = symbols === undefined ? undefined : [...new Set(symbols.split(','))];
      const indices = named?.map(indexOf) ?? book.instruments.map(({ index }) => index);
      if (indices.length > limits.maxSymbolsPerSocket) {
        const message = `an answer holds ${limits.maxSymbolsPerSocket} symbols, this would be ${indices.length}; name them in "symbols"`;
        throw new HttpProblem('too_many_symbols', message);
      }
      const quotes = indices.map((index) => {
        const view = hub.view(index);
        const { symbol, seq, eventTimeUs } = view;
        const staleMs = hub.staleMs(view) ?? 0;
        const stale = staleMs === 0 ? {} : { stale: true, staleMs };
        return { symbol, seq, eventTimeUs: seq === 0 ? null : eventTimeUs, ...stale, data: tickerData(view) };
      });
      // What doesn't hold any more isn't to be kept on top of that.
      const isStale = quotes.some((quote) => 'stale' in quote);
      return tagged({ epoch: hub.epoch, quotes }, isStale ? 0 : PRICE_CACHE_S[dialect]);
    }),
    getBars: bind(HTTP_ROUTES.getBars, ({ query }) => {
      const { symbol, timeFrame = '1m', limit = DEFAULT_BARS, forming = false } = query;
      const data = book.bars(indexOf(symbol), frameOf(timeFrame), limit);
      return tagged({ symbol, timeFrame, bars: data.bars, forming: forming ? data.forming : null }, 0);
    }),
    getPatterns: bind(HTTP_ROUTES.getPatterns, ({ query }) => {
      const { symbol, timeFrame, limit, early, minConfidence = 0 } = query;
      const frames = timeFrame === undefined ? {} : { frames: [frameOf(timeFrame)] };
      const found = book.patterns(indexOf(symbol), { ...frames, ...(early !== undefined && { early }) });
      const patterns = found.filter(({ confidence }) => confidence >= minConfidence);
      return tagged({ symbol, patterns: patterns.slice(-(limit ?? patterns.length)) }, 0);
    }),
  } satisfies Readonly<Record<string, BoundRoute>>;
}

/** An answer that a client may keep: for so many seconds as it is, later only if its tag still holds. */
function tagged(value: unknown, maxAgeS: number): HttpResponse {
  const response = json(200, value);
  const etag = `"${createHash('sha256').update(response.body).digest('base64url').slice(0, 22)}"`;
  const kept = maxAgeS === 0 ? 'private, no-cache' : `private, max-age=${maxAgeS}`;
  return { ...response, headers: { ...response.headers, 'cache-control': kept, etag } };
}
