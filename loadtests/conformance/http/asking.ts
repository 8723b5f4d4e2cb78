import type { Context } from '../context.ts';
import { check, type Frame, has, same, shown, text, whole } from '../expect.ts';
import type { HttpAnswer } from '../http.ts';

/** @throws Broken unless it is a problem document of that status and code; returns it */
export function problem(answer: HttpAnswer, status: number, code?: string): Frame {
  same(answer.status, status, 'HTTP');
  check(
    shown(answer.headers['content-type']).includes('application/problem+json'),
    'a problem document',
    answer.headers,
  );
  has(answer.body, { status, ...(code !== undefined && { code }) }, 'a problem');
  return Object.fromEntries(Object.entries(answer.body ?? {}));
}

export function terms(t: Context): Frame {
  return { clientOrderId: t.unique(), symbol: t.symbol(), side: 'BUY', orderType: 'MARKET', quantity: '1' };
}

export async function place(
  t: Context,
  more: Frame = {},
): Promise<{ readonly clientOrderId: string; readonly answer: HttpAnswer }> {
  const order = { ...terms(t), ...more };
  const answer = await t.http({ method: 'POST', path: '/api/orders', body: order });
  return { clientOrderId: text(order, 'clientOrderId'), answer };
}

export function since(t: Context, cursors: unknown, waitMs?: number): Promise<HttpAnswer> {
  const wait = waitMs === undefined ? '' : `&waitMs=${waitMs}`;
  return t.http({ path: `/api/poll?since=${encodeURIComponent(JSON.stringify(cursors))}${wait}` });
}

/** Where a stream stands, as a cursor. */
export async function headOf(t: Context, channel: string, key: string): Promise<unknown> {
  const { socket, welcome } = await t.welcome();
  await t.subscribe(socket, channel, { symbols: [key] });
  const head = whole(await socket.takeType('snapshot'), 'seq');
  return { [channel]: { epoch: text(welcome, 'epoch'), seq: { [key]: head } } };
}

export async function publisher(t: Context): Promise<Readonly<Record<string, string>>> {
  return { authorization: `Bearer ${await t.mint({ scopes: ['system:publish'] })}` };
}
