import type { Received } from './protocolLink.ts';
import { listTerms, mayUse, needs, needsError, orderTerms } from './protocolModel.ts';
import type { OperationOf } from './protocolOperations.ts';
import type { Asker, Surroundings } from './protocolSurroundings.ts';

/** The commands of a client on orders, and what must come of them. */
export class OrderDesk {
  readonly #asker: Asker;
  readonly #with: Surroundings;

  constructor(asker: Asker, surroundings: Surroundings) {
    this.#asker = asker;
    this.#with = surroundings;
  }

  place({ name, kind, account }: OperationOf<'place'>): void {
    const wanted = account === 'other' ? this.#asker.other : this.#asker.own;
    const { terms, reason, code } = orderTerms(kind, this.#last());
    const frame = {
      type: 'order.place',
      id: this.#with.nextId(),
      clientOrderId: name,
      ...(account !== undefined && { account: wanted }),
      ...terms,
    };
    if (code !== undefined) {
      this.#asker.ask(frame, { lane: 'refused', check: needsError([code]) });
      return;
    }
    const known = this.#with.truth.orders(wanted).get(name);
    this.#order(frame, wanted, (answer) => {
      // No symbol, no order: that is found before the name is looked at.
      if (reason === 'unknown_symbol') return needs('error', { code: 'order_rejected', reason })(answer);
      if (known !== undefined) return sameOrder(answer, known.orderId);
      if (reason !== undefined) return needs('error', { code: 'order_rejected', reason, clientOrderId: name })(answer);
      return needs('order.accepted', { duplicate: false })(answer);
    });
  }

  list({ name, contingency, account }: OperationOf<'list'>): void {
    const wanted = account === 'other' ? this.#asker.other : this.#asker.own;
    const orders = listTerms(contingency, name, this.#last());
    const frame = {
      type: 'order.placeList',
      id: this.#with.nextId(),
      contingency,
      ...(account !== undefined && { account: wanted }),
      orders,
    };
    const isKnown = [...this.#with.truth.orders(wanted).keys()].some((known) => known.startsWith(`${name}-`));
    this.#order(frame, wanted, (answer) =>
      isKnown ? undefined : needs('order.accepted', { duplicate: false })(answer),
    );
  }

  modify({ name, quantity, account }: OperationOf<'modify'>): void {
    const wanted = account === 'other' ? this.#asker.other : this.#asker.own;
    const frame = {
      type: 'order.modify',
      id: this.#with.nextId(),
      clientOrderId: name,
      quantity: String(quantity),
      ...(account !== undefined && { account: wanted }),
    };
    const known = this.#with.truth.orders(wanted).get(name);
    const works = this.#with.truth.working(wanted).includes(name);
    this.#order(frame, wanted, (answer) => {
      const refused = (reason: string) => needs('error', { code: 'order_rejected', reason })(answer);
      if (known === undefined) return refused('unknown_order');
      if (!works) return refused('order_not_open');
      return quantity === 0 ? refused('bad_quantity') : needs('order.accepted')(answer);
    });
  }

  cancel({ name, account }: OperationOf<'cancel'>): void {
    const wanted = account === 'other' ? this.#asker.other : this.#asker.own;
    const frame = {
      type: 'order.cancel',
      id: this.#with.nextId(),
      clientOrderId: name,
      ...(account !== undefined && { account: wanted }),
    };
    const known = this.#with.truth.orders(wanted).get(name);
    const works = this.#with.truth.working(wanted).includes(name);
    this.#order(frame, wanted, (answer) => {
      if (works) return needs('order.accepted')(answer) ?? sameOrder(answer, known?.orderId, false);
      const reason = known === undefined ? 'unknown_order' : 'order_not_open';
      return needs('error', { code: 'order_rejected', reason })(answer);
    });
  }

  #order(
    frame: { readonly id: number; readonly type: string },
    account: string,
    exact: (answer: Received) => string | undefined,
  ): void {
    const claims = this.#asker.claims;
    if (claims === undefined) {
      this.#asker.askUnknown(frame);
      return;
    }
    if (!claims.scopes.includes('orders:write') || !mayUse(claims, account)) {
      this.#asker.ask(frame, { lane: 'orders', check: needsError(['forbidden']) });
      return;
    }
    const isStill = this.#with.change();
    this.#asker.ask(frame, {
      lane: 'orders',
      check: (answer) => {
        if (isStill()) return exact(answer);
        return answer['type'] === 'order.accepted' ? undefined : needsError(['order_rejected'])(answer);
      },
    });
  }

  #last(): number {
    const { truth } = this.#with;
    return Math.round((truth.tick('S0', truth.tickHead('S0'))?.last ?? 100) * 100);
  }
}

/** What an answer has to say for an order that was there before. */
function sameOrder(answer: Received, orderId: unknown, duplicate = true): string | undefined {
  const wrong = needs('order.accepted', { duplicate })(answer);
  const data = (answer['data'] ?? {}) as Received;
  return wrong ?? (data['orderId'] === orderId ? undefined : `expected the order ${String(orderId)}`);
}
