import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROVIDER_NAMES } from '../../protocol/providers/names.ts';
import { PROVIDER_KINDS } from './kinds.ts';
import { FacadeRig } from './testing/facadeRig.ts';

/** Words that mean something to one of the façades, so that random input gets behind its first check. */
const words = fc.constantFrom(
  ...[
    'AAPL',
    'aapl@trade',
    'AAPLUSDT',
    '*',
    'T.*',
    'T.AAPL,Q.',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'toString',
  ],
  ...[
    'SUBSCRIBE',
    'SET_PROPERTY',
    'combined',
    'subscribe',
    'unsubscribe',
    'auth',
    'trade',
    '1m',
    '5min',
    '1e400',
    '-1',
    '',
  ],
  ...[
    'GLOBAL_QUOTE',
    'TIME_SERIES_INTRADAY',
    'true',
    '2020-03-16 09:30',
    '9999-12-31 23:59',
    '9'.repeat(14),
    `-${'9'.repeat(11)}`,
    '[]',
    '["AAPL"]',
    '\ud800',
    '\0',
    '%',
    '../..',
  ],
);
const text = fc.oneof(words, fc.string({ unit: 'binary', maxLength: 40 }));
const names = fc.constantFrom(
  'method',
  'params',
  'id',
  'type',
  'symbol',
  'symbols',
  'sessionid',
  'filter',
  'action',
  'linebreak',
);
const value = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(text, { maxLength: 4 }),
  fc.object({ maxDepth: 2 }),
);
const frame = fc.oneof(
  text,
  fc.json(),
  fc.dictionary(names, value).map((fields) => JSON.stringify(fields)),
  fc.constantFrom(
    '{"__proto__":{"method":1}}',
    `${'['.repeat(2_000)}${']'.repeat(2_000)}`,
    // More than a call may have arguments.
    `{"action":"subscribe","params":"${','.repeat(250_000)}"}`,
    '{"action":"auth","params":"k"}',
    '{"id":1e400,"method":"LIST_SUBSCRIPTIONS"}',
    '[]',
    'null',
    '1',
  ),
);

const paths = fc.constantFrom(
  ...[
    '/api/v3/klines',
    '/api/v3/ticker/24hr',
    '/api/v3/exchangeInfo',
    '/api/v3/trades',
    '/api/v3/__proto__',
    '/api/v1/quote',
  ],
  ...['/query', '/v1/markets/quotes', '/v1/markets/timesales', '/v1/markets/clock', '/v1/markets/events/session'],
  ...[
    '/v8/finance/chart/AAPL',
    '/v8/finance/chart/%',
    '/v2/last/trade/AAPL',
    '/v2/aggs/ticker/AAPL/range/1/minute/a/b',
    '/v2/aggs/ticker/AAPL/range/1/day/9999999999999999/9999999999999999',
    '/v2/aggs/ticker/AAPL/range/99999/day/0000-01-01/9999-12-31',
    '/',
  ],
);
const parameters = fc.dictionary(
  fc.constantFrom(
    'symbol',
    'symbols',
    'interval',
    'limit',
    'startTime',
    'endTime',
    'apikey',
    'apiKey',
    'token',
    'function',
    'period1',
    'period2',
    'start',
    'end',
    'outputsize',
    'range',
  ),
  text,
);
const question = fc.record({
  target: fc.tuple(fc.oneof(paths, text), parameters).map(([path, query]) => `${path}?${new URLSearchParams(query)}`),
  options: fc.record({
    method: fc.constantFrom('GET', 'POST', 'DELETE'),
    headers: fc.constantFrom({ authorization: 'Bearer k' }, { authorization: 'Bearer' }, {}),
    body: text,
  }),
});

describe.each(PROVIDER_NAMES)('%s under hostile input', (name) => {
  const kind = PROVIDER_KINDS[name];
  const paths: Partial<Record<typeof name, string>> = { finnhub: '/?token=k' };

  it('should answer every frame with JSON or end the connection, and go on for the others', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 8 }), (frames) => {
        const rig = new FacadeRig(kind, { plan: 'unlimited' });
        if (rig.facade.connect === undefined) return;
        const path = paths[name] ?? rig.facade.socketPaths[0] ?? '/';
        const client = rig.connect(path);
        for (const hostile of frames) client.says(hostile);
        rig.quote(1);
        rig.trade(2);
        rig.passTo(61_000);
        client.leaves();
        rig.trade(61_001);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('should answer every question', () => {
    const rig = new FacadeRig(kind, { plan: 'unlimited' });
    rig.quote(0);
    rig.trade(1);
    fc.assert(
      fc.property(question, ({ target, options }) => {
        const answer = rig.tryAsk(target, options);
        if (answer === undefined) return;
        expect(answer.status).toBeGreaterThanOrEqual(200);
        expect(answer.status).toBeLessThan(500);
        if (answer.contentType === undefined) JSON.parse(answer.body);
      }),
      { numRuns: 500 },
    );
  });
});
