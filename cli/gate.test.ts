import { afterEach, describe, expect, it } from 'vitest';
import { runCli } from './program.ts';

afterEach(() => {
  process.exitCode = undefined;
});

/** Runs the command line to its end, in this process. */
async function tapedeck(...args: string[]): Promise<{ code: number; err: string }> {
  let err = '';
  const code = await runCli(args, { out: () => undefined, err: (text) => (err += text) }, false);
  return { code, err };
}

describe('tapedeck gate', () => {
  it.each([
    [['gate', '--scenario', 'smok'], 66, /^tapedeck: scenario smok: unknown; there are smoke, /],
    [['gate', '--targets', 'strikt'], 66, /^tapedeck: unknown targets 'strikt'; known are strict, /],
    [['gate', '--load', 'jmeter'], 64, /^tapedeck: .*jmeter.*swarm, k6/],
    [['gate', '--codec', 'msgpack', '--load', 'k6'], 64, /^tapedeck: .*msgpack.*--load swarm/],
    [['gate', '--codec', 'msgpack', '--dialect', 'paiid'], 64, /^tapedeck: .*paiid speaks JSON alone/],
    [['gate', '--dialect', 'klingon'], 64, /^tapedeck: .*klingon.*native, ai-trading-v2, us-001, paiid, tickstock/],
    [
      ['gate', '--scenario', 'flash-crash'],
      64,
      /^tapedeck: scenario flash-crash has faults, .*scenario run flash-crash/,
    ],
    [['gate', '--feed', 'yahoo', '--dialect', 'paiid'], 64, /^tapedeck: --feed yahoo: .*leave out --dialect/],
    [['gate', '--feed', 'us-001', '--load', 'k6'], 64, /^tapedeck: --feed yahoo: .*--load swarm/],
    [['gate', '--feed', 'reuters'], 64, /^tapedeck: .*reuters.*embedded, polygon, binance, finnhub/],
    [['gate', '--seed', '-3'], 64, /^tapedeck: .*--seed.*whole number/],
    [['gate', '--tape', 'nowhere.tape'], 66, /^tapedeck: .*nowhere\.tape/],
    [['trust', '--only', 'gremlins'], 64, /^tapedeck: unknown case 'gremlins'; known are /],
  ])('should refuse %j with exit code %i and one line', async (args, code, line) => {
    const ended = await tapedeck(...args);

    expect(ended.code, ended.err).toBe(code);
    expect(ended.err).toMatch(line);
    expect(ended.err.trim().split('\n')).toHaveLength(1);
  });
});
