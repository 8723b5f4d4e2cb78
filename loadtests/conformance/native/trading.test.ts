import { afterEach, describe, expect, it } from 'vitest';
import type { Frame } from '../expect.ts';
import { type Script, type Scripted, startScripted } from '../testing/scripted.ts';
import { sellStop } from './trading.ts';

/** A market that rises past five prices: a stop below it goes to the last but one of them. */
const RISE = [100, 101, 102, 103, 104, 105];
const STOP = 103;
const REFUSAL = { type: 'error', code: 'order_rejected', reason: 'wrong_side_of_market' };
let server: Scripted | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

interface Market {
  /** Prices before an order that is refused, and behind one that is accepted, by the number of the try; the last for all that follow. */
  readonly meanwhile: readonly (readonly number[])[];
  /** How it answers, likewise. */
  readonly answers: readonly Frame[];
  readonly more?: Frame;
}

/** Places a stop in a market that goes on before the order is read; returns how often it was tried. */
async function tries({ meanwhile, answers, more = {} }: Market): Promise<number> {
  let count = 0;
  server = await startScripted((): Script => {
    let seq = 0;
    const at = <T>(list: readonly T[]): T | undefined => list[Math.min(count, list.length) - 1];
    return ({ type, id, clientOrderId }, tell) => {
      const tickers = (prices: readonly number[], own: Frame = {}): void => {
        for (const last of prices) tell({ type: 'ticker', seq: ++seq, receivedTimeUs: seq, data: { last }, ...own });
      };
      if (type === 'subscribe') {
        tell({ type: 'subscribed', id, channel: 'ticker' });
        tell({ type: 'snapshot', channel: 'ticker', symbol: 'X', seq });
        tickers(RISE);
      } else if (type === 'order.place') {
        count++;
        const [answer, prices] = [at(answers), at(meanwhile) ?? []];
        const data = { clientOrderId };
        tell({ ...answer, id, data });
        const isAccepted = answer?.['type'] === 'order.accepted';
        if (isAccepted) tell({ type: 'order', reason: 'accepted', tickSeq: seq, data });
        // Tickers may be behind an answer that was made when they were known.
        tickers(prices, more);
        const isThere = prices.some((price) => price <= STOP);
        if (isAccepted && isThere) tell({ type: 'order', reason: 'triggered', tickSeq: seq, data });
      } else {
        tell({ type: 'pong', id, serverTimeUs: seq });
        tickers([105]);
      }
    };
  });
  const { socket } = await server.context.welcome();
  await sellStop(server.context, socket);
  return count;
}

const ACCEPTED = { type: 'order.accepted' };

describe('a stop near the market', () => {
  it('should be placed once where the market stays above it', async () => {
    expect(await tries({ meanwhile: [[106, STOP]], answers: [ACCEPTED] })).toBe(1);
  });

  it('should be asked for again where the market was there before it', async () => {
    const meanwhile = [[104, 101, 104], [STOP], [STOP]];
    expect(await tries({ meanwhile, answers: [REFUSAL, REFUSAL, ACCEPTED] })).toBe(3);
  });

  it('should be asked for again where conflated tickers may hide that the market was there', async () => {
    const market = { meanwhile: [[104], [STOP]], answers: [REFUSAL, ACCEPTED], more: { seqFrom: 1 } };
    expect(await tries(market)).toBe(2);
  });

  it('should not be refused where the market never was there', async () => {
    await expect(tries({ meanwhile: [[104, 103.5]], answers: [REFUSAL, ACCEPTED] })).rejects.toMatchObject({
      expected: expect.stringContaining('no trade there'),
    });
  });

  it('should be left for another where the market leaves before it is there', async () => {
    const meanwhile = [Array.from({ length: 151 }, () => 106), [STOP]];
    expect(await tries({ meanwhile, answers: [ACCEPTED] })).toBe(2);
  });

  it('should not be refused for another reason', async () => {
    const answers = [{ ...REFUSAL, reason: 'bad_price' }, ACCEPTED];
    await expect(tries({ meanwhile: [[101]], answers })).rejects.toMatchObject({ expected: 'order.accepted' });
  });

  it('should not be refused again and again', async () => {
    await expect(tries({ meanwhile: [[101]], answers: [REFUSAL] })).rejects.toMatchObject({
      expected: 'order.accepted',
    });
  });
});
