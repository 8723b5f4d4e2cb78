import { type Case, Skip, theme } from '../case.ts';
import { field, has, same, text, whole } from '../expect.ts';
import { cutAndMissed, LONG, MISSED, readOn, recovered } from './comingBack.ts';
import { lives } from './connection.ts';
import { CHANNELS, keysFor, tickers } from './subscribe.ts';

const resume = theme({
  dialect: 'native',
  theme: 'resume',
  paragraph: 'sequence-and-resume',
  needs: ['resume'],
});

/** Resume: everything after a cursor, or a snapshot; never a part. */
export const resumeCases: readonly Case[] = [
  resume('cursor-of-another-epoch-gets-a-snapshot', async (t) => {
    const { socket } = await t.welcome();
    const symbols = [t.symbol()];
    const answer = await t.subscribe(socket, 'ticker', {
      symbols,
      since: { epoch: 'of-another-time', seq: { [t.symbol()]: 1 } },
    });
    same(answer['recovered'], false, 'recovered');
    has(await socket.takeType('snapshot'), { symbol: t.symbol() }, 'a snapshot');
  }),
  resume('cursor-ahead-of-the-stream-gets-a-snapshot', async (t) => {
    const { socket, welcome } = await t.welcome();
    const since = { epoch: text(welcome, 'epoch'), seq: { [t.symbol()]: Number.MAX_SAFE_INTEGER - 1 } };
    const answer = await t.subscribe(socket, 'ticker', { symbols: [t.symbol()], since });
    same(answer['recovered'], false, 'recovered');
    has(await socket.takeType('snapshot'), { symbol: t.symbol() }, 'a snapshot');
  }),
  resume('cursor-that-names-none-of-the-keys-gets-a-snapshot', async (t) => {
    const { socket, welcome } = await t.welcome();
    const since = { epoch: text(welcome, 'epoch'), seq: {} };
    const answer = await t.subscribe(socket, 'ticker', { symbols: [t.symbol()], since });
    same(answer['recovered'], false, 'recovered');
    has(await socket.takeType('snapshot'), { symbol: t.symbol() }, 'a snapshot');
  }),
  resume(
    'snapshot-number-is-the-streams-head',
    async (t) => {
      const { socket } = await t.welcome();
      const head = whole(await t.ticker(socket, t.symbol()), 'seq');
      const [next] = await tickers(socket, 1);
      same(next?.['seqFrom'] ?? next?.['seq'], head + 1, 'number');
    },
    { needs: ['ticks'], paragraph: 'snapshot' },
  ),
  resume(
    'after-a-cut-everything-missed-follows',
    async (t) => {
      const { socket, since, symbol, witness } = await recovered(t, () => cutAndMissed(t));
      const came = await tickers(socket, MISSED);
      const from = since.seq[symbol] ?? 0;
      for (const [at, frame] of came.entries()) same(whole(frame, 'seq'), from + 1 + at, 'number');
      const seen = new Map(witness().map((frame) => [whole(frame, 'seq'), field(frame, 'data')]));
      for (const frame of came)
        same(field(frame, 'data'), seen.get(whole(frame, 'seq')), 'data as they were sent live');
    },
    { needs: ['ticks'] },
  ),
  resume(
    'recovered-brings-no-snapshot',
    async (t) => {
      const { socket } = await recovered(t, () => cutAndMissed(t));
      await tickers(socket, MISSED + 1);
      same(socket.of('snapshot').length, 0, 'snapshots');
    },
    { needs: ['ticks'] },
  ),
  resume(
    'what-comes-follows-what-was-missed-without-gap-or-repeat',
    async (t) => {
      const { socket, since, symbol } = await recovered(t, () => cutAndMissed(t));
      let last = since.seq[symbol] ?? 0;
      for (const frame of await tickers(socket, MISSED * 3)) {
        const seq = whole(frame, 'seq');
        same(frame['seqFrom'] ?? seq, last + 1, 'number');
        last = seq;
      }
    },
    { needs: ['ticks'] },
  ),
  resume(
    'missed-events-carry-their-own-times',
    async (t) => {
      const { socket, witness } = await recovered(t, () => cutAndMissed(t));
      const live = new Map(witness().map((frame) => [whole(frame, 'seq'), frame]));
      for (const frame of await tickers(socket, MISSED)) {
        const sent = live.get(whole(frame, 'seq'));
        for (const name of ['eventTimeUs', 'receivedTimeUs']) same(frame[name], sent?.[name], name);
      }
    },
    { needs: ['ticks'], paragraph: 'times-and-clocks' },
  ),
  resume(
    'on-the-same-connection-works-as-well',
    async (t) => {
      const { socket, since, symbol } = await recovered(t, () => readOn(t, MISSED));
      const [first] = await tickers(socket, 1);
      same(whole(first, 'seq'), (since.seq[symbol] ?? 0) + 1, 'number');
    },
    { needs: ['ticks'] },
  ),
  resume('a-key-without-a-number-gets-a-snapshot-beside-the-others', async (t) => {
    const fresh = t.symbol(1);
    const { socket } = await recovered(
      t,
      () => readOn(t, 0),
      ({ symbol }) => [symbol, fresh],
    );
    has(await socket.takeType('snapshot'), { symbol: fresh }, 'a snapshot');
  }),
  resume('without-since-it-is-not-recovered', async (t) => {
    const { socket } = await t.welcome();
    same((await t.subscribe(socket, 'ticker', { symbols: [t.symbol()] }))['recovered'], false, 'recovered');
  }),
  resume(
    'beyond-the-history-gets-a-snapshot',
    async (t) => {
      const { socket, welcome } = await t.welcome();
      const symbol = t.symbol();
      await t.ticker(socket, symbol);
      const since = { epoch: text(welcome, 'epoch'), seq: { [symbol]: 0 } };
      for (let tries = 0; tries < 2; tries++) {
        const answer = await t.subscribe(socket, 'ticker', { symbols: [symbol], since });
        if (answer['recovered'] === false) {
          has(await socket.takeType('snapshot'), { symbol }, 'a snapshot');
          return;
        }
        const [first] = await tickers(socket, LONG);
        same(whole(first, 'seq'), 1, 'the first number after 0');
        // What was missed has come; what comes now leaves the first events behind.
        await tickers(socket, LONG);
      }
      throw new Skip('the history reaches back to the first event');
    },
    { needs: ['ticks'], timeoutMs: 60_000 },
  ),
  resume(
    'permission-is-asked-for-again',
    async (t) => {
      const { socket, welcome } = await t.welcome(await t.mint({ scopes: ['orders:write'] }));
      const since = { epoch: text(welcome, 'epoch'), seq: { [t.symbol()]: 1 } };
      const answer = await socket.ask({ type: 'subscribe', channel: 'ticker', symbols: [t.symbol()], since });
      has(answer, { type: 'error', code: 'forbidden' }, 'an error');
    },
    { needs: ['secret'], paragraph: 'identity' },
  ),
  resume(
    'the-account-is-asked-for-again',
    async (t) => {
      const { socket, welcome } = await t.welcome();
      const since = { epoch: text(welcome, 'epoch'), seq: { nobodys: 1 } };
      const answer = await socket.ask({ type: 'subscribe', channel: 'order', symbols: ['nobodys'], since });
      has(answer, { type: 'error', code: 'forbidden' }, 'an error');
    },
    { needs: ['tokens', 'orders'], paragraph: 'identity' },
  ),
  resume('epoch-of-snapshot-heartbeat-and-welcome-are-one', async (t) => {
    const { socket, welcome } = await t.welcome();
    const snapshot = await t.ticker(socket, t.symbol());
    const beat = await socket.takeType('heartbeat');
    same([snapshot['epoch'], beat['epoch']], [welcome['epoch'], welcome['epoch']], 'epochs');
  }),
  ...CHANNELS.filter(
    ({ channel, keys }) =>
      ['order', 'execution', 'position', 'alert', 'pattern'].includes(channel) ||
      (keys === 'symbol' && channel.startsWith('bar')),
  ).map((row) =>
    resume(
      `${row.channel.replace('.', '-')}-at-its-head-is-recovered-without-a-snapshot`,
      async (t) => {
        const { socket, welcome, account } = await t.welcome();
        const [key = ''] = keysFor(t, row, account);
        await t.subscribe(socket, row.channel, { symbols: [key] });
        const head = whole(await socket.takeType('snapshot'), 'seq');
        const since = { epoch: text(welcome, 'epoch'), seq: { [key]: head } };
        const answer = await t.subscribe(socket, row.channel, { symbols: [key], since });
        same(answer['recovered'], true, 'recovered');
        await lives(socket);
        const after = socket.frames.slice(socket.frames.indexOf(answer));
        same(after.filter(({ type }) => type === 'snapshot').length, 0, 'snapshots');
      },
      { needs: row.needs },
    ),
  ),
];
