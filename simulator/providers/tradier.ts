import { TickKind } from '../../market/types.ts';
import type {
  TradierSession as SessionAnswer,
  TradierFault,
  TradierStreamError,
} from '../../protocol/providers/tradier.ts';
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
import { CHANNELS, type Channel, channelTopic, TradierEvents } from './tradierEvents.ts';
import { TradierRest } from './tradierRest.ts';
import { wholeMs } from './wireNumbers.ts';

const MINUTE_US = 60_000_000;
const SESSION_US = 5 * MINUTE_US;
/** Sessions kept at once: they are made by clients, and most are never used. */
const MAX_SESSIONS = 10_000;
const POLICY_VIOLATION = 1008;
const NO_LIMIT = Number.POSITIVE_INFINITY;

interface TradierLimits {
  readonly callsPerMinute: number;
  readonly hasStreaming: boolean;
}

const PLANS: Readonly<Record<string, TradierLimits>> = {
  production: { callsPerMinute: 120, hasStreaming: true },
  sandbox: { callsPerMinute: 60, hasStreaming: false },
  unlimited: { callsPerMinute: NO_LIMIT, hasStreaming: true },
};

/** Tradier's market data: quotes and series by REST, events by WebSocket. */
export const TRADIER: ProviderKind = {
  name: 'tradier',
  plans: {
    production: '120 calls a minute, events by WebSocket',
    sandbox: '60 calls a minute, no events',
    unlimited: 'no limits',
  },
  create: (world) => new TradierFacade(world),
};

class TradierFacade implements Facade {
  readonly socketPaths = ['/v1/markets/events'];
  readonly #world: FacadeWorld;
  readonly #limits: TradierLimits;
  readonly #events: TradierEvents;
  readonly #rest: TradierRest;
  readonly #calls: RateWindows;
  /** The end of each session that no connection has used, µs, oldest first. */
  readonly #sessions = new Map<string, number>();

  constructor(world: FacadeWorld) {
    this.#world = world;
    this.#limits = PLANS[world.plan] ?? (PLANS['production'] as TradierLimits);
    this.#events = new TradierEvents(world);
    this.#rest = new TradierRest(world.market);
    this.#calls = new RateWindows({ limit: this.#limits.callsPerMinute, windowUs: MINUTE_US });
  }

