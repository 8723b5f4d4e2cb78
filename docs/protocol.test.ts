import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES } from '../loadtests/conformance/cases.ts';
import { PATTERN_TYPES } from '../market/patterns/catalog.ts';
import { REJECT_REASONS } from '../market/types.ts';
import { CloseCode, ERROR_CODES, reconnectAdvice } from '../protocol/codes.ts';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { CHANNELS } from '../protocol/messages.ts';
import { endpointAt } from '../protocol/schemas/endpoints.ts';
import { LIMIT_SETTINGS } from '../server/settings.ts';
import { projectFile } from '../simulator/paths.ts';
import { frameHeading } from '../tools/protocol/fieldTables.ts';
import { codeOf, readDocument, type Table } from './spec/document.ts';
import { type Example, readExample } from './spec/example.ts';
import { type Arrival, Player, SHOWN_EPOCH, ticksOf } from './spec/player.ts';
import { fieldPaths, readShapes, ShapeCheck } from './spec/shapes.ts';
import { trade } from './spec/steppedFeed.ts';

const markdown = readFileSync(projectFile('PROTOCOL.md'), 'utf8');
const { blocks, tables, anchors } = readDocument(markdown);
const examples = blocks.filter(({ language }) => language === 'json').map(readExample);
const shapes = readShapes(tables);
const check = new ShapeCheck(shapes);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'protocol-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The rows of the one table whose header begins so. */
function rowsOf(...header: readonly string[]): Table['rows'] {
  const found = tables.filter((table) => header.every((name, at) => table.header[at] === name));
  const [table] = found;
  if (table === undefined || found.length > 1) throw new Error(`${found.length} tables of ${header.join(', ')}`);
  return table.rows;
}

/** The anchor of the table that documents a frame, or the body of an answer by HTTP. */
function anchorFor({ path, frame }: Arrival): string {
  const endpoint = endpointAt(path);
  const heading = endpoint === undefined ? path : frameHeading(endpoint, String(frame['type'])).replaceAll('`', '');
  const found = [...shapes].find(([, { name }]) => name === heading);
  return found?.[0] ?? `no table of ${heading}`;
}

function problemsOf(arrivals: readonly Arrival[]): Set<string> {
  return new Set(arrivals.flatMap((arrival) => check.problems(arrival.frame, anchorFor(arrival))));
}

