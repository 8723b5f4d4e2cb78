import { Type } from '@sinclair/typebox';
import { Broken } from '../case.ts';
import type { Context } from '../context.ts';
import { type Frame, has, same } from '../expect.ts';
import { type Socket, UpgradeRefused } from '../socket.ts';

/** ms since the epoch: a time in s or µs is told from it by its size. */
export const Ms = Type.Integer({ minimum: 1e12, maximum: 1e14 });

/** @throws Broken unless the upgrade is refused with that status */
export async function refusedUpgrade(opening: Promise<Socket>, status: number): Promise<UpgradeRefused> {
  try {
    await opening;
  } catch (error) {
    if (!(error instanceof UpgradeRefused)) throw error;
    same(error.status, status, 'HTTP');
    return error;
  }
  throw new Broken(`HTTP ${status} before the upgrade`, 'an open connection');
}

/** Places an order to buy one at the market over the native stream, as the same user; returns its name. */
export async function buyOne(t: Context, more: Frame = {}): Promise<string> {
  const { socket } = await t.welcome();
  const clientOrderId = t.unique();
  const order = { clientOrderId, symbol: t.symbol(), side: 'BUY', orderType: 'MARKET', quantity: '1' };
  const answer = await socket.ask({ type: 'order.place', ...order, ...more });
  has(answer, { type: 'order.accepted' }, 'an accepted order');
  return clientOrderId;
}
