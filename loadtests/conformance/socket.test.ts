import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Frame } from './expect.ts';
import type { Socket } from './socket.ts';
import { type Scripted, startScripted } from './testing/scripted.ts';

const KINDS = ['presence', 'answer', 'ticker', 'heartbeat'] as const;
let server: Scripted | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** A connection to a server that sends what it is asked to: frames before the answer, and frames behind it. */
async function echoing(): Promise<{
  readonly socket: Socket;
  readonly bring: (frames: {
    readonly before?: readonly Frame[];
    readonly behind?: readonly Frame[];
  }) => Promise<Frame>;
}> {
  server ??= await startScripted(() => ({ id, before, behind }, tell) => {
    for (const frame of [before].flat()) tell(Object(frame));
    tell({ type: 'done', id });
    for (const frame of [behind].flat()) tell(Object(frame));
  });
  const socket = await server.context.openNative();
  const bring: Awaited<ReturnType<typeof echoing>>['bring'] = ({ before = [], behind = [] }) =>
    socket.ask({ type: 'bring', before, behind });
  return { socket, bring };
}

describe('waiting for frames', () => {
  it('should find each kind, in whatever order they come and are waited for, begun before or after', async () => {
    const orders = fc.shuffledSubarray([...KINDS], { minLength: KINDS.length });
    await fc.assert(
      fc.asyncProperty(orders, orders, fc.nat(KINDS.length), async (coming, waited, early) => {
        const { socket, bring } = await echoing();
        const begun = waited.slice(0, early).map((type) => socket.takeType(type));
        await bring({ behind: coming.map((type) => ({ type })) });
        const found = [...(await Promise.all(begun))];
        for (const type of waited.slice(early)) found.push(await socket.takeType(type));
        expect(found).toEqual(waited.map((type) => ({ type })));
        socket.cut();
      }),
      { numRuns: 100 },
    );
  });

  it('should leave to others what a gathering passes over, and give each frame once', async () => {
    const { socket, bring } = await echoing();
    const frames = [1, 2, 3].flatMap((n) => [
      { type: 'answer', n },
      { type: 'presence', n },
    ]);
    await bring({ behind: frames });

    const answers = await socket.gather(3, ({ type }) => type === 'answer', 'answers');
    const presence = [await socket.takeType('presence'), ...(await socket.gather(2, () => true, 'the rest'))];

    expect(answers.map(({ n }) => n)).toEqual([1, 2, 3]);
    expect(presence).toEqual(frames.filter(({ type }) => type === 'presence'));
  });

  it('should take what came before an answer for the past, but for waits that had begun', async () => {
    const { socket, bring } = await echoing();
    const begun = socket.takeType('heartbeat');
    await bring({
      before: [
        { type: 'heartbeat', n: 1 },
        { type: 'heartbeat', n: 2 },
      ],
    });
    await bring({ behind: [{ type: 'heartbeat', n: 3 }] });

    expect(await begun).toMatchObject({ n: 1 });
    expect(await socket.takeType('heartbeat')).toMatchObject({ n: 3 });
    expect(await socket.first(({ n }) => n === 2, 'the one of the past')).toMatchObject({ n: 2 });
  });

  it('should look only behind a frame when told to', async () => {
    const { socket, bring } = await echoing();
    await bring({ behind: [{ type: 'ticker', n: 1 }, { type: 'error' }, { type: 'ticker', n: 2 }] });

    const behind = await socket.takeType('error');

    expect(await socket.takeType('ticker', { behind })).toMatchObject({ n: 2 });
    expect(await socket.takeType('ticker')).toMatchObject({ n: 1 });
  });

  it('should say how much of a gathering came when the connection ends', async () => {
    const { socket, bring } = await echoing();
    await bring({ behind: [{ type: 'answer' }] });
    const gathering = socket.gather(2, ({ type }) => type === 'answer', 'answers');
    const told = expect(gathering).rejects.toMatchObject({ expected: 'answers (1 of 2)' });

    socket.cut();

    await told;
  });
});
