import { type Case, theme } from '../case.ts';
import type { Context } from '../context.ts';
import { field, has, list, same, text, whole } from '../expect.ts';
import { isFarBeyond, MOST_TRIES } from '../native/comingBack.ts';
import { headOf, place, problem, since } from './asking.ts';

const poll = theme({ dialect: 'http', theme: 'poll', paragraph: 'polling', needs: ['routes'] });

/** Polls, which are resumes. */
export const pollCases: readonly Case[] = [
  poll(
    'from-the-head-brings-nothing-and-the-same-cursor',
    async (t) => {
      const cursor = await headOf(t, 'order', (await t.welcome()).account);
      const { status, body } = await since(t, cursor);
      same(status, 200, 'HTTP');
      same(field(body, 'cursor'), cursor, 'the cursor');
    },
    { needs: ['orders'] },
  ),
  poll(
    'brings-what-came-after-the-cursor',
    async (t) => {
      const { account } = await t.welcome();
      const cursor = await headOf(t, 'order', account);
      const { clientOrderId } = await place(t);
      const { body } = await since(t, cursor);
      const frames = list(body, 'channels', 'order', account);
      same(
        frames.map((frame) => field(frame, 'reason')),
        ['accepted', 'filled'],
        'reasons',
      );
      for (const frame of frames) same(field(frame, 'data', 'clientOrderId'), clientOrderId, 'the order');
    },
    { needs: ['orders', 'ticks'] },
  ),
  poll(
    'goes-on-from-its-own-cursor-without-gap-or-repeat',
    async (t) => {
      const symbol = t.symbol();
      let cursor: unknown = await headOf(t, 'ticker', symbol);
      let last = whole(cursor, 'ticker', 'seq', symbol);
      for (let polls = 0, stalls = 0; polls < 3; ) {
        const { body } = await since(t, cursor, 2_000);
        const frames = list(body, 'channels', 'ticker', symbol);
        if (stalls < MOST_TRIES && isStateFarBeyond(frames[0], last)) {
          stalls++;
          last = whole(frames.at(-1), 'seq');
        } else {
          polls++;
          last = follow(frames, last);
        }
        cursor = field(body, 'cursor');
        same(whole(cursor, 'ticker', 'seq', symbol), last, 'the cursor');
      }
    },
    { needs: ['ticks'] },
  ),
  poll('of-another-epoch-brings-a-snapshot', async (t) => {
    const symbol = t.symbol();
    const { body } = await since(t, { ticker: { epoch: 'of-another-time', seq: { [symbol]: 1 } } });
    has(list(body, 'channels', 'ticker', symbol)[0], { type: 'snapshot', symbol }, 'a snapshot');
  }),
  poll(
    'takes-the-place-of-a-cut-socket',
    async (t) => {
      const symbol = t.symbol();
      for (let stalls = 0; ; stalls++) {
        const { socket, welcome } = await t.welcome();
        await t.ticker(socket, symbol);
        const seq = whole(await socket.takeType('ticker'), 'seq');
        socket.cut();
        const first = await nextBehind(t, { epoch: text(welcome, 'epoch'), symbol, seq });
        if (stalls < MOST_TRIES && isStateFarBeyond(first, seq)) continue;
        same(field(first, 'seqFrom') ?? field(first, 'seq'), seq + 1, 'number');
        return;
      }
    },
    { needs: ['ticks'] },
  ),
  poll('of-an-unknown-channel-is-400', async (t) => {
    problem(await since(t, { nonesuch: { epoch: 'e', seq: { a: 1 } } }), 400, 'unknown_channel');
  }),
  poll('of-an-unknown-symbol-is-404', async (t) => {
    problem(await since(t, { ticker: { epoch: 'e', seq: { NONESUCH: 1 } } }), 404, 'unknown_symbol');
  }),
  poll(
    'of-another-account-is-403',
    async (t) => {
      problem(await since(t, { order: { epoch: 'e', seq: { 'somebody-elses': 1 } } }), 403, 'forbidden');
    },
    { needs: ['tokens', 'orders'] },
  ),
  poll('without-since-is-400', async (t) => {
    problem(await t.http({ path: '/api/poll' }), 400, 'bad_message');
  }),
  poll('with-a-since-that-is-not-json-is-400', async (t) => {
    problem(await t.http({ path: '/api/poll?since=hello' }), 400);
  }),
];

/** The last number of tickers that follow one without a gap. @throws Broken for a gap */
function follow(frames: readonly unknown[], before: number): number {
  let last = before;
  for (const frame of frames) {
    same(field(frame, 'seqFrom') ?? field(frame, 'seq'), last + 1, 'number');
    last = whole(frame, 'seq');
  }
  return last;
}

/** Whether a poll brought a state, since a stall of the machine has carried the stream beyond a short history. */
function isStateFarBeyond(frame: unknown, seq: number): boolean {
  return field(frame, 'type') === 'snapshot' && isFarBeyond(whole(frame, 'seq'), seq);
}

/** The first frame of a ticker that polls bring behind a number. */
async function nextBehind(
  t: Context,
  { epoch, symbol, seq }: { readonly epoch: string; readonly symbol: string; readonly seq: number },
): Promise<unknown> {
  for (;;) {
    const { body } = await since(t, { ticker: { epoch, seq: { [symbol]: seq } } }, 2_000);
    const [first] = list(body, 'channels', 'ticker', symbol);
    if (first !== undefined) return first;
  }
}
