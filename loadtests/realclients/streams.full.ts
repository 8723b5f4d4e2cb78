import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PROVIDER_KINDS } from '../../simulator/providers/kinds.ts';
import { openTestHost, type TestHost, tradeAt } from '../../simulator/providers/testing/testHost.ts';
import { installRealClients, RealClient, type Told } from './realClient.ts';

/** A trade each 5 ms for five minutes: the price is a cent more with each, so that it names its trade. */
const FIRST_PRICE = 10_000;
const ticks = Array.from({ length: 60_000 }, (_, at) => tradeAt(at * 5, { price: FIRST_PRICE + at }));

const LIBRARIES = [
  { script: 'polygon', package: '@polygon.io/client-js', provider: 'polygon', limit: /connection/i, rest: true },
  { script: 'polygon', package: '@massive.com/client-js', provider: 'polygon', limit: /connection/i, rest: true },
  {
    script: 'binance-connector',
    package: '@binance/connector',
    provider: 'binance',
    limit: /Too many requests/,
    rest: true,
  },
  { script: 'binance', package: 'binance', provider: 'binance', limit: /Too many requests/, rest: false },
  { script: 'ccxt', package: 'ccxt', provider: 'binance', limit: /-1003/, rest: false },
] as const;

const open: { close: () => void }[] = [];
beforeAll(installRealClients);
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

describe.each(LIBRARIES)('$package', ({ script, package: name, provider, limit, rest }) => {
  it('should get ticks in order, survive a cut and meet the limit', async () => {
    const { host, client } = await start(provider, { script, name });
    await client.first('ready');
    const played = host.host.run();
    await client.until(() => client.ticks.length >= 20);

    host.host.cut({ share: 1 });
    await client.first('cut');
    const before = client.ticks.length;
    await client.until(() => client.ticks.length >= before + 20);
    expectInOrder(client.ticks);

    if (rest) {
      client.say('rest');
      expect(await client.first('rest')).toBeTruthy();
    }
    client.say('limit');
    expect(await client.first('limit')).toMatch(limit);
    host.host.close();
    await played;
  });
});

async function start(
  provider: 'polygon' | 'binance',
  of: { readonly script: string; readonly name: string },
): Promise<{ readonly host: TestHost; readonly client: RealClient }> {
  const host = await openTestHost({ kind: PROVIDER_KINDS[provider], ticks, speed: 1 });
  const client = new RealClient(of.script, {
    package: of.name,
    ws: host.url(''),
    http: host.httpUrl(''),
    symbol: 'AAPL',
    key: 'k',
  });
  open.push({ close: () => client.stop() }, host);
  return { host, client };
}

/** Each once, each after the one before, each with its own price. */
function expectInOrder(heard: readonly NonNullable<Told['tick']>[]): void {
  const ids = heard.map(({ id }) => id ?? 0);
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  for (const { id, price } of heard) expect(Math.round(price * 100)).toBe(FIRST_PRICE + (id ?? 0) - 1);
}
