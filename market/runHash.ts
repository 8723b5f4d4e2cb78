import { Hash64 } from './hash.ts';
import type { Command, MarketEvent, PlaceOrder, Tick } from './types.ts';

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

  command(command: Command): void {
    const hash = this.#hash;
    hash.addText(command.kind);
    hash.addText(command.account);
    hash.addText(command.clientOrderId);
    if (command.kind === 'place') this.#terms(command);
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
  }
}
