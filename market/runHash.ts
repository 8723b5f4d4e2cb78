import { Hash64 } from './hash.ts';
import type { Command, Control, MarketEvent, ModifyOrder, PlaceOrder, Tick, TradeBar } from './types.ts';

/** The hash of a run: everything that went into the engine and came out, in order. Equal runs have equal digests on every machine. */
export class RunHash {
  readonly #hash = new Hash64();

  tick(tick: Tick): void {
    const hash = this.#hash;
    hash.add(tick.kind);
    hash.add(tick.symbol);
    hash.add(tick.eventTimeUs);
    hash.add(tick.price);
    hash.add(tick.size);
    hash.add(tick.bid);
    hash.add(tick.ask);
    hash.add(tick.bidSize);
    hash.add(tick.askSize);
    hash.add(tick.flags);
  }

  bar(bar: TradeBar): void {
    const hash = this.#hash;
    hash.addText('bar');
    hash.add(bar.symbol);
    hash.add(bar.eventTimeUs);
    hash.add(bar.open);
    hash.add(bar.high);
    hash.add(bar.low);
    hash.add(bar.close);
    hash.add(bar.volume);
  }

  command(command: Command): void {
    const hash = this.#hash;
    hash.addText(command.kind);
    hash.addText(command.account);
    if (command.kind === 'list') {
      hash.addText(command.contingency);
      hash.addText(command.childrenFrom ?? '');
      hash.add(command.orders.length);
      for (const order of command.orders) this.command(order);
      return;
    }
    hash.addText(command.clientOrderId);
    if (command.kind === 'place') this.#terms(command);
    if (command.kind === 'modify') this.#change(command);
  }

  control(control: Control): void {
    const hash = this.#hash;
    hash.addText(control.kind);
    if (control.kind === 'clock') {
      hash.add(control.timeUs);
      return;
    }
    hash.add(control.symbol);
    if (control.kind !== 'corporate_action') return;
    hash.add(control.numerator);
    hash.add(control.denominator);
    hash.add(control.cashPerShare);
  }

  event(event: MarketEvent): void {
    const hash = this.#hash;
    hash.addText(event.kind);
    hash.add(event.tickSeq);
    hash.add(event.eventTimeUs);
    if (event.kind === 'execution') {
      hash.add(event.executionId);
      hash.add(event.orderId);
      hash.add(event.lastPrice);
      hash.add(event.lastQuantity);
      hash.add(event.leavesQuantity);
      return;
    }
    const { order } = event;
    hash.addText(event.reason);
    hash.add(order.orderId);
    hash.addText(order.status);
    hash.add(order.leavesQuantity);
    hash.add(order.triggerPrice ?? 0);
    hash.add(order.peakPrice ?? 0);
    hash.addText(order.rejectReason ?? '');
    if (event.reason !== 'modified' && event.reason !== 'restated') return;
    hash.add(order.quantity);
    hash.add(order.limitPrice ?? 0);
  }

  /** The hash so far as 16 hex digits; goes on afterwards. */
  digest(): string {
    return this.#hash.digest();
  }

  #terms(order: PlaceOrder): void {
    const hash = this.#hash;
    hash.add(order.symbol);
    hash.addText(order.side);
    hash.addText(order.type);
    hash.add(order.quantity);
    hash.add(order.triggerPrice ?? 0);
    hash.add(order.limitPrice ?? 0);
    hash.addText(order.trailingOffset?.kind ?? '');
    hash.add(order.trailingOffset?.value ?? 0);
    hash.add(order.activationPrice ?? 0);
    hash.addText(order.triggerBasis ?? 'last');
    hash.addText(order.timeInForce ?? 'GTC');
    hash.add(order.extendedHours === true ? 1 : 0);
    if (order.expireTimeUs !== undefined) hash.add(order.expireTimeUs);
    if (order.reduceOnly === true) hash.addText('reduceOnly');
    if (order.parentClientOrderId !== undefined) hash.addText(order.parentClientOrderId);
  }

  #change(change: ModifyOrder): void {
    const hash = this.#hash;
    hash.add(change.quantity ?? 0);
    hash.add(change.triggerPrice ?? 0);
    hash.add(change.limitPrice ?? 0);
    hash.addText(change.trailingOffset?.kind ?? '');
    hash.add(change.trailingOffset?.value ?? 0);
    hash.add(change.activationPrice ?? 0);
    hash.add(change.expireTimeUs ?? 0);
  }
}
