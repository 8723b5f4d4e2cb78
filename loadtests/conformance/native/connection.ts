import { CADENCE_MS, cadence } from '../cadence.ts';
import { type Case, Skip, theme } from '../case.ts';
import type { Context } from '../context.ts';
import { refusedUpgrade } from '../dialects/shared.ts';
import { check, field, has, read, same, shown, text, whole } from '../expect.ts';
import { Heartbeat, Pong, Welcome } from '../shapes.ts';
import type { Socket } from '../socket.ts';
import { unsigned } from '../tokens.ts';
import { whileItLives } from './shortLived.ts';

const endpoint = theme({ dialect: 'native', theme: 'endpoint', paragraph: 'endpoints' });
const auth = theme({ dialect: 'native', theme: 'auth', paragraph: 'auth' });
const identity = theme({ dialect: 'native', theme: 'identity', paragraph: 'identity' });
const refresh = theme({ dialect: 'native', theme: 'refresh', paragraph: 'refresh', needs: ['secret'] });
const ping = theme({ dialect: 'native', theme: 'ping', paragraph: 'ping' });
const heartbeat = theme({ dialect: 'native', theme: 'heartbeat', paragraph: 'heartbeat' });

const LONGEST_AUTH_TIMEOUT_MS = 45_000;
const SOON_S = 50;

/** Commands that nobody may give before `welcome`. */
const COMMANDS: readonly Readonly<Record<string, unknown> & { readonly type: string }>[] = [
  { type: 'ping' },
  { type: 'subscribe', channel: 'heartbeat' },
  { type: 'unsubscribe', channel: 'heartbeat' },
  { type: 'get', what: 'news' },
  { type: 'order.cancel', clientOrderId: 'any' },
  { type: 'alert.clear', alertId: 'any' },
  { type: 'presence.set', state: 'away' },
  { type: 'refresh', token: 'a.b.c' },
];