describe('the examples', () => {
  const outcomes = new Map<Example, string>();
  const received: Arrival[] = [];

  beforeAll(async () => {
    await Promise.all(
      examples.map(async (example) => {
        const options = { folder, name: String(example.line), events: ticksOf(example), limits: example.limits };
        const hasSessions = example.steps.some(({ kind }) => kind === 'endSession');
        const player = await Player.start({ ...options, hasSecret: example.hasTokens, hasSessions });
        const play = player.play(example).catch((error: unknown) => String(error));
        outcomes.set(example, (await play) ?? '');
        received.push(...player.received);
        await player.stop();
      }),
    );
  });

  it.each(examples)('should go as shown: line $line', (example) => {
    expect(outcomes.get(example)).toBe('');
  });

  it('should bring nothing that the tables of fields do not say', () => {
    expect(problemsOf(received)).toEqual(new Set());
  });

  it('should show every field of every frame both ways', () => {
    expect(problemsOf(examples.flatMap(sentFrames))).toEqual(new Set());
    expect(fieldPaths(shapes).filter((path) => !check.seen.has(path) && !NOT_PLAYED.test(path))).toEqual([]);
  });

  it('should use one epoch, which the test replaces by the true one', () => {
    const epochs = [...markdown.matchAll(/"epoch":"([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(epochs)).toEqual(new Set([SHOWN_EPOCH, 'of-before-the-restart']));
  });
});

/** What a server with a journal adds, and one with a feed of providers. */
const NOT_PLAYED = /^(apihealth\.(journal|feed\.(provider|gaps|chain))|snapshot\.stale(Ms)?)\b/;

/** The frames that a client of the native stream sends, those that are whole. */
function sentFrames({ steps }: Example): Arrival[] {
  let path = '';
  return steps.flatMap((step) => {
    if (step.kind === 'connect') path = step.path;
    if (path !== '/v1/stream' || step.kind !== 'send' || !/^\{"type":".*\}$/.test(step.text)) return [];
    const frame: unknown = JSON.parse(step.text);
    return [{ path, frame: Object.fromEntries(Object.entries(frame ?? {})) }];
  });
}

describe('the tables of codes', () => {
  it('should hold every channel', () => {
    expect(rowsOf('channel').map(([name]) => codeOf(name))).toEqual([...CHANNELS]);
  });

  it('should hold every close code, with its name and what the client does', () => {
    const advice = { resume: 'resume', 'back-off': 'back off', stop: 'stop' };
    const expected = Object.entries(CloseCode).map(([name, code]) => [
      String(code),
      name,
      advice[reconnectAdvice(code)],
    ]);
    const rows = rowsOf('code', 'name', 'client').map(([code = '', name, client]) => [code, codeOf(name), client]);
    expect(rows).toEqual(expected);
  });

  it('should hold every error code, and whether a retry may succeed', () => {
    const expected = Object.entries(ERROR_CODES).map(([code, { retryable }]) => [code, retryable ? 'yes' : 'no']);
    expect(rowsOf('code', 'retryable').map(([code, retryable]) => [codeOf(code), retryable])).toEqual(expected);
  });

  it('should hold every limit, with its default and unit', () => {
    const units = new Map(LIMIT_SETTINGS.map(({ name, unit }) => [name, unit]));
    const expected = Object.entries(DEFAULT_LIMITS).map(([name, value]) => [name, String(value), units.get(name)]);
    expect(rowsOf('limit').map(([name, value, unit]) => [codeOf(name), value, unit])).toEqual(expected);
  });

  it('should show error codes by examples that bring them', async () => {
    const player = await startPlayer('codes', { hasSecret: true });
    const came: string[] = [];
    const shown = rowsOf('code', 'retryable').filter(([, , , text]) => text !== '');
    for (const [code, , , text] of shown) {
      const isBeforeAuth = /unauthenticated|bad_token|token_expired/.test(code ?? '');
      await player.connect('/v1/stream', !isBeforeAuth);
      await player.send(codeOf(text));
      came.push(String((await player.nextFrame('error'))['code']));
    }
    await player.stop();
    expect(came).toEqual(shown.map(([code]) => codeOf(code)));
    expect(problemsOf(player.received)).toEqual(new Set());
  });

  it('should hold every reason of refusal', () => {
    expect(rowsOf('reason').map(([reason]) => codeOf(reason))).toEqual([...REJECT_REASONS]);
  });

  it('should show reasons of refusal by examples that bring them', async () => {
    const player = await startPlayer('reasons', { hasSecret: false });
    await player.connect('/v1/stream', true);
    const buy = { type: 'order.place', symbol: 'AAPL', side: 'BUY', orderType: 'MARKET', quantity: '3' };
    await player.send(JSON.stringify({ ...buy, clientOrderId: 'filled' }));
    expect(await player.nextFrame('order.accepted')).toMatchObject({ data: { status: 'FILLED' } });
    const limit = { ...buy, orderType: 'LIMIT', limitPrice: '50.00' };
    await player.send(JSON.stringify({ ...limit, clientOrderId: 'resting' }));
    expect(await player.nextFrame('order.accepted')).toMatchObject({ data: { status: 'ACCEPTED' } });
    const rows = rowsOf('reason').filter(([, , example]) => example !== '');
    const came: string[] = [];
    for (const [at, [, , example]] of rows.entries()) {
      const change = Object(JSON.parse(codeOf(example)));
      const isWhole = Object.hasOwn(change, 'type');
      await player.send(JSON.stringify(isWhole ? change : { ...buy, clientOrderId: `order-${at}`, ...change }));
      came.push(String((await player.nextFrame('error'))['reason']));
    }
    await player.stop();
    expect(came).toEqual(rows.map(([reason]) => codeOf(reason)));
  });

  it('should hold every metric', async () => {
    const player = await startPlayer('metrics', { hasSecret: false });
    const answer = await fetch(`http://127.0.0.1:${player.server.ports[0]}/metrics`);
    const names = [...(await answer.text()).matchAll(/^# TYPE (\w+) /gm)].map((match) => match[1]);
    await player.stop();
    expect(
      rowsOf('metric')
        .map(([name]) => codeOf(name))
        .sort(),
    ).toEqual(names.sort());
  });
});

/** A player whose AAPL has traded at 100.00. */
async function startPlayer(name: string, options: { readonly hasSecret: boolean }): Promise<Player> {
  const events = [trade({ symbol: 0, price: 10_000, size: 10 })];
  const player = await Player.start({ folder, name, events, limits: {}, ...options });
  player.step();
  return player;
}

describe('the names', () => {
  it('should hold every type of pattern', () => {
    expect(PATTERN_TYPES.filter((type) => !markdown.includes(`\`${type}\``))).toEqual([]);
  });

  it('should have the paragraph of every case of the conformance suite', () => {
    expect(CASES.filter(({ paragraph }) => !anchors.has(paragraph)).map(({ name }) => name)).toEqual([]);
  });
});

describe("the document's links", () => {
  it('should lead somewhere', () => {
    const links = [...markdown.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1]);
    expect(links.filter((link) => !anchors.has(link ?? ''))).toEqual([]);
  });
});

describe('the client of twenty lines', () => {
  const LINES = 600;

  it('should get every event, in order, over a cut', async () => {
    const source = blocks.find(({ language }) => language === 'js')?.text ?? '';
    expect(source.split('\n').length).toBeLessThanOrEqual(25);
    const events = Array.from({ length: 60_000 }, (_, at) => trade({ symbol: at % 2, price: 10_000 + at, size: 1 }));
    // However slow this machine is, the cut is bridged.
    const limits = { historyEvents: events.length, hardBufferedBytes: 64 * 1024 * 1024 };
    const player = await Player.start({ folder, name: 'client', events, hasSecret: false, limits });
    const link = await openLink(player.server.ports[0] ?? 0);
    const child = runClient(source, link.port);
    const timer = setInterval(() => player.step(), 1);
    const lines = await cutOnce(child, link, LINES);
    clearInterval(timer);
    child.kill();
    link.close();
    await player.stop();
    expect(link.connections()).toBe(2);
    for (const symbol of ['AAPL', 'MSFT']) {
      const numbers = lines.flatMap((line) => (line.startsWith(symbol) ? [Number(line.split(' ')[1])] : []));
      const [first = 0] = numbers;
      expect(numbers).toEqual(numbers.map((_, at) => first + at));
    }
  });
});

function runClient(source: string, port: number): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: projectFile('.'),
    env: { ...process.env, TAPEDECK_URL: `ws://127.0.0.1:${port}/v1/stream` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Cuts the client's connection in the middle of what it is to get; returns its `count` lines. */
async function cutOnce(child: ChildProcess, link: Link, count: number): Promise<string[]> {
  const lines: string[] = [];
  if (child.stdout === null) throw new Error('the client has no output');
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === count / 4) link.cut();
    if (lines.length === count) break;
  }
  return lines;
}

/** A TCP connection between client and server that can be cut. */
interface Link {
  readonly port: number;
  readonly cut: () => void;
  /** Connections so far. */
  readonly connections: () => number;
  readonly close: () => void;
}

function openLink(targetPort: number): Promise<Link> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((down) => {
    connections++;
    const up = tcpConnect(targetPort, '127.0.0.1');
    for (const socket of [down, up]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    down.pipe(up).pipe(down);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const close = (): void => {
        cut();
        server.close();
      };
      const { port } = server.address() as AddressInfo;
      resolve({ port, cut, close, connections: () => connections });
    });
  });
}
