import { afterEach, describe, expect, it } from 'vitest';
import { PROVIDER_KINDS } from '../../simulator/providers/kinds.ts';
import { openTestHost, type TestHost, tradeAt } from '../../simulator/providers/testing/testHost.ts';
import { WireClient } from '../../simulator/providers/testing/wireClient.ts';

/** Finnhub and Tradier have no client library of note: their users take a plain WebSocket and fetch, as here. */
const FIRST_PRICE = 10_000;
const ticks = Array.from({ length: 60_000 }, (_, at) => tradeAt(at * 5, { price: FIRST_PRICE + at }));

const open: { close: () => void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const PROVIDERS = [
  { provider: 'finnhub', subscribe: subscribeFinnhub, pricesOf: finnhubPrices, limit: meetFinnhubLimit },
  { provider: 'tradier', subscribe: subscribeTradier, pricesOf: tradierPrices, limit: meetTradierLimit },
] as const;

describe.each(PROVIDERS)('$provider', ({ provider, subscribe, pricesOf, limit }) => {
  it('should give ticks in order, survive a cut and name its limit', async () => {
    const host = await openTestHost({ kind: PROVIDER_KINDS[provider], ticks, speed: 1 });
    open.push(host);
    const played = host.host.run();
    const first = await subscribe(host);
    await first.until(() => pricesOf(first).length >= 20);

    host.host.cut({ share: 1 });
    expect((await first.closed).code).toBe(1006);
    const second = await subscribe(host);
    await second.until(() => pricesOf(second).length >= 20);
    const prices = [...pricesOf(first), ...pricesOf(second)];
    expect(prices).toEqual([...new Set(prices)].toSorted((a, b) => a - b));
    expectWithoutHoles(pricesOf(first));
    expectWithoutHoles(pricesOf(second));

    await limit(host);
    host.host.close();
    await played;
  });
});

/** Each trade a cent above the one before. */
function expectWithoutHoles(prices: readonly number[]): void {
  const cents = prices.map((price) => Math.round(price * 100));
  expect(cents).toEqual(cents.map((_, at) => (cents[0] ?? 0) + at));
}

async function subscribeFinnhub(host: TestHost): Promise<WireClient> {
  const client = await WireClient.open(host.url('/?token=k'));
  open.push(client);
  client.send({ type: 'subscribe', symbol: 'AAPL' });
  return client;
}

function finnhubPrices({ texts }: WireClient): number[] {
  return texts
    .map((text) => JSON.parse(text))
    .filter(({ type }) => type === 'trade')
    .flatMap(({ data }) => data.map(({ p }: { p: number }) => p));
}

async function meetFinnhubLimit(host: TestHost): Promise<void> {
  const statuses = await Promise.all(
    Array.from({ length: 61 }, async () => (await fetch(host.httpUrl('/api/v1/quote?symbol=AAPL&token=k'))).status),
  );
  expect(statuses).toContain(429);
}

async function subscribeTradier(host: TestHost): Promise<WireClient> {
  const headers = { authorization: 'Bearer k', accept: 'application/json' };
  const answer = await fetch(host.httpUrl('/v1/markets/events/session'), { method: 'POST', headers });
  const { stream } = JSON.parse(await answer.text());
  const client = await WireClient.open(host.url('/v1/markets/events'));
  open.push(client);
  client.send({ symbols: ['AAPL'], sessionid: stream.sessionid, filter: ['trade'], linebreak: true });
  return client;
}

function tradierPrices({ texts }: WireClient): number[] {
  return texts.map((text) => JSON.parse(text)).map(({ price }) => Number(price));
}

async function meetTradierLimit(host: TestHost): Promise<void> {
  const ask = () => fetch(host.httpUrl('/v1/markets/quotes?symbols=AAPL'), { headers: { authorization: 'Bearer k' } });
  const answers = await Promise.all(Array.from({ length: 121 }, ask));
  const refused = answers.find(({ status }) => status === 429);
  expect(await refused?.text()).toContain('QuotaViolation');
  expect(refused?.headers.get('x-ratelimit-available')).toBe('0');
}