  readonly connect = (socket: FacadeSocket): FacadeSession =>
    new TradierSession(socket, { world: this.#world, events: this.#events, useSession: (id) => this.#useSession(id) });

  readonly tick: NonNullable<Facade['tick']> = (tick, times) => {
    if (tick.kind === TickKind.TRADE) this.#events.trade(tick, times.shownTimeUs);
    else this.#events.quote(tick, times.shownTimeUs);
  };

  readonly request = (request: ProviderRequest): ProviderAnswer | undefined => {
    const isSession = request.method === 'POST' && request.path === '/v1/markets/events/session';
    if (!isSession && !this.#rest.answers(request)) return undefined;
    const token = /^Bearer (\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1] ?? '';
    if (!acceptsKey(this.#world, token)) {
      // Third-party: the codes of the refusals.
      return fault(401, {
        faultstring: 'Invalid Access Token',
        errorcode: 'keymanagement.service.invalid_access_token',
      });
    }
    const { isOver, used, resetUs } = this.#calls.take(token, this.#world.nowUs());
    const headers = rateHeaders(this.#calls.limit, { used, resetUs });
    if (isOver || this.#world.link().isRateLimited) {
      const words = {
        faultstring: 'Rate limit quota violation. Quota limit exceeded.',
        errorcode: 'policies.ratelimit.QuotaViolation',
      };
      return fault(429, words, headers);
    }
    const answer = isSession ? this.#makeSession() : this.#rest.answer(request);
    return { ...answer, headers };
  };

  #makeSession(): ProviderAnswer {
    if (!this.#limits.hasStreaming) {
      return fault(403, { faultstring: 'Streaming is not available in the sandbox', errorcode: 'Forbidden' });
    }
    const { random, nowUs } = this.#world;
    const sessionid = Array.from({ length: 4 }, () => hex(random())).join('-');
    for (const id of this.#sessions.keys()) {
      if (this.#sessions.size < MAX_SESSIONS) break;
      this.#sessions.delete(id);
    }
    this.#sessions.set(sessionid, nowUs() + SESSION_US);
    const made: SessionAnswer = { stream: { url: '../v1/markets/events', sessionid } };
    return jsonAnswer(200, made);
  }

  /** Whether a session is valid; it is used up. */
  #useSession(id: string): boolean {
    const endUs = this.#sessions.get(id) ?? 0;
    this.#sessions.delete(id);
    return this.#world.nowUs() < endUs;
  }
}

/** One connection: each of its messages replaces what it hears. */
class TradierSession implements FacadeSession {
  readonly #socket: FacadeSocket;
  readonly #world: FacadeWorld;
  readonly #events: TradierEvents;
  readonly #useSession: (id: string) => boolean;
  #sessionId: string | undefined;

  constructor(
    socket: FacadeSocket,
    options: {
      readonly world: FacadeWorld;
      readonly events: TradierEvents;
      readonly useSession: (id: string) => boolean;
    },
  ) {
    this.#socket = socket;
    this.#world = options.world;
    this.#events = options.events;
    this.#useSession = options.useSession;
  }

  readonly message = (text: string): void => {
    const wanted = parseSubscription(text);
    if (wanted === undefined) this.#refuse('invalid payload');
    else if (this.#world.link().refusesAuth || !this.#isSession(wanted.sessionid)) this.#refuse('Session not found');
    else if (this.#world.link().isRateLimited) this.#refuse('too many requests');
    else this.#hear(wanted);
  };

  readonly closed = (): void => {};

  /** A connection goes on with the session that it began with, or with a new one. */
  #isSession(id: string): boolean {
    if (id === this.#sessionId) return true;
    if (!this.#useSession(id)) return false;
    this.#sessionId = id;
    return true;
  }

  /** Third-party: the words and the code. */
  #refuse(error: string): void {
    this.#socket.send(JSON.stringify({ error } satisfies TradierStreamError));
    this.#socket.end(POLICY_VIOLATION, error);
  }

  #hear({ symbols, filter, linebreak }: Subscription): void {
    const { market } = this.#world;
    const known = [...new Set(symbols)].filter((symbol) => market.indexOf(symbol) !== undefined);
    const topics = new Set(
      known.flatMap((symbol) => filter.map((channel) => channelTopic({ channel, symbol, linebreak }))),
    );
    for (const topic of [...this.#socket.topics()]) if (!topics.has(topic)) this.#socket.unsubscribe(topic);
    for (const topic of topics) if (!this.#socket.isSubscribed(topic)) this.#socket.subscribe(topic);
    if (!filter.includes('summary')) return;
    for (const symbol of known) {
      const summary = this.#events.summaryOf(market.indexOf(symbol) ?? 0);
      if (summary !== undefined) this.#socket.send(JSON.stringify(summary) + (linebreak ? '\n' : ''));
    }
  }
}

interface Subscription {
  readonly symbols: readonly string[];
  readonly sessionid: string;
  readonly filter: readonly Channel[];
  readonly linebreak: boolean;
}

const DEFAULT_FILTER: readonly Channel[] = CHANNELS.filter((channel) => channel !== 'tradex');

function parseSubscription(text: string): Subscription | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const { symbols, sessionid } = fields;
  const filter = fields['filter'] ?? DEFAULT_FILTER;
  if (!isTexts(symbols) || typeof sessionid !== 'string' || !isTexts(filter)) return undefined;
  const channels = CHANNELS.filter((channel) => filter.includes(channel));
  if (channels.length !== new Set(filter).size) return undefined;
  const chosen = channels.length === 0 ? DEFAULT_FILTER : channels;
  return { symbols, sessionid, filter: chosen, linebreak: fields['linebreak'] === true };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function hex(drawn: number): string {
  return Math.floor(drawn * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
}

function fault(
  status: number,
  { faultstring, errorcode }: { readonly faultstring: string; readonly errorcode: string },
  headers: Readonly<Record<string, string>> = {},
): ProviderAnswer {
  return jsonAnswer(status, { fault: { faultstring, detail: { errorcode } } } satisfies TradierFault, headers);
}

/** Third-party: their names; the expiry is ms since the epoch. */
function rateHeaders(limit: number, use: { readonly used: number; readonly resetUs: number }): Record<string, string> {
  if (limit === NO_LIMIT) return {};
  return {
    'x-ratelimit-allowed': String(limit),
    'x-ratelimit-used': String(Math.min(limit, use.used)),
    'x-ratelimit-available': String(Math.max(0, limit - use.used)),
    'x-ratelimit-expiry': String(wholeMs(use.resetUs)),
  };
}
