import type { CommandOutcome, Command as EngineCommand, OrderView } from '../market/types.ts';
import type {
  OrderCancelFrame,
  OrderData,
  OrderModifyFrame,
  OrderPlaceFrame,
  OrderPlaceListFrame,
} from '../protocol/messages.ts';
import type { AccountBook } from './accountBook.ts';
import { type AnswerContext, accountOf, idOf, refuse } from './commandContext.ts';
import { modifyCommand, orderData, placeCommand } from './wire.ts';

export type OrderCommand = OrderPlaceFrame | OrderPlaceListFrame | OrderModifyFrame | OrderCancelFrame;

/** When to try again after the engine's queue was full. */
const RETRY_AFTER_FULL_MS = 100;

/** Hands a command on orders to the engine; it is answered after the engine's next turn. */
export function runOrderCommand(context: AnswerContext, frame: OrderCommand): void {
  if (!context.claims.scopes.includes('orders:write')) {
    refuse(context, frame, { code: 'forbidden', message: 'orders need the scope orders:write' });
    return;
  }
  const account = accountOf(context, frame);
  if (account === undefined) return;
  const command = commandOf(context, frame, account);
  if (typeof command === 'string') rejectOrder(context, frame, command);
  else submit(context, frame, command);
}

/** The command in the engine's words, or the reason of its refusal. */
function commandOf(
  { book, loop }: AnswerContext,
  frame: OrderCommand,
  account: string,
): EngineCommand | 'unknown_symbol' | 'unknown_order' {
  switch (frame.type) {
    case 'order.place': {
      const instrument = book.instrument(frame.symbol);
      return instrument === undefined ? 'unknown_symbol' : placeCommand(frame, account, instrument);
    }
    case 'order.placeList': {
      const { contingency, childrenFrom } = frame;
      const orders = frame.orders.flatMap((terms) => {
        const instrument = book.instrument(terms.symbol);
        return instrument === undefined ? [] : [placeCommand(terms, account, instrument)];
      });
      if (orders.length < frame.orders.length) return 'unknown_symbol';
      return { kind: 'list', account, contingency, orders, ...(childrenFrom !== undefined && { childrenFrom }) };
    }
    case 'order.modify': {
      // Only the order knows its instrument, and with it what a price is worth in ticks.
      const order = loop.engine.order(account, frame.clientOrderId);
      const instrument = book.instruments[order?.symbol ?? -1];
      return instrument === undefined ? 'unknown_order' : modifyCommand(frame, account, instrument);
    }
    case 'order.cancel':
      return { kind: 'cancel', account, clientOrderId: frame.clientOrderId };
  }
}

const UNSAFE = 'the journal has failed: no order can be taken until the server was started again';

function submit(context: AnswerContext, frame: OrderCommand, command: EngineCommand): void {
  const isTaken = context.loop.submit(command, (outcome) => answerOrder(context, frame, outcome));
  if (isTaken) return;
  if (context.loop.failure !== undefined) refuse(context, frame, { code: 'internal', message: UNSAFE });
  else if (context.loop.isClosed)
    refuse(context, frame, { code: 'shutting_down', message: 'the server is shutting down' });
  else refuse(context, frame, { code: 'rate_limited', message: 'too many orders are waiting' }, RETRY_AFTER_FULL_MS);
}

function answerOrder(context: AnswerContext, frame: OrderCommand, outcome: CommandOutcome): void {
  if (outcome.kind === 'rejected') {
    rejectOrder(context, frame, outcome.reason, outcome.order?.clientOrderId);
    return;
  }
  const { book, session } = context;
  const data = dataOf(book, outcome.order);
  const duplicate = outcome.kind === 'duplicate';
  const { id } = frame;
  const list = outcome.kind === 'taken' ? outcome.orders : undefined;
  if (list !== undefined) {
    const orders = list.map((order) => dataOf(book, order));
    session.tell({ type: 'order.accepted', ...idOf(frame), data, duplicate, orders });
  } else if (id === undefined) session.tell({ type: 'order.accepted', data, duplicate });
  else session.tell({ type: 'order.accepted', id, data, duplicate });
}

function dataOf({ instruments }: AccountBook, order: OrderView): OrderData {
  const instrument = instruments[order.symbol];
  if (instrument === undefined) throw new RangeError(`no instrument ${order.symbol}`);
  return orderData(order, instrument);
}

function rejectOrder(context: AnswerContext, frame: OrderCommand, reason: string, named?: string): void {
  const first = frame.type === 'order.placeList' ? frame.orders[0]?.clientOrderId : frame.clientOrderId;
  const clientOrderId = named ?? first ?? '';
  const message = `order ${clientOrderId} was rejected: ${reason.replaceAll('_', ' ')}`;
  context.session.refuse(
    { type: 'refusal', ...idOf(frame), code: 'order_rejected', message },
    { reason, clientOrderId },
  );
}
