import { describe, expect, it } from 'vitest';
import { PROVIDER_NAMES, type ProviderName } from '../protocol/providers/names.ts';
import { PROVIDER_KINDS } from '../simulator/providers/kinds.ts';
import { FacadeRig } from '../simulator/providers/testing/facadeRig.ts';
import { CLIENT_HINTS } from './replayHints.ts';

/** What a hint says on a tape of one symbol, and a façade over such a tape in which it has traded. */
function hinted(name: ProviderName, symbol: string) {
  const rig = new FacadeRig(PROVIDER_KINDS[name], { symbols: [symbol] });
  const [instrument] = rig.market.instruments;
  if (instrument === undefined) throw new Error('a rig has symbols');
  const hints = CLIENT_HINTS[name]({ host: '127.0.0.1:8765', key: 'KEY', instrument });
  return { rig, hints };
}

describe('CLIENT_HINTS', () => {
  it.each(PROVIDER_NAMES)('should name what a tape has: %s', (name) => {
    const { rig, hints } = hinted(name, 'ZYXW');
    rig.quote(0);
    rig.trade(1);
    const [, rest = ''] = hints.find(([title]) => title === 'rest') ?? [];
    const target = /^http:\/\/127\.0\.0\.1:8765(\/\S*?)(?:,|$)/.exec(rest)?.[1];
    if (target !== undefined) {
      const { status, body } = rig.ask(target, { headers: { authorization: 'Bearer KEY' } });
      expect(status).toBe(200);
      expect(body).toContain(name === 'finnhub' ? '"c":100' : 'ZYXW');
    }
    expect(JSON.stringify(hints)).not.toMatch(/AAPL|btcusdt/);
  });

  it.each([
    ['ZYXW', 'zyxwusdt@trade'],
    ['ETHBTC', 'ethbtc@trade'],
  ])("should name a stream of Binance's that has %s", (symbol, stream) => {
    const { rig, hints } = hinted('binance', symbol);
    const [, text = ''] = hints[0] ?? [];
    const sockets = [...text.matchAll(/ws:\/\/127\.0\.0\.1:8765(\S+)/g)].map(([, target = '']) => rig.connect(target));
    rig.trade(1);
    expect(text).toContain(stream);
    expect(sockets.map(({ heard }) => heard)).toMatchObject([[{ e: 'trade' }], [{ stream, data: { e: 'trade' } }]]);
  });
});
