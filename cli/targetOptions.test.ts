import { Command } from '@commander-js/extra-typings';
import { describe, expect, it } from 'vitest';
import { CliError } from './errors.ts';
import { runCli } from './program.ts';
import { addTargetOptions, checkMayLoad, type TargetOptions, targetWords, underTestOf } from './targetOptions.ts';

/** The options of a command line, without the environment's token. */
function parsed(...args: string[]): TargetOptions {
  const command = addTargetOptions(new Command('x'))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return command.parse(args, { from: 'user' }).opts();
}

const TARGET = ['--target', 'ws://127.0.0.1:9/prices'];
const PRICED = [...TARGET, '--symbol-field', 's', '--time-field', 't', '--price-field', 'p', '--fed-by', 'polygon'];
const PRICED_BY_MESSAGE = [...PRICED, '--time-of', 'message'];

describe('a target', () => {
  it('should be ours when none is named', () => {
    expect(underTestOf(parsed(), 'native')).toBeUndefined();
  });

  it('should be the server at an address, with all that is known of it', () => {
    const options = parsed(
      ...TARGET,
      '--header',
      'X-A: 1',
      '--header',
      'X-B:2',
      '--insecure',
      '--pid',
      '7',
      '--symbols',
      'A,B',
    );

    expect(underTestOf(options, 'native')).toEqual({
      kind: 'url',
      url: 'ws://127.0.0.1:9/prices',
      fed: { kind: 'own' },
      headers: { 'X-A': '1', 'X-B': '2' },
      tls: { isInsecure: true },
      pid: 7,
      symbols: ['A', 'B'],
    });
  });

  it('should be a command, at a port of its own', () => {
    const options = parsed(
      '--target',
      'ws://127.0.0.1:{port}/p',
      '--target-command',
      'serve {port}',
      '--fed-by',
      'finnhub',
    );

    expect(underTestOf(options, 'paiid')).toMatchObject({
      kind: 'command',
      command: 'serve {port}',
      url: 'ws://127.0.0.1:{port}/p',
      fed: { kind: 'provider', name: 'finnhub', port: 8790 },
    });
  });

  it('should have its messages read by rules, by their own time or by the event of the feed', () => {
    const rules = ['--symbol-field', 's', '--time-field', 't', '--where', 'k=price', '--auth-frame', '{"a":1}'];
    const own = underTestOf(parsed(...TARGET, ...rules), 'custom');
    const fed = underTestOf(parsed(...TARGET, ...rules, '--fed-by', 'polygon'), 'custom');

    expect(own).toMatchObject({
      rules: { symbol: 's', time: { path: 't', unit: 'ms' }, where: { path: 'k', value: 'price' }, frames: [{ a: 1 }] },
    });
    expect(own).not.toHaveProperty('isEventTime');
    expect(fed).toMatchObject({ isEventTime: true });
  });

  it('should have its prices found on the tape by the event, and times in ms, unless told otherwise', () => {
    for (const named of [[], ['--time-of', 'event']]) {
      expect(underTestOf(parsed(...PRICED, ...named), 'custom')).toMatchObject({
        rules: { price: 'p', time: { path: 't', unit: 'ms' } },
        isEventTime: true,
      });
    }
    expect(underTestOf(parsed(...PRICED, '--time-unit', 's'), 'custom')).toMatchObject({
      rules: { time: { unit: 's' } },
    });
  });

  it.each([
    [['--target', 'http://h'], 'native', /give ws:/],
    [[...TARGET, '--header', 'nonsense'], 'native', /--header 'nonsense': write/],
    [[...TARGET, '--cert', 'c.pem'], 'native', /--cert and --key/],
    [[...TARGET, '--ca', 'nowhere.pem'], 'native', /--ca nowhere\.pem: no such file/],
    [[...TARGET, '--metrics', 'host:9'], 'native', /--metrics host:9/],
    [[...TARGET, '--start-at', '2026-11-21T20:00:00Z'], 'native', /--start-at: goes with --fed-by tape/],
    [[...TARGET, '--symbols', 'A', '--fed-by', 'tape'], 'native', /--symbols: with --fed-by tape/],
    [[...TARGET, '--seq-field', 'n'], 'native', /--seq-field: goes with --dialect custom/],
    [TARGET, 'custom', /--symbol-field must name/],
    [[], 'custom', /--dialect custom: name the server/],
    [[...TARGET, '--symbol-field', 'a..b'], 'custom', /--symbol-field: path 'a\.\.b'/],
    [[...TARGET, '--symbol-field', 's', '--price-field', 'p'], 'custom', /--price-field: .*--time-field/],
    [[...TARGET, '--symbol-field', 's', '--subscribe-frame', '{"a":'], 'custom', /--subscribe-frame: not JSON/],
    [[...TARGET, '--symbol-field', 's', '--time-of', 'event'], 'custom', /--time-of event: .*--fed-by/],
    [[...TARGET, '--symbol-field', 's', '--time-unit', 's'], 'custom', /--time-unit: .*--time-field/],
    [[...TARGET, '--time-unit', 's'], 'native', /--time-unit: goes with --dialect custom/],
    [PRICED_BY_MESSAGE, 'custom', /--time-of message: .*leave --price-field out, or take --time-of event/],
  ])('should refuse %j of %s in one line', (args, dialect, line) => {
    expect(() => underTestOf(parsed(...args), dialect)).toThrow(CliError);
    expect(() => underTestOf(parsed(...args), dialect)).toThrow(line);
  });
});

describe('load on a machine that is not this one', () => {
  const check = (clients: number, ...args: string[]) => {
    const options = parsed(...args);
    checkMayLoad(underTestOf(options, 'native'), options, clients);
  };

  it('should be refused unless its name is given again, and beyond the clients that are allowed', () => {
    const elsewhere = ['--target', 'wss://feed.example/v1'];
    expect(() => check(5, ...TARGET)).not.toThrow();
    expect(() => check(5, ...elsewhere)).toThrow(/add --i-may-load feed\.example$/);
    expect(() => check(5, ...elsewhere, '--i-may-load', 'other.example')).toThrow(/add --i-may-load feed\.example$/);
    expect(() => check(5, ...elsewhere, '--i-may-load', 'feed.example')).not.toThrow();
    expect(() => check(201, ...elsewhere, '--i-may-load', 'feed.example')).toThrow(/add --max-clients 201$/);
    expect(() => check(201, ...elsewhere, '--i-may-load', 'feed.example', '--max-clients', '300')).not.toThrow();
  });

  it('should be refused by the command line too', async () => {
    let err = '';
    const output = { out: () => undefined, err: (text: string) => (err += text) };
    const code = await runCli(['gate', '--target', 'wss://feed.example', '--scenario', 'smoke'], output, false);

    expect([code, err]).toEqual([
      64,
      expect.stringMatching(/^tapedeck: target feed\.example: .*--i-may-load feed\.example\n$/),
    ]);
  });
});

it('should repeat a target word for word, without what is secret', () => {
  const words = targetWords(
    parsed(
      ...TARGET,
      '--token',
      'SECRET',
      '--header',
      'Authorization: Bearer SECRET',
      '--header',
      'X-A: it is',
      '--insecure',
      '--pid',
      '7',
      '--symbols',
      'A,B',
    ),
  ).join(' ');

  expect(words).toBe(
    "--target ws://127.0.0.1:9/prices --header 'Authorization: ...' --header 'X-A: it is' --insecure --pid 7 --symbols A,B",
  );
  expect(targetWords(parsed())).toEqual([]);
});
