import { type Case, Skip, theme } from '../case.ts';
import type { Context } from '../context.ts';
import { check, type Frame, field, list, read, same, text, whole } from '../expect.ts';
import { Shutdown } from '../shapes.ts';
import type { Target } from '../target.ts';

const drain = theme({
  dialect: 'native',
  theme: 'drain',
  paragraph: 'drain',
  needs: ['orders', 'restart'],
  timeoutMs: 60_000,
});

const LONGEST_DRAIN_MS = 5_000;
/** What a slow machine may take to tell. */
const SLACK_MS = 1_000;
const TERMS = { side: 'BUY', orderType: 'LIMIT', quantity: '1', limitPrice: '1.00' };

/** One restart as two clients saw it, one of which came back. */
interface Drain {
  /** What each client was told of the stop. */
  readonly notices: readonly (Frame | undefined)[];
  readonly closeCodes: readonly number[];
  /** From the order to stop to the last close. */
  readonly tookMs: number;
  readonly epochs: { readonly before: string; readonly after: string };
  /** The order that was acknowledged just before. */
  readonly order: { readonly name: string; readonly wasTold: boolean };
  /** Number of the last event before, by which the client came back. */
  readonly lastSeq: number;
  /** The answer to the subscription with that cursor, and what came on it. */
  readonly resumed: { readonly answer: Frame; readonly frames: readonly Frame[] };
  /** Names of the open orders afterwards. */
  readonly openOrders: readonly unknown[];
}

/** All cases of one run look at the same restart. */
const drains = new WeakMap<Target, Promise<Drain>>();

/** What a server promises that is told to stop. */
export const drainCases: readonly Case[] = [
  drain('every-client-is-told-when-to-come-back', async (t) => {
    for (const notice of (await observed(t)).notices) {
      check(notice !== undefined, 'a system notice of the shutdown', 'none before the close');
      read(Shutdown, notice, 'a notice');
    }
  }),
  drain('each-socket-is-closed-with-4001', async (t) => {
    same((await observed(t)).closeCodes, [4001, 4001], 'the close codes');
  }),
  drain('is-over-within-5-s', async (t) => {
    const { tookMs } = await observed(t);
    check(tookMs < LONGEST_DRAIN_MS + SLACK_MS, `at most ${LONGEST_DRAIN_MS} ms`, `${Math.round(tookMs)} ms`);
  }),
  drain('what-was-acknowledged-is-told-before-the-close', async (t) => {
    const { order } = await observed(t);
    check(order.wasTold, `the event of the order ${order.name}`, 'the close, without it');
  }),
  drain('a-cursor-from-before-goes-on-or-gets-a-snapshot', async (t) => {
    const { resumed, lastSeq, epochs } = await observed(t);
    const { answer, frames } = resumed;
    if (answer['recovered'] === true) {
      same(epochs.after, epochs.before, 'the epoch, since the cursor was taken');
      const seqs = frames.filter(({ type }) => type === 'order').map((frame) => whole(frame, 'seq'));
      check(seqs.length > 0, 'the event of an order placed afterwards', frames.at(-1));
      same(
        seqs,
        seqs.map((_, at) => lastSeq + 1 + at),
        'the numbers behind the cursor',
      );
    } else {
      const snapshot = frames.find(({ type }) => type === 'snapshot');
      check(snapshot !== undefined, 'a snapshot', answer);
      same(field(snapshot, 'epoch'), epochs.after, 'the epoch');
    }
  }),
  drain('an-epoch-that-goes-on-has-its-orders', async (t) => {
    const { epochs, openOrders, order } = await observed(t);
    if (epochs.before !== epochs.after) throw new Skip('the server keeps no journal: it began a new epoch');
    check(openOrders.includes(order.name), `the order ${order.name}`, openOrders);
  }),
];

function observed(t: Context): Promise<Drain> {
  const known = drains.get(t.target);
  if (known !== undefined) return known;
  const drained = observe(t);
  drains.set(t.target, drained);
  return drained;
}

async function observe(t: Context): Promise<Drain> {
  const { target } = t;
  const { socket, welcome, account } = await t.welcome();
  const { socket: other } = await t.welcome();
  const symbol = t.symbol();
  await t.subscribe(socket, 'order');
  await socket.takeType('snapshot');
  const name = t.unique();
  await socket.ask({ type: 'order.place', clientOrderId: name, symbol, ...TERMS });
  const startedMs = performance.now();
  const isBack = target.restart?.();
  const closeCodes = await Promise.all([socket, other].map((one) => one.closed('the close of a drain')));
  const tookMs = performance.now() - startedMs;
  await isBack;
  const before = socket.of('order');
  const after = await t.welcome();
  const epochs = { before: text(welcome, 'epoch'), after: text(after.welcome, 'epoch') };
  const lastSeq = Math.max(0, ...before.map((frame) => whole(frame, 'seq')));
  const since = { epoch: epochs.before, seq: { [account]: lastSeq } };
  const answer = await t.subscribe(after.socket, 'order', { since });
  if (answer['recovered'] !== true) await after.socket.takeType('snapshot');
  await after.socket.ask({ type: 'order.place', clientOrderId: t.unique(), symbol, ...TERMS });
  await after.socket.takeType('order');
  const open = await after.socket.ask({ type: 'get', what: 'orders' });
  return {
    notices: [socket, other].map((one) => one.of('system').find(({ code }) => code === 'shutdown')),
    closeCodes,
    tookMs,
    epochs,
    order: { name, wasTold: before.some((frame) => field(frame, 'data', 'clientOrderId') === name) },
    lastSeq,
    resumed: { answer, frames: after.socket.frames },
    openOrders: list(open, 'data').map((order) => field(order, 'clientOrderId')),
  };
}
