import { Type } from '@sinclair/typebox';
import { TradeFlag } from '../../../market/clean.ts';
import type { FinnhubCommand, FinnhubTradeItem } from '../../../protocol/providers/finnhub.ts';
import { guard } from '../guard.ts';
import type { Provider, ProviderAccess, SessionHost } from '../provider.ts';
import { openSocket } from '../socketSession.ts';
import { TickReader } from '../tickReader.ts';

/** Symbols that the free plan takes (third-party knowledge). */
const FREE_SYMBOLS = 50;
/** Conditions of a trade that doesn't set the last price, by Finnhub's list: average price, odd lot, prior reference, derivatively priced, out of sequence. */
const NOT_LAST: ReadonlySet<string> = new Set(['2', '10', '12', '22', '32', '33']);

const isTrades = guard<{ readonly type: 'trade'; readonly data: readonly unknown[] }>(
  Type.Object({ type: Type.Literal('trade'), data: Type.Array(Type.Unknown()) }),
);
const isItem = guard<FinnhubTradeItem>(
  Type.Object({
    c: Type.Union([Type.Array(Type.String()), Type.Null()]),
    p: Type.Number(),
    s: Type.String(),
    t: Type.Integer({ minimum: 0 }),
    v: Type.Number(),
  }),
);
const isPing = guard<{ readonly type: 'ping' }>(Type.Object({ type: Type.Literal('ping') }));
const isError = guard<{ readonly type: 'error'; readonly msg: string }>(
  Type.Object({ type: Type.Literal('error'), msg: Type.String() }),
);

/** Finnhub's stream of trades. It has no quotes and no numbers of trades. When it takes fewer symbols than we thought, we ask for fewer. */
export function finnhub(access: ProviderAccess): Provider {
  let most = access.plan.symbols ?? Number.POSITIVE_INFINITY;
  return {
    name: 'finnhub',
    kind: 'stream',
    open: (host) => {
      const reader = new TickReader(host);
      const { symbols } = host;
      const count = Math.min(most, symbols.size);
      const reason = count < symbols.size ? `the plan allows ${count} of ${symbols.size} symbols` : undefined;
      return openSocket(host, {
        url: `${access.url}/?token=${encodeURIComponent(access.key ?? '')}`,
        opened: (send, settled) => {
          for (let symbol = 0; symbol < count; symbol++) {
            send({ type: 'subscribe', symbol: symbols.nameOf(symbol) } satisfies FinnhubCommand);
          }
          host.covers({ symbols: count, ...(reason !== undefined && { reason }) });
          settled(host.live);
        },
        frame: (value) => {
          if (isTrades(value)) for (const item of value.data) take(item, host, reader);
          else if (isError(value) && value.msg.includes('too many symbols')) {
            most = Math.max(1, count > FREE_SYMBOLS ? FREE_SYMBOLS : Math.floor(count / 2));
            host.ended({
              reason: 'protocol',
              detail: `it takes fewer than ${count} symbols; next ${most} are asked for`,
            });
          } else if (isError(value)) host.ended({ reason: 'protocol', detail: 'it refuses what we sent' });
          else if (!isPing(value)) host.bad('unknown_form');
        },
      });
    },
  };
}

function take(item: unknown, host: SessionHost, reader: TickReader): void {
  if (!isItem(item)) {
    host.bad('unknown_form');
    return;
  }
  if (!reader.begin(item.s) || !reader.trade(item.p, item.v)) return;
  if (item.c?.some((code) => NOT_LAST.has(code)) === true) reader.flags = TradeFlag.NOT_LAST;
  reader.take(item.t * 1000, 0);
}
