import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { capture } from '../cli/capture.ts';
import { withCutsAsFaults } from '../simulator/faults/cuts.ts';
import { createFaults } from '../simulator/faults/faults.ts';
import { answerControl, startControl } from '../simulator/play/control.ts';
import { createPlayer } from '../simulator/play/player.ts';
import { loadScenario } from '../simulator/scenario.ts';
import { openTape } from '../simulator/tape/reader.ts';
import { createTapeWriter } from '../simulator/tape/writer.ts';
import { trade } from '../simulator/testTape.ts';
import { VirtualTime } from '../simulator/virtualTime.ts';

const page = readFileSync(new URL('replay.md', import.meta.url), 'utf8');
const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.trim().split('\n'));
/** 09:30 in New York on 2020-03-16. */
const OPEN_US = 1_584_365_400_000_000;
const MINUTES = 390;

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-replay-page-'));
const scenarioPath = join(folder, 'cut.yaml');
const tape = (() => {
  const path = join(folder, 'day.tape');
  const writer = createTapeWriter({
    path,
    name: 'day',
    seed: 1,
    origin: { kind: 'derived', description: 'a trade a minute', sources: [] },
    instruments: [{ symbol: 'AAPL', index: 0, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 }],
    sessionDate: '2020-03-16',
    sessionOpenUs: OPEN_US,
    sessionCloseUs: OPEN_US + MINUTES * 60e6,
  });
  for (let at = 0; at < MINUTES; at++) writer.append(trade({ eventTimeUs: OPEN_US + at * 60e6, price: 10_000 + at }));
  writer.finish();
  return openTape(path);
})();
writeFileSync(scenarioPath, /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
afterAll(() => {
  tape.close();
  rmSync(folder, { recursive: true });
});

async function run(args: readonly string[]): Promise<{ readonly code: number; readonly told: string }> {
  const { code, out, err } = await capture(...args);
  return { code, told: out + err };
}

/** A player at 10x that stands still at the open, steered by HTTP. */
async function withControl(use: (parts: { url: string; player: ReturnType<typeof createPlayer> }) => Promise<void>) {
  const time = new VirtualTime(OPEN_US);
  const player = createPlayer({ tape, clock: time.clock, timers: time.timers, speed: 10 });
  const ended = player.play({ tick: () => undefined, halt: () => undefined, moved: () => undefined });
  const control = await startControl({ player, port: 0 });
  try {
    await use({ url: control.url, player });
  } finally {
    control.close();
    player.stop();
    await ended;
  }
}

describe('docs/replay.md', () => {
  const replays = lines.filter((line) => line.startsWith('npx tapedeck replay') && !line.includes('<'));

  it('should have its lines run here', () => {
    const known = /^(npx tapedeck (replay|control) |curl )/;
    expect(lines.filter((line) => !known.test(line))).toEqual([]);
    expect(replays.length).toBeGreaterThan(7);
  });

  it.each(replays)('should play: %s', async (line) => {
    // As fast as possible, once, from the tape of this test, at ports that are free.
    const asked = line.replace(/ --date \S+| --loop| --control \S+/g, '').replace('cut.yaml', scenarioPath);
    const more = ['--tape', tape.path, '--speed', 'max', ...(line.includes('--as') ? ['--port', '0'] : [])];
    const { code, told } = await run([...asked.split(' ').slice(2), ...more]);
    expect([code, told]).toEqual([0, expect.stringMatching(/^played |^[0-9a-f]{16}$/m)]);
  });

  it('should steer by its lines', () =>
    withControl(async ({ url, player }) => {
      for (const line of lines.filter((text) => text.startsWith('npx tapedeck control'))) {
        const { code, told } = await run([...line.split(' ').slice(2), '--url', url]);
        expect([line, code, told]).toEqual([line, 0, expect.stringMatching(/at the exchange/)]);
      }
      expect(player.state()).toMatchObject({ status: 'playing', speed: 100, positionUs: OPEN_US + 35.5 * 60e6 });
    }));

  it('should steer by its lines of HTTP, and answer as it says', () =>
    withControl(async ({ url, player }) => {
      const asked = new Set<string>();
      for (const line of lines.filter((text) => text.startsWith('curl'))) {
        const path = /:8766\/control(\S*)$/.exec(line)?.[1] ?? '?';
        const body = /-d '([^']+)'/.exec(line)?.[1];
        const headers = line.includes("-H 'content-type: application/json'")
          ? { 'content-type': 'application/json' }
          : undefined;
        const method = line.includes('-X POST') ? 'POST' : 'GET';
        const response = await fetch(url + path, { method, ...(body && { body }), ...(headers && { headers }) });
        const state: unknown = await response.json();
        asked.add(path);
        expect([line, response.status]).toEqual([line, 200]);
        if (path !== '/seek') continue;
        const { events: _events, ...told } = JSON.parse(/```json\n(.*)\n```/.exec(page)?.[1] ?? '');
        expect(state).toMatchObject({ ...told, share: expect.closeTo(told.share, 3) });
      }
      const { body: known = '' } = answerControl(player, { ...NOWHERE, path: '/control/nowhere' });
      const routes = /pause.*step/.exec(String(known))?.[0].split(', ') ?? [];
      expect([...asked].sort()).toEqual(['', ...routes.map((route) => `/${route.replace(/\W/g, '')}`)].sort());
      for (const route of asked) expect(page).toMatch(new RegExp(`^\\| \`(GET|POST) /control${route}\` \\|`, 'm'));
    }));

  it('should cut at 10:05 by its scenario of three lines', () => {
    const scenario = withCutsAsFaults(loadScenario(scenarioPath));
    const atUs = OPEN_US + 34 * 60e6;
    const schedule = { startUs: 1e15, fromEventUs: atUs, toEventUs: atUs + 3600e6, speed: 10 };
    const { link } = createFaults({ scenario, header: tape.header, provider: 'polygon', schedule });
    expect(readFileSync(scenarioPath, 'utf8').trim().split('\n')).toHaveLength(3);
    expect(link.nextChangeUs(1e15)).toBe(1e15 + 6e6);
    expect(link.eventsIn(1e15, 1e15 + 6e6)).toEqual([{ kind: 'cut', share: 1 }]);
  });

  it('should say where the storm cuts', () => {
    const storm = loadScenario('reconnect-storm');
    const { durationS, speed } = storm.tape;
    expect(durationS * speed).toBe(120);
    expect(storm.cuts.map(({ atS }) => (atS * speed) / 10)).toEqual([3, 6]);
  });
});

const NOWHERE = { method: 'GET', query: '', headers: {}, body: undefined, remoteAddress: '127.0.0.1' };
