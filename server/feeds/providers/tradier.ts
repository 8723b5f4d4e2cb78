import { Type } from '@sinclair/typebox';
import type {
  TradierQuoteEvent,
  TradierSession,
  TradierStreamError,
  TradierSubscription,
  TradierTradeEvent,
} from '../../../protocol/providers/tradier.ts';
import { guard } from '../guard.ts';
import { type Answer, type Asking, ask, endOfStatus } from '../http.ts';
import type { Provider, ProviderAccess, Session, SessionHost } from '../provider.ts';
import { openSocket } from '../socketSession.ts';
import { decimalOf } from '../symbolBook.ts';
import { TickReader } from '../tickReader.ts';

/** Shares of a quote's round lot. */
const ROUND_LOT = 100;
/** Tradier streams from a host of its own. */
const API_HOST = 'api.tradier.com';
const STREAM_HOST = 'ws.tradier.com';
const Digits = Type.String({ pattern: '^\\d{1,15}$' });

type TradeParts = Pick<TradierTradeEvent, 'type' | 'symbol' | 'price' | 'size' | 'date'>;
type QuoteParts = Pick<
  TradierQuoteEvent,
  'type' | 'symbol' | 'bid' | 'bidsz' | 'ask' | 'asksz' | 'biddate' | 'askdate'
>;

const isSession = guard<{ readonly stream: Pick<TradierSession['stream'], 'sessionid'> }>(
  Type.Object({ stream: Type.Object({ sessionid: Type.String({ minLength: 1 }) }) }),
);
const isTrade = guard<TradeParts>(
  Type.Object({
    type: Type.Literal('trade'),
    symbol: Type.String(),
    price: Type.String(),
    size: Type.String(),
    date: Digits,
  }),
);
const isQuote = guard<QuoteParts>(
  Type.Object({
    type: Type.Literal('quote'),
    symbol: Type.String(),
    bid: Type.Number(),
    bidsz: Type.Number(),
    ask: Type.Number(),
    asksz: Type.Number(),
    biddate: Digits,
    askdate: Digits,
  }),
);
const isError = guard<TradierStreamError>(Type.Object({ error: Type.String() }));

/** Tradier's stream of trades and quotes: a session is made by HTTP, and serves one connection. */
export function tradier(access: ProviderAccess): Provider {
  return {
    name: 'tradier',
    kind: 'stream',
    open: (host) => {
      const opening = new TradierOpening(host, access);
      opening.begin();
      return opening;
    },
  };
}

class TradierOpening implements Session {
  readonly #host: SessionHost;
  readonly #access: ProviderAccess;
  readonly #reader: TickReader;
  #asking: Asking | undefined = undefined;
  #socket: Session | undefined = undefined;

  constructor(host: SessionHost, access: ProviderAccess) {
    this.#host = host;
    this.#access = access;
    this.#reader = new TickReader(host);
  }

  begin(): void {
    const { url, key } = this.#access;
    const question = {
      method: 'POST',
      url: `${url}/v1/markets/events/session`,
      headers: { authorization: `Bearer ${key ?? ''}` },
    } as const;
    this.#asking = ask(question, this.#host.ports.timers, (answer) => this.#onAnswer(answer));
  }

  readonly stop = (): void => {
    this.#asking?.cancel();
    this.#socket?.stop();
  };

  #onAnswer(answer: Answer): void {
    const { ended } = this.#host;
    if (answer.kind === 'failed') ended({ reason: answer.reason, detail: answer.detail });
    else if (answer.status !== 200) {
      const { retryAfterMs } = answer;
      ended({ ...endOfStatus(answer.status), ...(retryAfterMs !== undefined && { retryAfterMs }) });
    } else if (answer.kind === 'json' && isSession(answer.value)) this.#connect(answer.value.stream.sessionid);
    else ended({ reason: 'protocol', detail: 'it made no session' });
  }

  #connect(sessionid: string): void {
    const { symbols, covers, live } = this.#host;
    const count = Math.min(this.#access.plan.symbols ?? symbols.size, symbols.size);
    const reason = count < symbols.size ? `the plan allows ${count} of ${symbols.size} symbols` : undefined;
    this.#socket = openSocket(this.#host, {
      url: streamUrl(this.#access.url),
      hasLines: true,
      opened: (send, settled) => {
        const names = Array.from({ length: count }, (_, symbol) => symbols.nameOf(symbol));
        const filter = ['trade', 'quote'] as const;
        send({ symbols: names, sessionid, filter, linebreak: true } satisfies TradierSubscription);
        covers({ symbols: count, ...(reason !== undefined && { reason }) });
        settled(live);
      },
      frame: (value) => this.#event(value),
    });
  }

  #event(value: unknown): void {
    const reader = this.#reader;
    if (isTrade(value)) {
      if (!reader.begin(value.symbol) || !reader.trade(decimalOf(value.price), decimalOf(value.size))) return;
      reader.take(Number(value.date) * 1000, 0);
    } else if (isQuote(value)) {
      if (!reader.begin(value.symbol) || !reader.quote(value.bid, value.ask)) return;
      if (!reader.sizes(value.bidsz * ROUND_LOT, value.asksz * ROUND_LOT)) return;
      reader.take(Math.max(Number(value.biddate), Number(value.askdate)) * 1000, 0);
    } else if (isError(value)) this.#host.ended({ reason: 'closed', detail: 'the session is not valid any more' });
    else this.#host.bad('unknown_form');
  }
}

function streamUrl(url: string): string {
  const { host, protocol, pathname } = new URL(url);
  const scheme = protocol === 'https:' ? 'wss' : 'ws';
  const base = pathname.replace(/\/+$/, '');
  return `${scheme}://${host === API_HOST ? STREAM_HOST : host}${base}/v1/markets/events`;
}
