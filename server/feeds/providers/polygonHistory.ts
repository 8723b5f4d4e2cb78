import { type Static, Type } from '@sinclair/typebox';
import { guard } from '../guard.ts';
import { type HistoryBar, type HistorySource, restAddress } from '../history.ts';
import type { ProviderAccess } from '../provider.ts';

const OWN = { stream: 'wss://socket.polygon.io', rest: 'https://api.polygon.io' };

const Status = Type.Object({ serverTime: Type.String() });
const Aggregate = Type.Object({
  t: Type.Integer({ minimum: 0 }),
  o: Type.Number(),
  h: Type.Number(),
  l: Type.Number(),
  c: Type.Number(),
  v: Type.Number(),
  vw: Type.Optional(Type.Number()),
  n: Type.Optional(Type.Integer({ minimum: 0 })),
});
const Aggregates = Type.Object({ status: Type.String(), results: Type.Optional(Type.Array(Aggregate)) });

const isStatus = guard<Static<typeof Status>>(Status);
const areAggregates = guard<Static<typeof Aggregates>>(Aggregates);

/** Polygon's minute aggregates of the market's day. */
export function polygonHistory(access: ProviderAccess): HistorySource {
  const base = restAddress(access.url, OWN);
  const headers = { authorization: `Bearer ${access.key ?? ''}` };
  return {
    nowUs: async (get) => {
      const status = await get(`${base}/v1/marketstatus/now`, headers);
      const timeMs = isStatus(status) ? Date.parse(status.serverTime) : Number.NaN;
      if (Number.isNaN(timeMs)) throw new Error('the market status has no time');
      return timeMs * 1000;
    },
    question: (name, nowUs) => {
      const date = new Date(nowUs / 1000).toLocaleDateString('en-CA', { timeZone: 'America/New_York' });
      const range = `range/1/minute/${date}/${date}?sort=asc&limit=50000`;
      return { url: `${base}/v2/aggs/ticker/${encodeURIComponent(name)}/${range}`, headers };
    },
    bars: (answer) => (areAggregates(answer) ? (answer.results ?? []).map(barOf) : undefined),
  };
}

function barOf({ t, o, h, l, c, v, vw, n }: Static<typeof Aggregate>): HistoryBar {
  const prices = { open: o, high: h, low: l, close: c };
  return { startUs: t * 1000, ...prices, volume: v, notional: (vw ?? c) * v, trades: n ?? 0 };
}
