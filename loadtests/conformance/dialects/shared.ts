import { Type } from '@sinclair/typebox';
import { Broken, type Case, type theme } from '../case.ts';
import type { Context, OpenOptions } from '../context.ts';
import { type Frame, has, same } from '../expect.ts';
import { type Socket, UpgradeRefused } from '../socket.ts';

/** ms since the epoch: a time in s or µs is told from it by its size. */
export const Ms = Type.Integer({ minimum: 1e12, maximum: 1e14 });

/** A position and a portfolio in plain numbers, as AI-Trading-V2 and PaiiD tell them. */
export const PlainPosition = Type.Object({
  symbol: Type.String(),
  quantity: Type.Number(),
  average_price: Type.Number(),
  current_price: Type.Number(),
  unrealized_pnl: Type.Number(),
  realized_pnl: Type.Number(),
});
export const PlainPortfolio = Type.Object({
  cash: Type.Number(),
  equity: Type.Number(),
  unrealized_pnl: Type.Number(),
  realized_pnl: Type.Number(),
});

/** The cases of an endpoint that takes its token with the upgrade alone: a bad one, or none, is refused with 401. */
export function tokenCases(
  make: ReturnType<typeof theme>,
  open: (context: Context, options: OpenOptions) => Promise<Socket>,
  own: { readonly paragraph?: string } = {},
): readonly Case[] {
  return [
    ...(['header', 'query'] as const).map((tokenIn) =>
      make(
        `a-bad-token-in-the-${tokenIn}-is-401`,
        async (t) => {
          await refusedUpgrade(open(t, { token: 'nonsense', tokenIn }), 401);
        },
        own,
      ),
    ),
    make(
      'no-token-where-one-is-needed-is-401',
      async (t) => {
        await refusedUpgrade(open(t, { token: null }), 401);
      },
      { ...own, needs: ['tokens'] },
    ),
  ];
}

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
