import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LinkFaults, type LinkState, SOUND_LINK } from '../../simulator/faults/types.ts';
import type { ProviderKind } from '../../simulator/providers/facade.ts';
import { PROVIDER_KINDS } from '../../simulator/providers/kinds.ts';
import { openTestHost, type TestHost, tradeAt } from '../../simulator/providers/testing/testHost.ts';
import { installRealClients, RealClient } from './realClient.ts';

const FIRST_PRICE = 10_000;
const ticks = Array.from({ length: 60_000 }, (_, at) => tradeAt(at * 5, { price: FIRST_PRICE + at }));

const open: { close: () => void }[] = [];
beforeAll(installRealClients);
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const CASES = [
  { script: 'alphavantage', kind: PROVIDER_KINDS['alpha-vantage'], limited: '5', limit: /5 calls per minute/ },
  { script: 'yahoo', kind: PROVIDER_KINDS.yahoo, limited: 'public', limit: /Too Many Requests|429/ },
] as const;

describe.each(CASES)('$script', ({ script, kind, limited, limit }) => {
  it('should see prices that rise as the tape does, and go on after an outage', async () => {
    const link = new Switch();
    const provider = await host(kind, { plan: 'unlimited', link });
    const played = provider.host.run();
    const client = start(script, provider);
    await client.first('ready');
    client.say('poll');
    await client.until(() => client.ticks.length >= 10);

    link.isDown = true;
    await client.first('cut');
    const before = client.ticks.length;
    link.isDown = false;
    await client.until(() => client.ticks.length >= before + 10);
    provider.host.close();
    await played;
    const prices = client.ticks.map(({ price }) => price).filter((price) => price > 0);
    expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    expect(new Set(prices).size).toBeGreaterThan(5);
  });

  it('should meet the limit of its plan', async () => {
    const limitedHost = await host(kind, { plan: limited });
    const client = start(script, limitedHost);
    client.say('poll');
    expect(await client.first('limit')).toMatch(limit);
  });
});

/** A link that is down as long as the test wants. */
class Switch implements LinkFaults {
  isDown = false;
  readonly at = (): LinkState => (this.isDown ? DOWN : SOUND_LINK);
  readonly random = (): number => 0;
  readonly eventsIn = (): readonly [] => [];
  readonly nextChangeUs = (): number => Number.POSITIVE_INFINITY;
}

const DOWN: LinkState = { ...SOUND_LINK, isDown: true };

async function host(
  kind: ProviderKind,
  { plan, link }: { readonly plan: string; readonly link?: LinkFaults },
): Promise<TestHost> {
  const faults = link && (() => ({ link }));
  const opened = await openTestHost({ kind, ticks, speed: 1, plan, ...(faults && { faults }) });
  open.push(opened);
  return opened;
}

function start(script: string, { httpUrl, url }: TestHost): RealClient {
  const client = new RealClient(script, {
    ws: url(''),
    http: httpUrl(''),
    symbol: 'AAPL',
    key: 'k',
    from: '2020-03-16',
  });
  open.push({ close: () => client.stop() });
  return client;
}
