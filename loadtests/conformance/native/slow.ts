import { type Case, theme } from '../case.ts';
import type { Context } from '../context.ts';
import { check, type Frame, field, has, list, same, text, whole } from '../expect.ts';
import type { Socket } from '../socket.ts';

/** Much longer than the patience with a socket over its hard limit: the lists take a slow server a while. */
const TIMEOUT_MS = 120_000;
const slow = theme({
  dialect: 'native',
  theme: 'slow',
  paragraph: 'classes-and-slow-readers',
  needs: ['orders', 'presence', 'secret'],
  timeoutMs: TIMEOUT_MS,
});

/** Sockets that place the account's orders, and how many each places: below the burst of commands. */
const PLACERS = 2;
const ORDERS_EACH = 180;
/** Lists of all those orders, of 100 KB each: more than the buffers of a few connections in a row and the hard limit hold. */
const LISTS = 180;
/** Orders placed while the reader reads nothing. */
const MEANWHILE = 5;

/** What readers who take too little are promised. */
export const slowCases: readonly Case[] = [
  slow('a-reader-that-takes-nothing-is-closed-with-4008', async (t) => {
    const { reader } = await clog(t);
    same(await reader.closed('close 4008'), 4008, 'the close code');
  }),
  slow('what-it-got-has-no-hole-and-a-resume-brings-the-rest', async (t) => {
    const { reader, epoch, account, first } = await clog(t);
    await reader.closed('close 4008');
    const before = seqs(reader);
    const { socket } = await t.welcome();
    const since = { epoch, seq: { [account]: before.at(-1) ?? first } };
    const answer = await t.subscribe(socket, 'order', { since });
    has(answer, { recovered: true }, 'an answer');
    const [last] = await placeMany(t, socket, 1);
    await socket.take((frame) => isEvent(frame) && ofOrder(frame) === last, 'the event of the last order');
    const all = [...before, ...seqs(socket)];
    same(
      all,
      all.map((_, at) => first + 1 + at),
      'numbers without a hole or a repeat',
    );
    check(all.length === MEANWHILE + 1, `${MEANWHILE + 1} events`, all);
  }),
];

/** Lets a reader of class A take nothing until the server has ended it, and read on then. */
async function clog(t: Context): Promise<{
  readonly reader: Socket;
  readonly epoch: string;
  readonly account: string;
  /** Number of the last event before the reader paused. */
  readonly first: number;
}> {
  const placers = await Promise.all(Array.from({ length: PLACERS }, () => t.welcome()));
  await Promise.all(placers.map(({ socket }) => placeMany(t, socket, ORDERS_EACH)));
  const { socket: reader, account } = await t.welcome();
  await t.subscribe(reader, 'order');
  const snapshot = await reader.takeType('snapshot');
  const { socket: watcher } = await t.welcome();
  // The reader is the only one of this user on this channel: its end shows.
  await t.subscribe(reader, 'portfolio');
  await t.subscribe(watcher, 'presence', { symbols: ['portfolio'] });
  const present = await watcher.take((frame) => isAmong(t.user, frame) === true, 'the reader among those present');
  reader.pause();
  for (let sent = 0; sent < LISTS; sent++) reader.send({ type: 'get', what: 'orders' });
  await placeMany(t, watcher, MEANWHILE);
  await watcher.take((frame) => isAmong(t.user, frame) === false, 'the end of a reader that takes nothing', {
    behind: present,
  });
  reader.resume();
  return { reader, account, epoch: text(snapshot, 'epoch'), first: whole(snapshot, 'seq') };
}

/** Places orders that rest; resolves with their names when all are acknowledged. */
async function placeMany(t: Context, socket: Socket, count: number): Promise<string[]> {
  const terms = { symbol: t.symbol(), side: 'BUY', orderType: 'LIMIT', quantity: '1', limitPrice: '1.00' };
  const names = Array.from({ length: count }, () => t.unique());
  for (const clientOrderId of names) socket.send({ type: 'order.place', clientOrderId, ...terms });
  await socket.gather(count, ({ type }) => type === 'order.accepted', 'answers to orders');
  return names;
}

/** Whether a frame tells that the user is, or isn't, on the channel; undefined for frames that tell nothing of it. */
function isAmong(user: string, frame: Frame): boolean | undefined {
  const isSnapshot = frame['type'] === 'snapshot' && frame['channel'] === 'presence';
  if (!isSnapshot && frame['type'] !== 'presence') return undefined;
  const users = isSnapshot ? list(frame, 'data') : list(frame, 'users');
  return users.some((present) => field(present, 'user') === user);
}

function isEvent({ type, seq }: Frame): boolean {
  return type === 'order' && seq !== undefined;
}

function ofOrder(frame: Frame): unknown {
  return field(frame, 'data', 'clientOrderId');
}

function seqs(socket: Socket): number[] {
  return socket.frames.filter(isEvent).map((frame) => whole(frame, 'seq'));
}
