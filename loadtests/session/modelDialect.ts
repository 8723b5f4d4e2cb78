import type { Instrument } from '../../market/types.ts';
import type { PlacingFrame } from '../../protocol/generatorPlan.ts';
import type { SessionChannel } from '../../protocol/run.ts';
import { type Fields, isFields, parseFields, textOr } from './fields.ts';
import type { Connection, ConnectRequest, PostRequest } from './ports.ts';
import type { VirtualServer } from './virtualServer.ts';

/** Channels of the account that an AI-Trading-V2 socket hears without asking. */
const STANDING: readonly SessionChannel[] = ['order', 'execution', 'position.value', 'portfolio'];

/**
 * AI-Trading-V2's words over the model server: a connection of its own to it, whose frames, faults and all, are told in
 * the dialect. What the measurement finds in a stream without numbers can so be held against the same planted faults.
 */
export class ModelAiTradingV2 {
  readonly #server: VirtualServer;
  readonly #decimals: ReadonlyMap<string, number>;
  readonly #nowUs: () => number;

  constructor(options: {
    readonly server: VirtualServer;
    readonly instruments: readonly Instrument[];
    readonly nowUs: () => number;
  }) {
    this.#server = options.server;
    this.#nowUs = options.nowUs;
    this.#decimals = new Map(options.instruments.map(({ symbol, priceDecimals }) => [symbol, priceDecimals]));
  }

  /** Opens a connection as a client's port does. */
  connect(request: ConnectRequest): Connection {
    const { handlers } = request;
    const account = accountIn(request.headers);
    const lastPrices = new Map<string, number>();
    const native = this.#server.connect({
      ...request,
      handlers: {
        ...handlers,
        onOpen: (atUs) => {
          native.send(JSON.stringify({ type: 'auth', id: 1, token: account }));
          for (const channel of STANDING) native.send(JSON.stringify({ type: 'subscribe', id: 1, channel }));
          handlers.onOpen(atUs);
        },
        onMessage: (text, atUs) => {
          const told = this.#write(parseFields(text) ?? {}, lastPrices);
          if (told !== undefined) handlers.onMessage(JSON.stringify(told), atUs);
        },
      },
    });
    return {
      ...native,
      send: (text) => {
        const { symbol } = parseFields(text) ?? {};
        native.send(JSON.stringify({ type: 'subscribe', id: 1, channel: 'ticker', symbols: [symbol] }));
      },
    };
  }

  /** Takes an order as `/api/orders` does; `undefined` for one that isn't there. */
  place(request: PostRequest, frame: PlacingFrame): { status: number; body: string } {
    const answer = this.#server.place(accountIn(request.headers), frame);
    const { type, ...body } = parseFields(answer ?? '') ?? {};
    return { status: type === 'order.accepted' ? 201 : 422, body: JSON.stringify(body) };
  }

  #write(frame: Fields, lastPrices: Map<string, number>): object | undefined {
    const { type, symbol, data, eventTimeUs } = frame;
    const timestamp = Math.floor(Number(eventTimeUs) / 1000);
    const now = Math.floor(this.#nowUs() / 1000);
    if (type === 'heartbeat') return { type: 'HEARTBEAT', timestamp: now };
    if (type === 'position.value') return { type: 'POSITION_UPDATE', positions: [], timestamp: now };
    if (type === 'portfolio') return { type: 'PORTFOLIO_UPDATE', portfolio: {}, timestamp: now };
    if (!isFields(data)) return undefined;
    if (type === 'ticker') {
      const price = Number(data['last']) / 10 ** (this.#decimals.get(textOr(symbol, '')) ?? 0);
      return { type: 'MARKET_UPDATE', symbol, price, priceChangePercent: 0, timestamp };
    }
    const id = textOr(data['clientOrderId'], '');
    if (type === 'execution') lastPrices.set(id, Number(data['lastPrice']));
    if (type !== 'order') return undefined;
    const order = orderOf(data, textOr(frame['reason'], ''), lastPrices.get(id));
    return { type: 'ORDER_UPDATE', orderType: data['orderType'], order, timestamp };
  }
}

function orderOf(data: Fields, event: string, averagePrice: number | undefined): object {
  return {
    client_order_id: data['clientOrderId'],
    symbol: data['symbol'],
    status: data['status'],
    event,
    quantity: Number(data['quantity']),
    filled_quantity: Number(data['cumulativeQuantity']),
    ...(averagePrice === undefined ? {} : { average_price: averagePrice }),
    ...(data['triggerPrice'] === undefined ? {} : { current_stop_price: Number(data['triggerPrice']) }),
    ...(data['rejectReason'] === undefined ? {} : { reject_reason: data['rejectReason'] }),
  };
}

/** The model's tokens are accounts. */
function accountIn(headers: Readonly<Record<string, string>>): string {
  return (headers['authorization'] ?? '').replace('Bearer ', '');
}
