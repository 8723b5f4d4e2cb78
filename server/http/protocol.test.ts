import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ROUTES, type HttpRoute } from '../../protocol/schemas/httpRoutes.ts';
import { TestServer } from '../testing/testServer.ts';
import { ask } from './testing/httpClient.ts';

/** What the document shows wherever the running server's epoch is meant. */
const SHOWN_EPOCH = '8c1f0e6a94d2b753';
/** What the document calls the server's first symbol. */
const SHOWN_SYMBOL = 'AAPL';

const markdown = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');
const examples = [...markdown.matchAll(/^```http\n(.*?)^```$/gms)].map((match) => ({
  line: markdown.slice(0, match.index).split('\n').length,
  text: match[1] ?? '',
}));

/** Steps of an example, each on one line: `# ...` happens, `> ...` is asked, `< ...` is answered. */
function stepsOf(text: string): string[] {
  return text
    .replace(/\n {3}\s*/g, '')
    .trimEnd()
    .split('\n');
}

/** A text of the document in the words of the running server. */
function inWords(text: string, server: TestServer): string {
  return text.replaceAll(SHOWN_EPOCH, server.server.epoch).replaceAll(SHOWN_SYMBOL, 'S0');
}

/** JSON without what differs from run to run: times. */
function steady(text: string): unknown {
  return JSON.parse(text, (name, value: unknown) => (/Us$/.test(name) ? typeof value : value));
}

describe('the HTTP examples of PROTOCOL.md', () => {
  const servers = new Map<number, TestServer>();
  beforeAll(async () => {
    for (const { line } of examples) servers.set(line, await TestServer.start());
  });
  afterAll(() => Promise.all([...servers.values()].map((server) => server.stop())));

  it('should be there', () => {
    expect(examples.length).toBeGreaterThanOrEqual(2);
  });

  it.each(examples)('should go as shown: line $line', async ({ line, text }) => {
    const server = servers.get(line);
    if (server === undefined) throw new Error('no server');
    let came = { status: 0, text: '' };
    for (const step of stepsOf(text)) {
      const words = inWords(step.slice(2), server);
      const trade = /^AAPL trades 10 at (\d+)\.(\d\d)$/.exec(step.slice(2));
      if (trade !== null) server.feed.trade({ symbol: 0, price: Number(`${trade[1]}${trade[2]}`) });
      else if (step.startsWith('> ')) came = await request(server, words);
      else {
        const [, status, body] = /^(\d+) ?(.*)$/.exec(words) ?? [];
        expect({ step, status: came.status }).toEqual({ step, status: Number(status) });
        if (body !== '') expect(steady(came.text)).toEqual(steady(body ?? ''));
      }
    }
  });

  it('should stand below a table of every route', () => {
    const rows = [...markdown.matchAll(/^\| `((?:GET|POST|PATCH|DELETE) \S+)` \| ([^|]+) \|/gm)];
    const shown = rows.map(([, route, scope]) => `${route} ${scope}`);
    const served = Object.values<HttpRoute>(HTTP_ROUTES).map(({ method, path, identity, scope }) => {
      const own = path === '/api/poll' ? 'as for the channels' : 'own account';
      return `${method} ${path} ${identity === 'none' ? 'no token' : scope === undefined ? own : `\`${scope}\``}`;
    });
    expect(shown.sort()).toEqual(served.sort());
  });
});

async function request(server: TestServer, words: string): Promise<{ status: number; text: string }> {
  const [, method = '', path = '', body] = /^(\S+) (\S+)(?: (.*))?$/.exec(words) ?? [];
  return ask(server, `${method} ${encodeURI(path)}`, body === undefined ? {} : { body });
}
