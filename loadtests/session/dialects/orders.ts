import { ordersIn, type PlacingFrame } from '../../../protocol/generatorPlan.ts';
import type { PostAnswer, SessionEvent } from '../dialect.ts';
import { bad, type Fields, isFields, isNumber, isWhole, parseFields, textOr } from '../fields.ts';
import type { PlayedTape } from './tapeTickers.ts';

/** A bearer token in the upgrade request, where the dialect has no frame for it. */
export function bearer(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/**
 * Reads the order events of one client in dialects that tell them without numbers: they are counted as they come, one
 * that comes again is found by its content, and their tick is the symbol's last one in their ms.
 */
export class ToldOrders {
  readonly #tape: PlayedTape;
  readonly #account: string;
  readonly #seen = new Set<string>();
  #seq = 0;

  constructor(tape: PlayedTape, account: string) {
    this.#tape = tape;
    this.#account = account;
  }

  /** @param order the order's state, `event` in it what happened; @param timeMs the market's time */
  read(order: unknown, timeMs: unknown): SessionEvent {
    if (!isFields(order) || !isWhole(timeMs)) return bad('order without its state or time');
    const { client_order_id: clientOrderId, symbol, event: reason, status } = order;
    if (typeof clientOrderId !== 'string' || typeof symbol !== 'string' || typeof reason !== 'string')
      return bad('order without client_order_id, symbol or event');
    const isRatchet = reason === 'ratcheted';
    const what = `${clientOrderId} ${reason} ${JSON.stringify(order['filled_quantity'])} at ${timeMs}`;
    if (!isRatchet && this.#seen.has(what)) return { kind: 'repeat', stream: `order:${this.#account}`, what };
    this.#seen.add(what);
    if (!isRatchet) this.#seq += 1;
    const fill = fillOf(order, reason);
    return {
      kind: 'order',
      order: {
        account: this.#account,
        seq: isRatchet ? -1 : this.#seq,
        reason,
        tickSeq: this.#tape.streams.get(symbol)?.tickSeqAt(timeMs) ?? -1,
        eventTimeUs: timeMs * 1000,
        clientOrderId,
        status: textOr(status, ''),
        triggerPrice: decimal(order['current_stop_price']),
        rejectReason: textOr(order['reject_reason'], ''),
        ...(fill === undefined ? {} : { fill }),
      },
    };
  }
}

function fillOf(order: Fields, reason: string) {
  if (reason !== 'filled' && reason !== 'partially_filled') return undefined;
  return { lastPrice: decimal(order['average_price']), lastQuantity: decimal(order['filled_quantity']) };
}

function decimal(value: unknown): string {
  return isNumber(value) ? String(value) : '';
}

/** Reads the answer to an order that was posted to `/api/orders`. */
export function readOrderAnswer(frame: PlacingFrame, { status, body }: PostAnswer): SessionEvent {
  const first = ordersIn(frame)[0]?.clientOrderId ?? '';
  const fields = parseFields(body);
  if (status === 200 || status === 201) {
    const data = fields?.['data'];
    if (!isFields(data)) return bad('answer to an order without data');
    return { kind: 'accepted', id: -1, clientOrderId: first, status: textOr(data['status'], '') };
  }
  const code = textOr(fields?.['code'], `http_${status}`);
  return {
    kind: 'error',
    id: -1,
    code,
    message: textOr(fields?.['detail'], `HTTP status ${status}`),
    rejectReason: code === 'order_rejected' ? textOr(fields?.['reason'], code) : undefined,
    clientOrderId: textOr(fields?.['clientOrderId'], first),
  };
}
