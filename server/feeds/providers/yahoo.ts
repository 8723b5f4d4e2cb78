import { Type } from '@sinclair/typebox';
import type { YahooChartMeta, YahooError } from '../../../protocol/providers/yahoo.ts';
import { guard } from '../guard.ts';
import { polled, type Reading } from '../poller.ts';
import type { Provider, ProviderAccess, SessionHost } from '../provider.ts';

type MetaParts = Pick<YahooChartMeta, 'symbol' | 'regularMarketPrice' | 'regularMarketTime' | 'regularMarketVolume'>;
interface Chart {
  readonly chart: { readonly result: readonly [{ readonly meta: MetaParts }] };
}

const isChart = guard<Chart>(
  Type.Object({
    chart: Type.Object({
      result: Type.Array(
        Type.Object({
          meta: Type.Object({
            symbol: Type.String(),
            regularMarketPrice: Type.Number(),
            regularMarketTime: Type.Integer({ minimum: 0, maximum: 1e11 }),
            regularMarketVolume: Type.Optional(Type.Number()),
          }),
        }),
        { minItems: 1, maxItems: 1 },
      ),
    }),
  }),
);
const isFailure = guard<{ readonly chart: { readonly error: YahooError } }>(
  Type.Object({ chart: Type.Object({ error: Type.Object({ code: Type.String(), description: Type.String() }) }) }),
);

/** Yahoo's chart: the last price of one symbol a call. It wants no key. */
export function yahoo(access: ProviderAccess): Provider {
  return polled({
    name: 'yahoo',
    access,
    perCall: 1,
    question: ([name = '']) => ({
      url: `${access.url}/v8/finance/chart/${encodeURIComponent(name)}?interval=1m&range=1d&includePrePost=true`,
    }),
    read,
  });
}

function read(value: unknown, [symbol = 0]: readonly number[], host: SessionHost): Reading {
  if (isFailure(value)) return value.chart.error.code === 'Not Found' ? { kind: 'unknown' } : { kind: 'bad' };
  if (!isChart(value)) return { kind: 'bad' };
  const [{ meta }] = value.chart.result;
  if (meta.symbol !== host.symbols.nameOf(symbol)) return { kind: 'bad' };
  const { regularMarketPrice: price, regularMarketVolume: volume, regularMarketTime } = meta;
  return { kind: 'samples', samples: [{ symbol, price, volume, timeUs: regularMarketTime * 1e6 }] };
}
