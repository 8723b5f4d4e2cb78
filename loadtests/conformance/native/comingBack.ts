import type { Context } from '../context.ts';
import { check, type Frame, same, text, whole } from '../expect.ts';
import type { Socket } from '../socket.ts';
import { tickers } from './subscribe.ts';

/** Events that a client misses. */
export const MISSED = 5;
/** Events after which a short history doesn't reach back. */
export const LONG = 70;
/** Times that a machine may stall while the stream leaves a cursor behind. */
export const MOST_TRIES = 5;

/** A cursor in the stream of a symbol, and the connection that is to subscribe with it. */
export interface Aim {
  readonly socket: Socket;
  readonly symbol: string;
  readonly since: { readonly epoch: string; readonly seq: Readonly<Record<string, number>> };
}

/**
 * Subscribes with a cursor that a sound server's history reaches. Where a stall has carried the stream far beyond it, another
 * is made.
 *
 * @throws Broken when what was missed isn't brought though it is little, or never is
 */
export async function recovered<A extends Aim>(
  t: Context,
  aim: () => Promise<A>,
  symbolsOf: (aim: A) => readonly string[] = ({ symbol }) => [symbol],
): Promise<A & { readonly answer: Frame }> {
  for (let tries = 1; ; tries++) {
    const made = await aim();
    const { socket, symbol, since } = made;
    const answer = await t.subscribe(socket, 'ticker', { symbols: symbolsOf(made), since });
    if (answer['recovered'] === true) return { ...made, answer };
    const isState = (frame: Frame): boolean => frame['type'] === 'snapshot' && frame['symbol'] === symbol;
    const head = whole(await socket.take(isState, `a snapshot of ${symbol}`), 'seq');
    if (tries === MOST_TRIES || !isFarBeyond(head, since.seq[symbol])) same(answer['recovered'], true, 'recovered');
  }
}

/** Whether a stream has gone on so far beyond a number that a short history doesn't reach back to it. */
export function isFarBeyond(head: number, seq = 0): boolean {
  return head - seq > LONG;
}

/** A client that read up to a number and was cut, one that comes in its place, and another that saw what it missed since. */
export async function cutAndMissed(t: Context): Promise<Aim & { readonly witness: () => Frame[] }> {
  const symbol = t.symbol();
  const [{ socket: cut, welcome }, back, other] = await Promise.all([t.welcome(), t.welcome(), t.welcome()]);
  const [, head] = await Promise.all([t.ticker(cut, symbol), t.ticker(other.socket, symbol)]);
  // From here on the other one sees what this one will have missed.
  const isSeen = (frame: Frame): boolean => frame['type'] === 'ticker' && whole(frame, 'seq') > whole(head, 'seq');
  const seq = whole(await cut.take(isSeen, 'a ticker'), 'seq');
  cut.cut();
  await other.socket.take((frame) => frame['type'] === 'ticker' && whole(frame, 'seq') >= seq + MISSED, 'tickers');
  check(other.socket.of('ticker').length > MISSED, `${MISSED} tickers that were missed`, other.socket.frames.length);
  return {
    socket: back.socket,
    symbol,
    since: { epoch: text(welcome, 'epoch'), seq: { [symbol]: seq } },
    witness: () => other.socket.of('ticker'),
  };
}

/** A client that has read so many tickers and stays. */
export async function readOn(t: Context, count: number): Promise<Aim> {
  const { socket, welcome } = await t.welcome();
  const symbol = t.symbol();
  const head = whole(await t.ticker(socket, symbol), 'seq');
  await tickers(socket, count);
  return { socket, symbol, since: { epoch: text(welcome, 'epoch'), seq: { [symbol]: head } } };
}
