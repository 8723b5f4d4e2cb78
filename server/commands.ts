import type { CommandOutcome } from '../market/types.ts';
import type { Refusal } from '../protocol/codecs/json.ts';
import type {
  GetFrame,
  OrderCancelFrame,
  OrderPlaceFrame,
  SubscribeFrame,
  UnsubscribeFrame,
} from '../protocol/messages.ts';
import type { ClientRequest } from './dialects/dialect.ts';
import type { AccountChannel } from './hub/accountFeed.ts';
import { type Claims, mayUseAccount } from './identity.ts';
import type { Session, SessionServices } from './session.ts';
import { orderData, placeCommand } from './wire.ts';

/** Who commands, and what the command may touch. */
export interface CommandContext extends SessionServices {
  readonly session: Session;
  readonly claims: Claims;
}

/** A client's request once it is known who asks. */
export type Command = Exclude<ClientRequest, { readonly type: 'auth' | 'refusal' }>;

/** Carries out one command of a session and answers it; orders are answered after the engine's next turn. */
export function runCommand(context: CommandContext, command: Command): void {
  const { session, clock } = context;
  switch (command.type) {
    case 'ping':
      session.tell({ type: 'pong', ...idOf(command), serverTimeUs: clock.nowUs() });
      return;
    case 'subscribe':
      subscribe(context, command);
      return;
    case 'unsubscribe':
      unsubscribe(context, command);
      return;
    case 'order.place':
      place(context, command);
      return;
    case 'order.cancel':
      cancel(context, command);
      return;
    case 'get':
      get(context, command);
      return;
    default:
      refuse(context, command, { code: 'unknown_type', message: `${command.type} isn't served yet` });
  }
}

function get(context: CommandContext, { what, ...frame }: GetFrame): void {
  const { session, book, claims, clock } = context;
  const answer = { type: 'result', ...idOf(frame), key: claims.account, serverTimeUs: clock.nowUs() } as const;
  if (what === 'positions') session.tell({ ...answer, what, data: book.positions(claims.account) });
  if (what === 'portfolio') session.tell({ ...answer, what, data: book.portfolio(claims.account) });
}

function subscribe(context: CommandContext, frame: SubscribeFrame): void {
  const { channel } = frame;
  if (channel === 'ticker') subscribeTickers(context, frame);
  else if (channel === 'order' || channel === 'execution') subscribeAccounts(context, frame, channel);
  else answerSubscribed(context, frame, { symbols: [], recovered: false });
}

function subscribeTickers(context: CommandContext, frame: SubscribeFrame): void {
  const { session, hub, limits, claims } = context;
  if (!claims.scopes.includes('market:read')) {
    refuse(context, frame, { code: 'forbidden', message: 'the channel ticker needs the scope market:read' });
    return;
  }
  const symbols = [...new Set(frame.symbols ?? [])];
  const indices = indicesOf(context, frame, symbols);
  if (indices === undefined) return;
  const { tickers } = session.subscriber;
  const added = indices.filter((index) => !tickers.has(index)).length;
  if (tickers.size + added > limits.maxSymbolsPerSocket) {
    refuse(context, frame, {
      code: 'too_many_symbols',
      message: `a socket may have ${limits.maxSymbolsPerSocket} symbols, this would make ${tickers.size + added}`,
    });
    return;
  }
  hub.subscribeTickers(session.subscriber, { symbols: indices, since: frame.since }, (recovered) => {
    answerSubscribed(context, frame, { symbols, recovered });
  });
}

/** Indices of the symbols, or undefined after a refusal. */
function indicesOf(
  context: CommandContext,
  frame: SubscribeFrame | UnsubscribeFrame,
  symbols: readonly string[],
): number[] | undefined {
  if (symbols.length === 0) {
    refuse(context, frame, { code: 'bad_message', message: 'the channel ticker needs "symbols"' });
    return undefined;
  }
  const indices: number[] = [];
  for (const symbol of symbols) {
    const instrument = context.book.instrument(symbol);
    if (instrument === undefined) {
      refuse(context, frame, { code: 'unknown_symbol', message: `unknown symbol ${JSON.stringify(symbol)}` });
      return undefined;
    }
    indices.push(instrument.index);
  }
  return indices;
}

function subscribeAccounts(context: CommandContext, frame: SubscribeFrame, channel: AccountChannel): void {
  const { claims, session, hub, book } = context;
  const accounts = accountsOf(context, frame);
  const foreign = accounts.find((account) => !mayUseAccount(claims, account));
  if (foreign !== undefined) {
    refuse(context, frame, { code: 'forbidden', message: `account ${JSON.stringify(foreign)} isn't yours` });
    return;
  }
  const answer = {
    subscribed: (recovered: boolean) => answerSubscribed(context, frame, { symbols: accounts, recovered }),
    snapshot: (account: string, seq: number) => {
      const data = channel === 'order' ? book.workingOrders(account) : null;
      session.tell({ type: 'snapshot', channel, symbol: account, epoch: hub.epoch, seq, data });
    },
  };
  hub.subscribeAccounts(session.subscriber, { channel, accounts, since: frame.since }, answer);
}

