import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../protocol/codes.ts';
import { type ConfigSources, listSettings, loadServerConfig } from '../config.ts';
import { ConfigError } from '../configError.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-feeds-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

type Options = NonNullable<ConfigSources['options']>;
const AAPL: Options = { feedSymbols: ['AAPL'] };

function read(options: Options, env: ConfigSources['env'] = {}) {
  return loadServerConfig({ options, env }).liveFeed;
}

function failureOf(options: Options, env: ConfigSources['env'] = {}): ConfigError {
  try {
    read(options, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('was taken');
}

describe('the configuration of feeds', () => {
  it('should have none unless one is named', () => {
    expect(read({})).toBeUndefined();
  });

  it.each([
    ['tickstock', ['polygon', 'alpha-vantage']],
    ['paiid', ['alpha-vantage', 'tradier']],
    ['ai-trading-v2', ['binance']],
    ['us-001', ['yahoo']],
    ['finnhub', ['finnhub']],
  ])('should know the chain of %s', (name, providers) => {
    const env = Object.fromEntries(
      ['POLYGON', 'ALPHA_VANTAGE', 'TRADIER', 'FINNHUB'].map((provider) => [`TAPEDECK_${provider}_KEY`, 'k']),
    );
    const feed = read({ ...AAPL, feedChain: [name] }, env);
    expect(feed?.providers.map((provider) => provider.name)).toEqual(providers);
    expect(feed?.calendar).toBe(name === 'ai-trading-v2' ? 'always' : 'nyse');
  });

  it('should take addresses, plans, keys and rules', () => {
    const feed = read(
      {
        ...AAPL,
        feedChain: ['polygon', 'alpha-vantage'],
        feedUrls: ['polygon=http://127.0.0.1:9000/', 'alpha-vantage=https://quotes.example.com/av'],
        feedPlans: ['alpha-vantage=75/minute+500/day+50/symbols'],
      },
      { TAPEDECK_ALPHA_VANTAGE_KEY: 'mine', TAPEDECK_FEED_SILENCE_MS: '7000' },
    );
    expect(feed?.providers).toMatchObject([
      // A provider on this machine wants no real key.
      { access: { url: 'ws://127.0.0.1:9000', key: 'demo', plan: {} } },
      {
        access: {
          url: 'https://quotes.example.com/av',
          key: 'mine',
          plan: { callsPerMinute: 75, callsPerDay: 500, symbols: 50 },
        },
      },
    ]);
    expect(feed?.rules.silenceMs).toBe(7_000);
  });

  it('should read keys from a file, the environment before it', () => {
    const feedKeyFile = file('keys', '# mine\npolygon=from-file\n\nfinnhub = other\n');
    const chain = { ...AAPL, feedKeyFile, feedChain: ['polygon', 'finnhub'] };
    const keys = read(chain, { TAPEDECK_POLYGON_KEY: 'from-environment' })?.providers.map(({ access }) => access.key);
    expect(keys).toEqual(['from-environment', 'other']);
  });

  it('should show of a key only whether it is set', () => {
    const { settings } = listSettings({ env: { TAPEDECK_POLYGON_KEY: 'secret-key' } });
    expect(settings.find(({ name }) => name === 'polygonKey')).toMatchObject({ value: 'set', secret: true });
    expect(JSON.stringify(settings)).not.toContain('secret-key');
  });

  it('should read instruments with their decimals from a file', () => {
    const feedInstrumentsFile = file(
      'list.json',
      '[{"symbol":"BTCUSDT","quantityDecimals":8,"previousClose":43250.5}]',
    );
    expect(read({ feedChain: ['binance'], feedInstrumentsFile })?.instruments).toEqual([
      { symbol: 'BTCUSDT', index: 0, priceDecimals: 2, quantityDecimals: 8, previousClose: 4_325_050 },
    ]);
  });

  it('should take the names that a provider has for what others name otherwise', () => {
    const names = { yahoo: 'BRK-B', tradier: 'BRK/B' };
    const feedInstrumentsFile = file('names.json', JSON.stringify([{ symbol: 'BRK.B', names }, { symbol: 'AAPL' }]));
    const feed = read({ feedChain: ['yahoo'], feedInstrumentsFile });
    expect(feed?.names?.get('yahoo')).toEqual(new Map([['BRK.B', 'BRK-B']]));
    const bad = file('bad-names.json', '[{"symbol":"A","names":{"nasdaq":"B"}}]');
    expect(failureOf({ feedChain: ['yahoo'], feedInstrumentsFile: bad }).message).toMatch(
      /names of A: "nasdaq" is no provider; there are polygon, /,
    );
  });

  it.each<readonly [string, Options, RegExp]>([
    [
      'no such provider',
      { ...AAPL, feedChain: ['polgon'] },
      /^--feed: no provider or chain "polgon"; did you mean polygon\?$/,
    ],
    ['one named twice', { ...AAPL, feedChain: ['tickstock', 'polygon'] }, /^--feed: polygon is named twice$/],
    ['nothing to ask for', { feedChain: ['yahoo'] }, /name it by --symbols AAPL,MSFT or --instruments FILE$/],
    ['a symbol twice', { feedChain: ['yahoo'], feedSymbols: ['A', 'A'] }, /^--symbols: A is named twice$/],
    [
      'no key',
      { ...AAPL, feedChain: ['polygon'] },
      /^the feed polygon needs a key; set TAPEDECK_POLYGON_KEY, or .*--key-file$/,
    ],
    [
      'no such plan',
      { ...AAPL, feedChain: ['yahoo'], feedPlans: ['yahoo=gold'] },
      /^--plan: yahoo has no plan "gold"; there are public, unlimited, or /,
    ],
    [
      'a plan of nobody',
      { ...AAPL, feedChain: ['yahoo'], feedPlans: ['nasdaq=gold'] },
      /^--plan: "nasdaq" is no provider; there are polygon, /,
    ],
    [
      'no address',
      { ...AAPL, feedChain: ['yahoo'], feedUrls: ['yahoo=here'] },
      /^--feed-url: \["yahoo=here"\] is not allowed; give a list of NAME=URL, /,
    ],
    [
      'both lists',
      { ...AAPL, feedChain: ['yahoo'], feedInstrumentsFile: 'x' },
      /^--symbols and --instruments are both set; keep one$/,
    ],
  ])('should refuse %s in one line that names the way out', (_, options, line) => {
    const { message, exitCode } = failureOf(options);
    expect(message).toMatch(line);
    expect(exitCode).toBe(ExitCode.USAGE);
  });

  it('should not send a key where anybody could read it', () => {
    const options = { ...AAPL, feedChain: ['polygon'], feedUrls: ['polygon=ws://example.com'] };
    const { message } = failureOf(options, { TAPEDECK_POLYGON_KEY: 'secret-key' });
    expect(message).toBe(
      '--feed-url: ws://example.com is not encrypted, so anybody on the way could read the key; use wss',
    );
  });

  it('should never show a line of a key file', () => {
    const feedKeyFile = file('bad-keys', 'polygon=fine\nsecret-key\n');
    const { message, exitCode } = failureOf({ ...AAPL, feedChain: ['yahoo'], feedKeyFile });
    expect(message).toMatch(/bad-keys:2: expected NAME=KEY with a name of polygon, /);
    expect(message).not.toContain('secret-key');
    expect(exitCode).toBe(ExitCode.BAD_DATA);
  });

  it('should refuse a key in the configuration file', () => {
    const path = file('config.yaml', 'polygonKey: secret-key\n');
    expect(() => loadServerConfig({ env: {}, file: path })).toThrow(
      /config\.yaml: polygonKey: secrets don't belong in this file; name a file of its own as feedKeyFile$/,
    );
  });

  it.each([
    ['no JSON', '[', /not readable as JSON$/],
    ['no list', '{}', /: expected a list of /],
    ['a bad field', '[{"symbol":"A","priceDecimals":99}]', / at \/0\/priceDecimals: expected a list of /],
  ])('should refuse a list of instruments that is %s', (_, content, line) => {
    const feedInstrumentsFile = file('bad.json', content);
    const { message, exitCode } = failureOf({ feedChain: ['yahoo'], feedInstrumentsFile });
    expect(message).toMatch(line);
    expect(exitCode).toBe(ExitCode.BAD_DATA);
  });
});
