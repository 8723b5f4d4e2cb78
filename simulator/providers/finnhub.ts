import { TickKind } from '../../market/types.ts';
import type {
  FinnhubError,
  FinnhubFrame,
  FinnhubMarketStatus,
  FinnhubQuote,
} from '../../protocol/providers/finnhub.ts';
import { acceptsKey, jsonAnswer } from './access.ts';
import type {
  Facade,
  FacadeSession,
  FacadeSocket,
  FacadeWorld,
  ProviderAnswer,
  ProviderKind,
  ProviderRequest,
} from './facade.ts';
import { RateWindows } from './rateWindows.ts';
import { wholeMs, wholeSeconds, wireNumber } from './wireNumbers.ts';

const SECOND_US = 1_000_000;
const CALLS_PER_S = 30;
/** A ping of Finnhub's own, as a text frame. Third-party: how often. */
const PING_EVERY_MS = 60_000;
const PING: FinnhubFrame = { type: 'ping' };

/** Limits of one plan. */
interface FinnhubLimits {
  readonly callsPerMinute: number;
  readonly callsPerS: number;
  readonly symbols: number;
}

const NO_LIMIT = Number.POSITIVE_INFINITY;
const PLANS: Readonly<Record<string, FinnhubLimits>> = {
  free: { callsPerMinute: 60, callsPerS: CALLS_PER_S, symbols: 50 },
  premium: { callsPerMinute: 300, callsPerS: CALLS_PER_S, symbols: NO_LIMIT },
  unlimited: { callsPerMinute: NO_LIMIT, callsPerS: NO_LIMIT, symbols: NO_LIMIT },
};

/** Finnhub: trades by WebSocket, quotes by REST. */
export const FINNHUB: ProviderKind = {
  name: 'finnhub',
  plans: {
    free: '60 calls a minute, 30 a second, 50 symbols a connection',
    premium: '300 calls a minute, 30 a second, any number of symbols',
    unlimited: 'no limits',
  },
  create: (world) => new FinnhubFacade(world),
};

class FinnhubFacade implements Facade {
  readonly socketPaths = ['/'];
  readonly #world: FacadeWorld;
  readonly #limits: FinnhubLimits;
  readonly #perMinute: RateWindows;
  readonly #perSecond: RateWindows;

  constructor(world: FacadeWorld) {
    this.#world = world;
    this.#limits = PLANS[world.plan] ?? (PLANS['free'] as FinnhubLimits);
    this.#perMinute = new RateWindows({ limit: this.#limits.callsPerMinute, windowUs: 60 * SECOND_US });
    this.#perSecond = new RateWindows({ limit: this.#limits.callsPerS, windowUs: SECOND_US });
  }