function unsubscribe(context: CommandContext, frame: UnsubscribeFrame): void {
  const { session, hub } = context;
  const { channel } = frame;
  let symbols: readonly string[] = [];
  if (channel === 'ticker') {
    symbols = [...new Set(frame.symbols ?? [])];
    const indices = indicesOf(context, frame, symbols);
    if (indices === undefined) return;
    hub.unsubscribeTickers(session.subscriber, indices);
  } else if (channel === 'order' || channel === 'execution') {
    symbols = accountsOf(context, frame);
    for (const account of symbols) hub.unsubscribeAccount(session.subscriber, channel, account);
  }
  session.tell({ type: 'unsubscribed', ...idOf(frame), channel, symbols });
}

function accountsOf(context: CommandContext, frame: SubscribeFrame | UnsubscribeFrame): readonly string[] {
  return frame.symbols === undefined ? [context.claims.account] : [...new Set(frame.symbols)];
}

function answerSubscribed(
  context: CommandContext,
  frame: SubscribeFrame,
  answer: { readonly symbols: readonly string[]; readonly recovered: boolean },
): void {
  context.session.tell({ type: 'subscribed', ...idOf(frame), channel: frame.channel, ...answer });
}

function place(context: CommandContext, frame: OrderPlaceFrame): void {
  const account = orderAccount(context, frame);
  if (account === undefined) return;
  const instrument = context.book.instrument(frame.symbol);
  if (instrument === undefined) {
    rejectOrder(context, frame, 'unknown_symbol');
    return;
  }
  submit(context, frame, placeCommand(frame, account, instrument));
}

function cancel(context: CommandContext, frame: OrderCancelFrame): void {
  const account = orderAccount(context, frame);
  if (account === undefined) return;
  submit(context, frame, { kind: 'cancel', account, clientOrderId: frame.clientOrderId });
}

/** The account that the command is for, or undefined after a refusal. */
function orderAccount(context: CommandContext, frame: OrderPlaceFrame | OrderCancelFrame): string | undefined {
  const { claims } = context;
  const { account = claims.account } = frame;
  if (!claims.scopes.includes('orders:write')) {
    refuse(context, frame, { code: 'forbidden', message: 'orders need the scope orders:write' });
    return undefined;
  }
  if (!mayUseAccount(claims, account)) {
    refuse(context, frame, { code: 'forbidden', message: `account ${JSON.stringify(account)} isn't yours` });
    return undefined;
  }
  return account;
}

function submit(
  context: CommandContext,
  frame: OrderPlaceFrame | OrderCancelFrame,
  command: Parameters<CommandContext['loop']['submit']>[0],
): void {
  const isTaken = context.loop.submit(command, (outcome) => answerOrder(context, frame, outcome));
  if (isTaken) return;
  if (context.loop.isClosed) refuse(context, frame, { code: 'shutting_down', message: 'the server is shutting down' });
  else refuse(context, frame, { code: 'rate_limited', message: 'too many orders are waiting' }, RETRY_AFTER_FULL_MS);
}

/** When to try again after the engine's queue was full. */
const RETRY_AFTER_FULL_MS = 100;

function answerOrder(
  context: CommandContext,
  frame: OrderPlaceFrame | OrderCancelFrame,
  outcome: CommandOutcome,
): void {
  if (outcome.kind === 'rejected') {
    rejectOrder(context, frame, outcome.reason);
    return;
  }
  const instrument = context.book.instruments[outcome.order.symbol];
  if (instrument === undefined) throw new RangeError(`no instrument ${outcome.order.symbol}`);
  const data = orderData(outcome.order, instrument);
  context.session.tell({ type: 'order.accepted', ...idOf(frame), data, duplicate: outcome.kind === 'duplicate' });
}

function rejectOrder(context: CommandContext, frame: OrderPlaceFrame | OrderCancelFrame, reason: string): void {
  const message = `order ${frame.clientOrderId} was rejected: ${reason.replaceAll('_', ' ')}`;
  context.session.refuse(
    { type: 'refusal', ...idOf(frame), code: 'order_rejected', message },
    { reason, clientOrderId: frame.clientOrderId },
  );
}

function refuse(
  context: CommandContext,
  frame: { readonly id?: number },
  error: Pick<Refusal, 'code' | 'message'>,
  retryAfterMs = 0,
): void {
  context.session.refuse({ type: 'refusal', ...idOf(frame), ...error }, { retryAfterMs });
}

function idOf(frame: { readonly id?: number }): { readonly id?: number } {
  return frame.id === undefined ? {} : { id: frame.id };
}
