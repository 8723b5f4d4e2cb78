import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { BinanceTrade } from '../../protocol/providers/binance.ts';
import type { FinnhubFrame } from '../../protocol/providers/finnhub.ts';
import type { TradierEvent, TradierSession } from '../../protocol/providers/tradier.ts';
import { BINANCE } from './binance.ts';
import type { ProviderKind } from './facade.ts';
import { FINNHUB } from './finnhub.ts';
import { FacadeRig, type RigSocket } from './testing/facadeRig.ts';
import { OPEN_US, SYMBOLS } from './testing/testHost.ts';
import { TRADIER } from './tradier.ts';

/** A trade as any of the providers tells it: the price in cents. */
interface Heard {
  readonly symbol: string;
  readonly cents: number;
  readonly size: number;
  readonly timeMs: number;
}

/** How a provider's client speaks, no more than the law needs. */
interface Dialect {
  readonly kind: ProviderKind;
  readonly connect: (rig: FacadeRig) => RigSocket;
  /** Wants exactly these symbols from now on, and wanted those before. */
  readonly want: (client: RigSocket, symbols: readonly string[], before: readonly string[]) => void;
  readonly read: (client: RigSocket) => readonly Heard[];
}

const cents = (price: number | string) => Math.round(Number(price) * 100);
const missing = (of: readonly string[], inside: readonly string[]) => of.filter((one) => !inside.includes(one));

const DIALECTS: readonly Dialect[] = [
  {
    kind: BINANCE,
    connect: (rig) => rig.connect('/ws'),
    want: (client, symbols, before) => {
      const streams = (names: readonly string[]) => names.map((name) => `${name.toLowerCase()}@trade`);
      client.says({ method: 'UNSUBSCRIBE', params: streams(missing(before, symbols)), id: 1 });
      client.says({ method: 'SUBSCRIBE', params: streams(missing(symbols, before)), id: 2 });
    },
    read: (client) =>
      (client.heard as BinanceTrade[])
        .filter(({ e }) => e === 'trade')
        .map(({ s, p, q, T }) => ({ symbol: s, cents: cents(p), size: Number(q), timeMs: T })),
  },
  {
    kind: FINNHUB,
    connect: (rig) => rig.connect('/?token=k'),
    want: (client, symbols, before) => {
      for (const symbol of missing(before, symbols)) client.says({ type: 'unsubscribe', symbol });
      for (const symbol of missing(symbols, before)) client.says({ type: 'subscribe', symbol });
    },
    read: (client) =>
      (client.heard as FinnhubFrame[])
        .flatMap((frame) => (frame.type === 'trade' ? frame.data : []))
        .map(({ s, p, v, t }) => ({ symbol: s, cents: cents(p), size: v, timeMs: t })),
  },
  {
    kind: TRADIER,
    connect: (rig) => {
      const made = rig.ask('/v1/markets/events/session', { method: 'POST', headers: { authorization: 'Bearer k' } });
      const { sessionid } = (made.json as TradierSession).stream;
      const client = rig.connect('/v1/markets/events');
      client.says({ symbols: [], sessionid, filter: ['trade'] });
      sessions.set(client, sessionid);
      return client;
    },
    want: (client, symbols) => client.says({ symbols, sessionid: sessions.get(client), filter: ['trade'] }),
    read: (client) =>
      (client.heard as TradierEvent[]).flatMap((event) =>
        event.type === 'trade'
          ? [{ symbol: event.symbol, cents: cents(event.price), size: Number(event.size), timeMs: Number(event.date) }]
          : [],
      ),
  },
];
const sessions = new WeakMap<RigSocket, string>();

const trade = fc.record({
  symbol: fc.nat(SYMBOLS.length - 1),
  price: fc.integer({ min: 1, max: 5_000_000 }),
  size: fc.integer({ min: 1, max: 100_000 }),
  laterMs: fc.nat(3),
});
const step = fc.oneof(
  { weight: 6, arbitrary: trade.map((of) => ({ kind: 'trade' as const, ...of })) },
  { weight: 1, arbitrary: fc.nat(SYMBOLS.length - 1).map((symbol) => ({ kind: 'quote' as const, symbol })) },
  { weight: 2, arbitrary: fc.subarray([...SYMBOLS]).map((symbols) => ({ kind: 'want' as const, symbols })) },
);

describe.each(DIALECTS)('$kind.name: what a client hears', ({ kind, connect, want, read }) => {
  it('should be the trades of the symbols it wants, each once and in order, across every change of mind', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const rig = new FacadeRig(kind, { plan: 'unlimited' });
        const client = connect(rig);
        const other = connect(rig);
        want(other, [...SYMBOLS], []);
        const due: Heard[] = [];
        const all: Heard[] = [];
        let wanted: readonly string[] = [];
        let ms = 0;
        for (const one of steps) {
          if (one.kind === 'want') {
            want(client, one.symbols, wanted);
            wanted = one.symbols;
          } else if (one.kind === 'quote') rig.quote(ms, { symbol: one.symbol });
          else {
            ms += one.laterMs;
            rig.trade(ms, { symbol: one.symbol, price: one.price, size: one.size });
            const symbol = SYMBOLS[one.symbol] ?? '';
            const told = { symbol, cents: one.price, size: one.size, timeMs: OPEN_US / 1_000 + ms };
            all.push(told);
            if (wanted.includes(symbol)) due.push(told);
          }
        }
        expect(read(client)).toEqual(due);
        expect(read(other)).toEqual(all);
      }),
      { numRuns: 150 },
    );
  });
});
