import { type Static, Type } from '@sinclair/typebox';
import { guard } from '../guard.ts';
import { type HistoryBar, type HistorySource, restAddress } from '../history.ts';
import type { ProviderAccess } from '../provider.ts';
import { decimalOf } from '../symbolBook.ts';

const OWN = { stream: 'wss://stream.binance.com:9443', rest: 'https://api.binance.com' };
const MAX_KLINES = 1_000;

const Time = Type.Object({ serverTime: Type.Integer({ minimum: 0 }) });
const Klines = Type.Array(Type.Array(Type.Unknown(), { minItems: 9 }));

const isTime = guard<Static<typeof Time>>(Time);
const areKlines = guard<Static<typeof Klines>>(Klines);

/** Binance's klines of one minute, the last thousand. */
export function binanceHistory(access: ProviderAccess): HistorySource {
  const base = restAddress(access.url, OWN);
  return {
    nowUs: async (get) => {
      const time = await get(`${base}/api/v3/time`);
      if (!isTime(time)) throw new Error('the server tells no time');
      return time.serverTime * 1000;
    },
    question: (name) => ({
      url: `${base}/api/v3/klines?symbol=${encodeURIComponent(name)}&interval=1m&limit=${MAX_KLINES}`,
    }),
    bars: (answer) => (areKlines(answer) ? answer.map(barOf) : undefined),
  };
}

function barOf([startMs, open, high, low, close, volume, , notional, trades]: readonly unknown[]): HistoryBar {
  const prices = { open: number(open), high: number(high), low: number(low), close: number(close) };
  return {
    startUs: Number(startMs) * 1000,
    ...prices,
    volume: number(volume),
    notional: number(notional),
    trades: Number(trades),
  };
}

function number(text: unknown): number {
  return typeof text === 'string' ? decimalOf(text) : Number.NaN;
}
