import { describe, expect, it } from 'vitest';
import { TapedeckClient } from './client.ts';
import type { ClientOptions } from './core.ts';
import { VirtualWorld } from './testing/virtualWorld.ts';

const ORDER = { symbol: 'AAPL', side: 'BUY', orderType: 'MARKET', quantity: '1' } as const;

async function start(options: Partial<ClientOptions> = {}) {
  const world = new VirtualWorld();
  const client = new TapedeckClient({ url: 'ws://server.test/v1/stream', pingMs: 0, ...world.ports, ...options });
  await world.settle();
  return { world, client };
}

function accepted(id: number | undefined, duplicate = false) {
  return { type: 'order.accepted', id, data: {}, duplicate };
}

describe('commands', () => {
  it('should wait for the connection, in their order, each under its own name', async () => {
    const { world, client } = await start();
    const first = client.placeOrder(ORDER);
    world.random = 0.25;
    const second = client.placeOrder(ORDER);
    const third = client.placeOrder({ ...ORDER, clientOrderId: 'mine' });
    world.socket.welcome();
    const sent = world.socket.of('order.place');
    expect(sent.map(({ clientOrderId }) => clientOrderId)).toEqual([
      '80000000'.repeat(3),
      '40000000'.repeat(3),
      'mine',
    ]);
    for (const { id } of sent) world.socket.tell(accepted(id));
    expect((await Promise.all([first, second, third])).length).toBe(3);
  });

  it('should send again under the same name what was not answered before a cut, and only that', async () => {
    const { world, client } = await start();
    world.socket.welcome();
    const answered = client.placeOrder({ ...ORDER, clientOrderId: 'answered' });
    const open = client.placeOrder({ ...ORDER, clientOrderId: 'open' });
    world.socket.tell(accepted(world.socket.of('order.place')[0]?.id));
    await answered;
    world.socket.end(1006);
    await world.pass(250);
    world.socket.welcome();
    const [again, ...others] = world.socket.of('order.place');
    expect(again?.clientOrderId).toBe('open');
    expect(others).toEqual([]);
    world.socket.tell(accepted(again?.id, true));
    expect(await open).toMatchObject({ duplicate: true });
  });

  it('should refuse what is over its bounds, with the reason', async () => {
    const { world, client } = await start({ maxCommands: 2 });
    const waiting = [client.placeOrder(ORDER), client.placeOrder(ORDER)];
    await expect(client.placeOrder({ ...ORDER, clientOrderId: 'third' })).rejects.toMatchObject({
      code: 'queue_full',
      clientOrderId: 'third',
      message: 'order.place third was not sent: 2 commands wait for an answer already',
    });
    world.socket.welcome();
    for (const { id } of world.socket.of('order.place')) world.socket.tell(accepted(id));
    await Promise.all(waiting);
  });

  it('should give up in time, and say whether the server may have heard', async () => {
    const { world, client } = await start();
    const unsent = client.placeOrder({ ...ORDER, clientOrderId: 'unsent' });
    const unsentFails = expect(unsent).rejects.toMatchObject({ code: 'not_sent', clientOrderId: 'unsent' });
    await world.pass(30_000);
    await unsentFails;
    world.socket.welcome({ heartbeatMs: 0 });
    expect(world.socket.of('order.place')).toEqual([]);
    const sent = client.placeOrder({ ...ORDER, clientOrderId: 'sent' });
    const sentFails = expect(sent).rejects.toMatchObject({ code: 'outcome_unknown' });
    await world.pass(30_000);
    await sentFails;
  });

  it("should tell the engine's reason of a refusal", async () => {
    const { world, client } = await start();
    world.socket.welcome();
    const order = client.placeOrder({ ...ORDER, clientOrderId: 'o' });
    const { id } = world.socket.of('order.place')[0] ?? {};
    const refusal = { code: 'order_rejected', reason: 'no_market', message: 'no', retryable: false, retryAfterMs: 0 };
    world.socket.tell({ type: 'error', id, ...refusal });
    await expect(order).rejects.toMatchObject({ code: 'order_rejected', reason: 'no_market', clientOrderId: 'o' });
  });

  it('should tell a refusal that was lost in a cut as one', async () => {
    const { world, client } = await start();
    world.socket.welcome();
    const order = client.placeOrder({ ...ORDER, clientOrderId: 'o' });
    world.socket.end(1006);
    await world.pass(250);
    world.socket.welcome();
    const data = { clientOrderId: 'o', status: 'REJECTED', rejectReason: 'no_market' };
    world.socket.tell({ ...accepted(world.socket.of('order.place')[0]?.id, true), data });
    await expect(order).rejects.toMatchObject({ code: 'order_rejected', reason: 'no_market', clientOrderId: 'o' });
  });

  it('should try again after the time that a busy server asks for', async () => {
    const { world, client } = await start();
    world.socket.welcome();
    const order = client.placeOrder(ORDER);
    const { id } = world.socket.of('order.place')[0] ?? {};
    world.socket.tell({ type: 'error', id, code: 'rate_limited', message: '', retryable: true, retryAfterMs: 400 });
    await world.pass(400);
    const sent = world.socket.of('order.place');
    expect(sent.length).toBe(2);
    expect(sent[1]).toEqual(sent[0]);
    world.socket.tell(accepted(id));
    await order;
  });

  it('should measure the round trip with pings, and say on each connection how one is there', async () => {
    const { world, client } = await start({ pingMs: 10_000 });
    await expect(client.ping()).rejects.toMatchObject({ code: 'not_sent' });
    world.socket.welcome({ heartbeatMs: 0 });
    await world.pass(0);
    world.nowMs += 7;
    world.socket.tell({ type: 'pong', id: world.socket.of('ping')[0]?.id, serverTimeUs: 1 });
    await world.settle();
    expect(client.latency.current).toBe(7);
    const set = client.setPresence('away');
    world.socket.tell({ type: 'presence.accepted', id: world.socket.of('presence.set')[0]?.id, state: 'away' });
    await set;
    await world.pass(10_000);
    expect(world.socket.of('ping').length).toBe(2);
    world.socket.end(1006);
    await world.pass(250);
    world.socket.welcome();
    expect(world.socket.of('presence.set')).toMatchObject([{ state: 'away' }]);
  });
});