/** Endpoint, identity, and what keeps a native connection alive. */
export const connectionCases: readonly Case[] = [
  endpoint('json-subprotocol-is-chosen', async (t) => {
    const socket = await t.openNative({ protocols: ['tapedeck.v1.json'] });
    same(socket.protocol, 'tapedeck.v1.json', 'the subprotocol');
  }),
  endpoint(
    'no-subprotocol-is-welcome-too',
    async (t) => {
      const socket = await t.openNative({ protocols: [] });
      same(socket.protocol, '', 'the subprotocol');
    },
    { needs: ['json'] },
  ),
  endpoint('of-several-subprotocols-one-that-is-known-is-chosen', async (t) => {
    const socket = await t.openNative({ protocols: ['unheard.of', 'tapedeck.v1.json'] });
    same(socket.protocol, 'tapedeck.v1.json', 'the subprotocol');
  }),
  endpoint('an-upgrade-elsewhere-is-404', async (t) => {
    await refusedUpgrade(t.openNative({ suffix: '/nowhere' }), 404);
  }),
  auth('answer-is-a-welcome-as-described', async (t) => {
    const { welcome } = await t.welcome();
    read(Welcome, welcome, 'a welcome');
  }),
  auth('answer-repeats-the-id', async (t) => {
    const { welcome } = await t.welcome();
    check(typeof welcome['id'] === 'number', 'the id of the auth frame', welcome);
  }),
  auth('without-an-id-the-welcome-has-none', async (t) => {
    const socket = await t.openNative();
    const token = await t.token();
    socket.send({ type: 'auth', ...(token !== undefined && { token }) });
    const welcome = await socket.takeType('welcome');
    check(!('id' in welcome), 'a welcome without an id', welcome);
  }),
  auth('a-second-auth-is-a-bad-message', async (t) => {
    const { socket } = await t.welcome();
    const answer = await socket.ask({ type: 'auth' });
    has(answer, { type: 'error', code: 'bad_message' }, 'an error');
    await lives(socket);
  }),
  auth('commands-behind-it-wait-for-the-answer', async (t) => {
    const socket = await t.openNative();
    const token = await t.token();
    socket.send({ type: 'auth', id: 1, ...(token !== undefined && { token }) });
    socket.send({ type: 'ping', id: 2 });
    const welcome = await socket.takeType('welcome');
    const answer = await socket.first(({ id }) => id === 2, 'an answer to the ping');
    has(answer, { type: 'pong' }, 'an answer to the ping');
    check(socket.frames.indexOf(answer) > socket.frames.indexOf(welcome), 'the welcome before the pong', answer);
  }),
  auth(
    'none-in-time-is-close-4408',
    async (t) => {
      const socket = await t.openNative();
      same(await socket.closed('close 4408'), 4408, 'close');
    },
    { paragraph: 'close-codes', timeoutMs: LONGEST_AUTH_TIMEOUT_MS },
  ),
  auth('each-connection-has-its-own-session', async (t) => {
    const [one, other] = await Promise.all([t.welcome(), t.welcome()]);
    const names = [text(one.welcome, 'session'), text(other.welcome, 'session')];
    check(names[0] !== names[1], 'two sessions', names);
  }),
  auth('all-connections-see-one-epoch', async (t) => {
    const [one, other] = await Promise.all([t.welcome(), t.welcome()]);
    same(text(other.welcome, 'epoch'), text(one.welcome, 'epoch'), 'the epoch');
  }),
  ...COMMANDS.map((command) =>
    auth(
      `${command.type.replace('.', '-')}-before-welcome-is-unauthenticated`,
      async (t) => {
        const socket = await t.openNative();
        const answer = await socket.ask(command);
        has(answer, { type: 'error', code: 'unauthenticated', retryable: false }, 'an error');
        check(socket.isOpen, 'an open connection', 'a close');
      },
      { paragraph: 'error-codes' },
    ),
  ),
  ...Object.entries({
    'that-is-no-jwt': async () => 'nonsense',
    'of-three-empty-parts': async () => '..',
    'without-a-signature': async (t: Context) => unsigned(t.user),
    'of-another-key': (t: Context) => otherKey(t),
  }).map(([what, make]) =>
    auth(`a-token-${what}-is-bad-and-closes-4403`, async (t) => refusedToken(t, await make(t), ['bad_token', 4403]), {
      paragraph: 'identity',
    }),
  ),
  auth('an-auth-without-a-token-closes-4403', async (t) => refusedToken(t, undefined, ['unauthenticated', 4403]), {
    paragraph: 'error-codes',
    needs: ['tokens'],
  }),
  auth(
    'a-token-that-has-ended-closes-4401',
    async (t) => refusedToken(t, await t.mint({ expiresInS: -60 }), ['token_expired', 4401]),
    { paragraph: 'error-codes', needs: ['secret'] },
  ),
  auth(
    'a-token-that-has-not-begun-is-bad',
    async (t) => refusedToken(t, await t.mint({ notBeforeS: 600 }), ['bad_token', 4403]),
    { paragraph: 'identity', needs: ['secret'] },
  ),
  auth('a-token-without-a-user-is-bad', async (t) => refusedToken(t, await t.mint({ user: '' }), ['bad_token', 4403]), {
    paragraph: 'identity',
    needs: ['secret'],
  }),
  ...(['header', 'query'] as const).flatMap((tokenIn) => [
    identity(
      `a-token-in-the-${tokenIn}-is-welcomed-at-once-without-an-id`,
      async (t) => {
        const socket = await t.open('native', { tokenIn });
        const welcome = await socket.takeType('welcome');
        check(!('id' in welcome), 'a welcome without an id', welcome);
      },
      { needs: ['tokens'] },
    ),
    identity(`a-bad-token-in-the-${tokenIn}-is-401`, async (t) => {
      await refusedUpgrade(t.open('native', { token: 'nonsense', tokenIn }), 401);
    }),
    identity(
      `an-ended-token-in-the-${tokenIn}-is-401`,
      async (t) => {
        await refusedUpgrade(t.open('native', { token: await t.mint({ expiresInS: -60 }), tokenIn }), 401);
      },
      { needs: ['secret'] },
    ),
  ]),
  identity(
    'the-header-goes-before-the-query',
    async (t) => {
      const token = await t.mint({ user: `${t.user}-in-query` });
      const bearer = await t.mint();
      const headers = { authorization: `Bearer ${bearer}` };
      const socket = await t.open('native', { token, tokenIn: 'query', headers });
      has(await socket.takeType('welcome'), { user: t.user }, 'a welcome');
    },
    { needs: ['secret'] },
  ),
  identity(
    'a-refused-upgrade-is-a-problem-document',
    async (t) => {
      const refusal = await refusedUpgrade(t.open('native', { token: 'nonsense' }), 401);
      const type = shown(refusal.headers['content-type']);
      check(type.includes('application/problem+json'), 'a body of application/problem+json', type);
      has(JSON.parse(refusal.body), { status: 401 }, 'a problem');
    },
    { paragraph: 'endpoints' },
  ),
  identity(
    'the-user-is-the-sub',
    async (t) => {
      const { welcome } = await t.welcome(await t.mint());
      same(welcome['user'], t.user, 'the user');
    },
    { needs: ['secret'] },
  ),
  identity(
    'the-account-is-the-sub-unless-it-is-named',
    async (t) => {
      const unnamed = await t.welcome(await t.mint());
      same(unnamed.account, t.user, 'the account');
      const named = await t.welcome(await t.mint({ account: `${t.user}-account` }));
      same(named.account, `${t.user}-account`, 'the account');
    },
    { needs: ['secret'] },
  ),
  identity(
    'the-scopes-are-the-tokens',
    async (t) => {
      const { welcome } = await t.welcome(await t.mint({ scopes: ['market:read'] }));
      same(welcome['scopes'], ['market:read'], 'the scopes');
    },
    { needs: ['secret'] },
  ),
  identity(
    'a-token-that-ends-soon-is-told',
    async (t) => {
      const { socket } = await t.welcome(await t.mint({ expiresInS: SOON_S }));
      has(await socket.takeType('system'), { code: 'token_expiring' }, 'a notice');
    },
    { needs: ['secret'] },
  ),
  identity(
    'at-its-end-the-connection-closes-4401',
    async (t) => {
      const { socket } = await whileItLives(t, (token) => t.welcome(token));
      same(await socket.closed('close 4401'), 4401, 'close');
    },
    { needs: ['secret'], timeoutMs: 60_000 },
  ),
  identity(
    'in-development-everybody-has-an-account',
    async (t) => {
      const { welcome } = await t.welcome();
      has(welcome, { user: 'dev', account: 'dev' }, 'a welcome');
    },
    { needs: ['development'] },
  ),
  refresh('a-new-token-of-the-same-user-is-taken', async (t) => {
    const { socket } = await t.welcome(await t.mint());
    const answer = await socket.ask({ type: 'refresh', token: await t.mint({ scopes: ['market:read'] }) });
    has(answer, { type: 'refreshed', scopes: ['market:read'] }, 'an answer');
    check(whole(answer, 'expiresAtUs') > whole(await pong(socket), 'serverTimeUs'), 'an end to come', answer);
  }),
  refresh('scopes-that-are-gone-end-their-subscriptions', async (t) => {
    const { socket } = await t.welcome(await t.mint());
    await t.ticker(socket, t.symbol());
    await socket.ask({ type: 'refresh', token: await t.mint({ scopes: [] }) });
    const ended = await socket.takeType('unsubscribed');
    has(ended, { channel: 'ticker', symbols: [t.symbol()] }, 'unsubscribed');
    check(!('id' in ended), 'unsubscribed without an id', ended);
  }),
  refresh('a-token-of-another-user-is-forbidden', async (t) => {
    const { socket } = await t.welcome(await t.mint());
    const answer = await socket.ask({ type: 'refresh', token: await t.mint({ user: `${t.user}-other` }) });
    has(answer, { type: 'error', code: 'forbidden' }, 'an error');
    await lives(socket);
  }),
  refresh('a-token-of-another-account-is-forbidden', async (t) => {
    const { socket } = await t.welcome(await t.mint());
    const answer = await socket.ask({ type: 'refresh', token: await t.mint({ account: `${t.user}-other` }) });
    has(answer, { type: 'error', code: 'forbidden' }, 'an error');
  }),
  refresh('with-a-bad-token-the-old-one-goes-on', async (t) => {
    const { socket } = await t.welcome(await t.mint());
    has(await socket.ask({ type: 'refresh', token: 'nonsense' }), { type: 'error', code: 'bad_token' }, 'an error');
    await t.ticker(socket, t.symbol());
  }),
  refresh('commands-behind-it-wait-for-it', async (t) => {
    const { socket } = await t.welcome(await t.mint({ scopes: [] }));
    socket.send({ type: 'refresh', id: 900, token: await t.mint() });
    socket.send({ type: 'subscribe', id: 901, channel: 'ticker', symbols: [t.symbol()] });
    has(await socket.take(({ id }) => id === 901, 'an answer'), { type: 'subscribed' }, 'an answer');
  }),
  refresh(
    'outlives-the-old-token',
    async (t) => {
      const { socket, endsMs } = await whileItLives(t, async (token, endsMs) => {
        const { socket } = await t.welcome(token);
        has(await socket.ask({ type: 'refresh', token: await t.mint() }), { type: 'refreshed' }, 'an answer');
        return { socket, endsMs };
      });
      while (performance.now() < endsMs + 2_000) await socket.takeType('heartbeat');
      await lives(socket);
    },
    { timeoutMs: 60_000 },
  ),
  ping('is-answered-by-a-pong-with-its-id', async (t) => {
    const { socket } = await t.welcome();
    read(Pong, await socket.ask({ type: 'ping' }), 'a pong');
  }),
  ping('without-an-id-the-pong-has-none', async (t) => {
    const { socket } = await t.welcome();
    socket.send({ type: 'ping' });
    const answer = await socket.takeType('pong');
    check(!('id' in answer), 'a pong without an id', answer);
  }),
  ping('answers-come-in-the-order-of-the-questions', async (t) => {
    const { socket } = await t.welcome();
    const ids = [501, 502, 503, 504, 505];
    for (const id of ids) socket.send({ type: 'ping', id });
    const pongs = await socket.gather(ids.length, ({ type }) => type === 'pong', 'a pong');
    same(
      pongs.map(({ id }) => id),
      ids,
      'ids',
    );
  }),
  ping(
    'server-time-never-runs-backwards',
    async (t) => {
      const { socket, welcome } = await t.welcome();
      let last = whole(welcome, 'serverTimeUs');
      for (let at = 0; at < 5; at++) {
        const next = whole(await pong(socket), 'serverTimeUs');
        check(next >= last, `a time from ${last} on`, next);
        last = next;
      }
    },
    { paragraph: 'times-and-clocks' },
  ),
  heartbeat('comes-without-asking-as-described', async (t) => {
    const { socket } = await t.welcome();
    read(Heartbeat, await socket.takeType('heartbeat'), 'a heartbeat');
  }),
  heartbeat(
    'comes-every-heartbeatMs',
    async (t) => {
      const { socket, welcome } = await t.welcome();
      await cadence(socket, {
        matches: ({ type }) => type === 'heartbeat',
        what: 'a heartbeat',
        everyMs: whole(welcome, 'heartbeatMs'),
        timeMs: (beat) => whole(beat, 'serverTimeUs') / 1_000,
      });
    },
    { timeoutMs: CADENCE_MS },
  ),
  heartbeat('has-the-epoch-of-the-welcome', async (t) => {
    const { socket, welcome } = await t.welcome();
    has(await socket.takeType('heartbeat'), { epoch: welcome['epoch'] }, 'a heartbeat');
  }),
  heartbeat('heads-are-those-of-the-subscribed-streams', async (t) => {
    const { socket } = await t.welcome();
    const symbols = [t.symbol(0)];
    await t.subscribe(socket, 'ticker', { symbols });
    const { heads } = read(Heartbeat, await socket.takeType('heartbeat'), 'a heartbeat');
    same(Object.keys(heads['ticker'] ?? {}), symbols, 'heads of');
  }),
  heartbeat(
    'head-is-the-last-number-sent',
    async (t) => {
      const { socket } = await t.welcome();
      const symbol = t.symbol();
      const snapshot = await t.ticker(socket, symbol);
      for (let beat = 0; beat < 2; beat++) {
        const beaten = await socket.takeType('heartbeat');
        const before = socket.frames.slice(0, socket.frames.indexOf(beaten));
        const last = before.filter((frame) => frame['type'] === 'ticker').at(-1) ?? snapshot;
        same(field(beaten, 'heads', 'ticker', symbol), last['seq'], `a head for ${symbol} of`);
      }
    },
    { needs: ['ticks'] },
  ),
];

/** Asks for the server's time. */
function pong(socket: Socket): Promise<Readonly<Record<string, unknown>>> {
  return socket.ask({ type: 'ping' });
}

/** @throws Broken unless the connection still answers */
export async function lives(socket: Socket): Promise<void> {
  has(await socket.ask({ type: 'ping' }), { type: 'pong' }, 'a connection that goes on');
}

async function refusedToken(
  t: Context,
  token: string | undefined,
  [code, close]: readonly [code: string, close: number],
): Promise<void> {
  const socket = await t.openNative();
  const answer = await socket.ask({ type: 'auth', ...(token !== undefined && { token }) });
  has(answer, { type: 'error', code, retryable: false }, 'an error');
  same(await socket.closed(`close ${close}`), close, 'close');
}

/** A well-formed token of a key that can't be the server's: its signature is another one's. */
async function otherKey(t: Context): Promise<string> {
  const { secret } = t.target;
  if (secret === undefined) throw new Skip('needs the secret, for a token that differs in its signature alone');
  const [token, other] = await Promise.all([t.mint(), t.mint({ user: `${t.user}-x` })]);
  return [...token.split('.').slice(0, 2), other.split('.')[2]].join('.');
}
