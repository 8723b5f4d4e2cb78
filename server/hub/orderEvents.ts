import type { Instrument, MarketEvent, PositionView } from '../../market/types.ts';
import { decimalText } from '../../protocol/codecs/json.ts';
import { orderData, positionData } from '../wire.ts';
import type { EventFeed, StreamEntry } from './eventFeed.ts';
import type { InputTimes } from './inputTimes.ts';
import type { RatchetGate } from './ratchetGate.ts';

export interface OrderEventsOptions {
  readonly feed: EventFeed;
  readonly ratchets: RatchetGate;
  readonly instruments: readonly Instrument[];
}

/** Makes the engine's events into numbered events of accounts' streams. */
export class OrderEvents {
  readonly #options: OrderEventsOptions;

  constructor(options: OrderEventsOptions) {
    this.#options = options;
  }

  /** Numbers and keeps an event; undefined for a ratchet that is told later. */
  entryOf(event: MarketEvent, times: InputTimes): StreamEntry | undefined {
    const { feed, ratchets } = this.#options;
    const { receivedTimeUs: createdUs } = times;
    if (event.kind === 'execution') return this.#execution(event, times);
    const { reason, tickSeq, eventTimeUs } = event;
    const { receivedTimeUs, dueTimeUs } = times;
    const { account, symbol } = event.order;
    const data = orderData(event.order, this.#instrument(symbol));
    const place = { channel: 'order', key: account } as const;
    if (reason === 'ratcheted') {
      const unsent = { type: 'order', account, reason, ...common(event, times), data } as const;
      const frame = (sentTimeUs: number) => ({ ...unsent, sentTimeUs });
      const ratchet = { ...place, createdUs, ratchetOf: data.orderId, frame };
      return ratchets.pass(ratchet, createdUs) ? ratchet : undefined;
    }
    ratchets.forget(data.orderId);
    return feed.append(
      place,
      (seq) => ({
        channel: 'order',
        key: account,
        createdUs,
        orderId: data.orderId,
        // In full: every order is told, and spreads of what may be absent take several times as long.
        frame: (sentTimeUs) =>
          dueTimeUs === 0
            ? { type: 'order', account, reason, tickSeq, eventTimeUs, receivedTimeUs, data, seq, sentTimeUs }
            : {
                type: 'order',
                account,
                reason,
                tickSeq,
                eventTimeUs,
                dueTimeUs,
                receivedTimeUs,
                data,
                seq,
                sentTimeUs,
              },
      }),
      createdUs,
    );
  }

  /** Numbers and keeps what a fill made of the position. */
  positionEntry(position: PositionView, event: MarketEvent, times: InputTimes): StreamEntry {
    const { account, symbol } = position;
    const { receivedTimeUs: createdUs } = times;
    const data = positionData(position, this.#instrument(symbol));
    const place = { channel: 'position', key: account } as const;
    return this.#options.feed.append(
      place,
      (seq) => {
        const unsent = { type: 'position', account, seq, ...common(event, times), data } as const;
        return { ...place, createdUs, frame: (sentTimeUs) => ({ ...unsent, sentTimeUs }) };
      },
      createdUs,
    );
  }

  #execution(event: Extract<MarketEvent, { readonly kind: 'execution' }>, times: InputTimes): StreamEntry {
    const { account } = event;
    const { receivedTimeUs: createdUs } = times;
    const { symbol, priceDecimals, quantityDecimals } = this.#instrument(event.symbol);
    const data = {
      executionId: String(event.executionId),
      orderId: String(event.orderId),
      clientOrderId: event.clientOrderId,
      symbol,
      side: event.side,
      lastPrice: decimalText(event.lastPrice, priceDecimals),
      lastQuantity: decimalText(event.lastQuantity, quantityDecimals),
      leavesQuantity: decimalText(event.leavesQuantity, quantityDecimals),
    };
    const place = { channel: 'execution', key: account } as const;
    const unsent = { type: 'execution', account, ...common(event, times), data } as const;
    return this.#options.feed.append(
      place,
      (seq) => ({ ...place, createdUs, frame: (sentTimeUs) => ({ ...unsent, seq, sentTimeUs }) }),
      createdUs,
    );
  }

  #instrument(symbol: number): Instrument {
    const instrument = this.#options.instruments[symbol];
    if (instrument === undefined) throw new RangeError(`no instrument ${symbol}`);
    return instrument;
  }
}

function common({ tickSeq, eventTimeUs }: MarketEvent, { receivedTimeUs, dueTimeUs }: InputTimes) {
  return { tickSeq, eventTimeUs, ...(dueTimeUs !== 0 && { dueTimeUs }), receivedTimeUs };
}
