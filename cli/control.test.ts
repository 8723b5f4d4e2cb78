import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlEndpoint, startControl } from '../simulator/play/control.ts';
import { createPlayer } from '../simulator/play/player.ts';
import type { Player } from '../simulator/play/types.ts';
import { openTape } from '../simulator/tape/reader.ts';
import { aTrade, openWriter } from '../simulator/tape/testTicks.ts';
import { capture } from './capture.ts';

const EVENTS = 3_600;
const folder = mkdtempSync(join(tmpdir(), 'tapedeck-control-'));
const tape = (() => {
  const path = join(folder, 'hour.tape');
  const writer = openWriter(path, { symbols: 1 });
  for (let at = 0; at < EVENTS; at++) writer.append(aTrade({ eventTimeUs: at * 1e6, price: at, size: 1 }));
  writer.finish();
  return openTape(path);
})();
afterAll(() => {
  tape.close();
  rmSync(folder, { recursive: true });
});

let player: Player;
let control: ControlEndpoint;
let ended: Promise<unknown>;

beforeEach(async () => {
  const clock = { nowUs: () => Math.floor(performance.now() * 1000), offsetUs: 0 };
  player = createPlayer({ tape, clock });
  control = await startControl({ player, port: 0 });
  ended = player.play({ tick: () => undefined, halt: () => undefined, moved: () => undefined });
});
afterEach(async () => {
  player.stop();
  await ended;
  control.close();
});

const run = (...args: string[]) => capture('control', ...args, '--url', control.url);

async function post(path: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${control.url}${path}`, { method: 'POST', ...init });
  return { status: response.status, body: await response.json() };
}

describe('tapedeck control', () => {
  it('should pause, seek, step, and change the speed of a replay', async () => {
    expect(await run('pause')).toMatchObject({ code: 0, out: expect.stringMatching(/^paused at 1x/) });
    const sought = await run('seek', '10', '--format', 'json');
    expect(JSON.parse(sought.out)).toMatchObject({ status: 'paused', position: '1970-01-01T00:00:10.000000Z' });
    expect((await run('step', '3')).out).toContain('00:00:12.000 at the exchange');
    expect((await run('step', '--unit', 'bar')).out).toContain('00:00:59.000 at the exchange');
    expect((await run('seek', '+2m')).out).toContain('00:02:59');
    expect((await run('speed', '250')).out).toMatch(/^paused at 250x/);
    expect((await run('resume')).out).toMatch(/^playing at 250x/);
    expect(player.state()).toMatchObject({ status: 'playing', speed: 250 });
    await run('speed', 'max');
    await ended;
    expect((await run('state')).out).toMatch(/^ended as fast as possible, 00:59:59.000 at the exchange \(100.0 %\)/);
    expect(await run('pause')).toMatchObject({ code: 64, err: 'tapedeck: pause: the replay has ended\n' });
  });

  it('should refuse what makes no sense, in one line', async () => {
    expect(await run('seek', 'noon')).toMatchObject({ code: 64, err: expect.stringContaining('"noon" is no place') });
    expect(await run('speed', '0')).toMatchObject({ code: 64, err: expect.stringContaining('Give a number from 0.1') });
    expect(await run('step', '-1')).toMatchObject({ code: 64 });
    control.close();
    expect(await run('state')).toMatchObject({ code: 69, err: expect.stringContaining('no replay answers there') });
  });

  it('should not be steered by a page of the web, nor by what is no JSON', async () => {
    const headers = { 'content-type': 'application/json' };
    const foreign = { headers: { ...headers, origin: 'https://example.com' } };
    expect(await post('/pause', foreign)).toMatchObject({ status: 403 });
    expect(await post('/pause', { headers: { 'content-type': 'text/plain' }, body: '{}' })).toMatchObject({
      status: 400,
    });
    expect(await post('/seek', { headers, body: '{"to":' })).toMatchObject({ status: 400 });
    expect(await post('/seek', { headers, body: '{"to":5,"x":1}' })).toMatchObject({ status: 422 });
    expect(await post('/speed', { headers, body: '{"speed":1e400}' })).toMatchObject({ status: 422 });
    expect(await post('/step', { headers, body: `{"count":${'1'.repeat(9)}}` })).toMatchObject({ status: 422 });
    expect(await post('/rewind')).toMatchObject({ status: 404 });
    expect((await fetch(`${control.url}/pause`)).status).toBe(405);
    expect(player.state().status).toBe('playing');
  });
});