  readonly refuse = (request: ProviderRequest): ProviderAnswer | undefined => {
    if (!acceptsKey(this.#world, keyOf(request))) return failure(401, 'Invalid API key.');
    // Third-party: too many connections are refused like too many calls.
    return this.#world.link().isRateLimited ? this.#limited() : undefined;
  };

  readonly connect = (socket: FacadeSocket): FacadeSession =>
    new FinnhubSession(socket, { world: this.#world, maxSymbols: this.#limits.symbols });

  readonly tick: NonNullable<Facade['tick']> = (tick, times) => {
    if (tick.kind !== TickKind.TRADE) return;
    const { market, output } = this.#world;
    const instrument = market.instruments[tick.symbol];
    if (instrument === undefined || !output.wants(instrument.symbol)) return;
    const { symbol, priceDecimals, quantityDecimals } = instrument;
    const price = wireNumber(tick.price, priceDecimals);
    const volume = wireNumber(tick.size, quantityDecimals);
    const name = JSON.stringify(symbol);
    output.say(symbol, `{"c":null,"p":${price},"s":${name},"t":${wholeMs(times.shownTimeUs)},"v":${volume}}`);
  };

  /** What falls in one turn goes into one frame, as Finnhub batches its trades. */
  readonly batch = (texts: readonly string[]): string => `{"data":[${texts.join(',')}],"type":"trade"}`;

  readonly request = (request: ProviderRequest): ProviderAnswer | undefined => {
    const answer = this.#answers(request.path);
    if (answer === undefined || request.method !== 'GET') return undefined;
    const key = keyOf(request);
    if (key === '') return failure(401, 'Please use an API key.');
    if (!acceptsKey(this.#world, key)) return failure(401, 'Invalid API key.');
    const nowUs = this.#world.nowUs();
    const second = this.#perSecond.take(key, nowUs);
    const minute = this.#perMinute.take(key, nowUs);
    const headers = rateHeaders(this.#perMinute.limit, minute);
    if (second.isOver || minute.isOver || this.#world.link().isRateLimited) return this.#limited(headers);
    return { ...answer(request.query), headers };
  };

  #answers(path: string): ((query: URLSearchParams) => ProviderAnswer) | undefined {
    switch (path) {
      case '/api/v1/quote':
        return (query) => jsonAnswer(200, this.#quote(query.get('symbol') ?? ''));
      case '/api/v1/stock/market-status':
        return () => jsonAnswer(200, this.#status());
      case '/api/v1/stock/candle':
        return () => failure(403, "You don't have access to this resource.");
      default:
        return undefined;
    }
  }

  #limited(headers: Readonly<Record<string, string>> = {}): ProviderAnswer {
    return failure(429, 'API limit reached. Please try again later. Remaining Limit: 0', headers);
  }

  /** A symbol that isn't known has a quote of noughts. */
  #quote(symbol: string): FinnhubQuote {
    const { market } = this.#world;
    const index = market.indexOf(symbol);
    const instrument = index === undefined ? undefined : market.instruments[index];
    if (index === undefined || instrument === undefined)
      return { c: 0, d: null, dp: null, h: 0, l: 0, o: 0, pc: 0, t: 0 };
    const { last, high, low, open, lastTimeUs, previousClose } = market.view(index);
    const { priceDecimals } = instrument;
    const hasChange = last > 0 && previousClose > 0;
    const price = (ticks: number) => wireNumber(ticks, priceDecimals);
    return {
      c: price(last === 0 ? previousClose : last),
      d: hasChange ? price(last - previousClose) : null,
      dp: hasChange ? Number((((last - previousClose) / previousClose) * 100).toFixed(4)) : null,
      h: price(high),
      l: price(low),
      o: price(open),
      pc: price(previousClose),
      t: wholeSeconds(lastTimeUs),
    };
  }

  #status(): FinnhubMarketStatus {
    const { market } = this.#world;
    const phase = market.phase();
    const sessions = { pre: 'pre-market', regular: 'regular', post: 'post-market', closed: null } as const;
    return {
      exchange: 'US',
      holiday: null,
      isOpen: phase === 'regular',
      session: sessions[phase],
      timezone: 'America/New_York',
      t: wholeSeconds(market.nowUs()),
    };
  }
}

/** One connection: trades of the symbols that it asks for. */
class FinnhubSession implements FacadeSession {
  readonly #socket: FacadeSocket;
  readonly #world: FacadeWorld;
  readonly #maxSymbols: number;
  readonly #symbols = new Set<string>();

  constructor(socket: FacadeSocket, options: { readonly world: FacadeWorld; readonly maxSymbols: number }) {
    this.#socket = socket;
    this.#world = options.world;
    this.#maxSymbols = options.maxSymbols;
    this.#pingLater();
  }

  readonly message = (text: string): void => {
    const command = parseCommand(text);
    if (command === undefined) this.#error('Invalid message');
    else if (command.type === 'subscribe') this.#subscribe(command.symbol);
    else if (this.#symbols.delete(command.symbol)) this.#socket.unsubscribe(command.symbol);
  };

  readonly closed = (): void => {};

  /** Nothing is said of success. */
  #subscribe(symbol: string): void {
    if (this.#symbols.has(symbol)) return;
    // Third-party: the words and the number are users' reports.
    if (this.#world.market.indexOf(symbol) === undefined) this.#error(`Invalid symbol ${symbol.slice(0, 64)}`);
    else if (this.#symbols.size >= this.#maxSymbols || this.#world.link().isRateLimited) {
      this.#error('Subscribing to too many symbols');
    } else {
      this.#symbols.add(symbol);
      this.#socket.subscribe(symbol);
    }
  }

  #error(msg: string): void {
    this.#send({ msg, type: 'error' });
  }

  #send(frame: FinnhubFrame): void {
    this.#socket.send(JSON.stringify(frame));
  }

  #pingLater(): void {
    this.#socket.after(PING_EVERY_MS, () => {
      this.#send(PING);
      this.#pingLater();
    });
  }
}

function parseCommand(
  text: string,
): { readonly type: 'subscribe' | 'unsubscribe'; readonly symbol: string } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('type' in value) || !('symbol' in value)) return undefined;
  const { type, symbol } = value;
  if ((type !== 'subscribe' && type !== 'unsubscribe') || typeof symbol !== 'string') return undefined;
  return { type, symbol };
}

function failure(status: number, error: string, headers: Readonly<Record<string, string>> = {}): ProviderAnswer {
  return jsonAnswer(status, { error } satisfies FinnhubError, headers);
}

/** By query or by header. */
function keyOf({ query, headers }: Pick<ProviderRequest, 'query' | 'headers'>): string {
  return query.get('token') ?? headers['x-finnhub-token'] ?? '';
}

function rateHeaders(limit: number, use: { readonly used: number; readonly resetUs: number }): Record<string, string> {
  if (limit === NO_LIMIT) return {};
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(Math.max(0, limit - use.used)),
    'x-ratelimit-reset': String(wholeSeconds(use.resetUs)),
  };
}
