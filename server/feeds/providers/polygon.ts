import { Type } from '@sinclair/typebox';
import { TradeFlag } from '../../../market/clean.ts';
import type { PolygonAction, PolygonQuote, PolygonStatus, PolygonTrade } from '../../../protocol/providers/polygon.ts';
import { guard } from '../guard.ts';
import type { Provider, ProviderAccess, SessionHost } from '../provider.ts';
import { openSocket } from '../socketSession.ts';
import { TickReader } from '../tickReader.ts';
import { polygonHistory } from './polygonHistory.ts';

/** Topics of one subscribe frame. */
const TOPICS_PER_FRAME = 1_000;
/** Shares of a quote's round lot. */
const ROUND_LOT = 100;
/** An account's newer connection closes the older one: who comes back at once would only go on with that, ms. */
const CROWDED_MS = 30_000;
/** The close code of a connection over the plan's number. */
const POLICY_CODE = 1008;

/**
 * Conditions of a trade that doesn't set the last price (Polygon's glossary of conditions; the consolidated tape's rules): average
 * price, cash sale, derivatively priced, official prices, next day, prior reference, seller, sold out of sequence, odd lot, contingent.
 */
const NOT_LAST: ReadonlySet<number> = new Set([2, 7, 10, 15, 16, 20, 22, 29, 32, 33, 37, 52, 53]);

const Status = Type.Object({ ev: Type.Literal('status'), status: Type.String(), message: Type.String() });
const Trade = Type.Object({
  ev: Type.Literal('T'),
  sym: Type.String(),
  p: Type.Number(),
  s: Type.Number(),
  c: Type.Optional(Type.Array(Type.Integer())),
  t: Type.Integer({ minimum: 0 }),
  q: Type.Integer(),
});
const Quote = Type.Object({
  ev: Type.Literal('Q'),
  sym: Type.String(),
  bp: Type.Number(),
  bs: Type.Number(),
  ap: Type.Number(),
  as: Type.Number(),
  t: Type.Integer({ minimum: 0 }),
});

type TradeParts = Pick<PolygonTrade, 'ev' | 'sym' | 'p' | 's' | 'c' | 't' | 'q'>;
type QuoteParts = Pick<PolygonQuote, 'ev' | 'sym' | 'bp' | 'bs' | 'ap' | 'as' | 't'>;

const isEvent = guard<{ readonly ev: string }>(Type.Object({ ev: Type.String() }));
const isStatus = guard<Pick<PolygonStatus, 'ev' | 'message'> & { readonly status: string }>(Status);
const isTrade = guard<TradeParts>(Trade);
const isQuote = guard<QuoteParts>(Quote);

/** Polygon's (Massive's) stream of US stocks: trades and quotes of every symbol, after authentication. */
export function polygon(access: ProviderAccess): Provider {
  return {
    name: 'polygon',
    kind: 'stream',
    history: polygonHistory(access),
    open: (host) => {
      const session = new PolygonSession(host, access);
      return openSocket(host, {
        url: `${access.url}/stocks`,
        opened: session.opened,
        frame: session.frame,
        endOf: (code) =>
          code === POLICY_CODE
            ? { reason: 'too_many_connections', detail: TOO_MANY, retryAfterMs: CROWDED_MS }
            : undefined,
      });
    },
  };
}

const TOO_MANY = 'the account has too many connections';

class PolygonSession {
  readonly #host: SessionHost;
  readonly #reader: TickReader;
  readonly #access: ProviderAccess;
  #send: (frame: PolygonAction) => void = () => undefined;

  constructor(host: SessionHost, access: ProviderAccess) {
    this.#host = host;
    this.#reader = new TickReader(host);
    this.#access = access;
  }

  readonly opened = (send: (frame: object) => void): void => {
    this.#send = send;
    send({ action: 'auth', params: this.#access.key ?? '' } satisfies PolygonAction);
  };

  readonly frame = (value: unknown): void => {
    if (!Array.isArray(value)) {
      this.#host.bad('unknown_form');
      return;
    }
    for (let at = 0; at < value.length; at++) this.#event(value[at]);
  };

  #event(value: unknown): void {
    if (isTrade(value)) this.#trade(value);
    else if (isQuote(value)) this.#quote(value);
    else if (isStatus(value)) this.#status(value.status, value.message);
    // Topics that we didn't ask for are no fault of the frame.
    else if (!isEvent(value) || ['T', 'Q', 'status'].includes(value.ev)) this.#host.bad('unknown_form');
  }

  #trade({ sym, p, s, c, t, q }: TradeParts): void {
    const reader = this.#reader;
    if (!reader.begin(sym) || !reader.trade(p, s)) return;
    if (c !== undefined && setsNoLast(c)) reader.flags = TradeFlag.NOT_LAST;
    reader.take(t * 1000, q);
  }

  #quote({ sym, bp, bs, ap, as, t }: QuoteParts): void {
    const reader = this.#reader;
    if (!reader.begin(sym) || !reader.quote(bp, ap)) return;
    if (reader.sizes(bs * ROUND_LOT, as * ROUND_LOT)) reader.take(t * 1000, 0);
  }

  #status(status: string, message: string): void {
    const { live, ended } = this.#host;
    if (status === 'auth_success') this.#subscribe();
    else if (status === 'success') live();
    else if (status === 'auth_failed') ended({ reason: 'auth_refused', detail: 'the key was refused' });
    else if (status === 'max_connections') {
      ended({ reason: 'too_many_connections', detail: TOO_MANY, retryAfterMs: CROWDED_MS });
    } else if (status === 'auth_timeout') ended({ reason: 'closed', detail: 'authentication took too long' });
    // Third-party knowledge: what a plan doesn't allow is refused by this message.
    else if (status === 'error' && message === 'not authorized') {
      ended({ reason: 'auth_refused', detail: 'the plan does not allow these topics' });
    } else if (status === 'error') this.#host.bad('unknown_form');
  }

  #subscribe(): void {
    const { symbols, covers } = this.#host;
    const most = this.#access.plan.symbols ?? symbols.size;
    const count = Math.min(most, symbols.size);
    covers({
      symbols: count,
      ...(count < symbols.size && { reason: `the plan allows ${count} of ${symbols.size} symbols` }),
    });
    const topics: string[] = [];
    for (let symbol = 0; symbol < count; symbol++) {
      const name = symbols.nameOf(symbol);
      topics.push(`T.${name}`, `Q.${name}`);
    }
    for (let from = 0; from < topics.length; from += TOPICS_PER_FRAME) {
      this.#send({ action: 'subscribe', params: topics.slice(from, from + TOPICS_PER_FRAME).join(',') });
    }
  }
}

function setsNoLast(conditions: readonly number[]): boolean {
  for (const condition of conditions) if (NOT_LAST.has(condition)) return true;
  return false;
}
