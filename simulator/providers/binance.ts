import { TickKind } from '../../market/types.ts';
import { decodedPath, jsonAnswer } from './access.ts';
import { type CommandId, idText, type ParsedCommand, parseCommand, refusalText } from './binanceCommands.ts';
import { BinanceEvents } from './binanceEvents.ts';
import { BinanceSymbols, combinedTopic } from './binanceNames.ts';
import { BinanceRest, TOO_MANY_REQUESTS } from './binanceRest.ts';
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
import { wholeMs } from './wireNumbers.ts';

const SECOND_US = 1_000_000;
const MAX_STREAMS = 1_024;
/** Streams of a connection without limits: what one keeps stays bounded. */
const MOST_STREAMS = 10 * MAX_STREAMS;
const MESSAGES_PER_S = 5;
const CONNECTIONS_PER_5_MIN = 300;
const LIFETIME_MS = 86_400_000;
const PING_EVERY_MS = 20_000;
/** Who answers none of so many pings is gone a minute after the first of them. */
const MAX_UNANSWERED = 3;
/** How long before the end of a connection it is announced. */
const SHUTDOWN_NOTICE_MS = 10_000;
const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;

/** Limits of one plan. */
interface BinanceLimits {
  readonly messagesPerS: number;
  readonly streams: number;
  readonly connectionsPer5Min: number;
}

const NO_LIMITS: BinanceLimits = {
  messagesPerS: Number.POSITIVE_INFINITY,
  streams: MOST_STREAMS,
  connectionsPer5Min: Number.POSITIVE_INFINITY,
};
const SPOT_LIMITS: BinanceLimits = {
  messagesPerS: MESSAGES_PER_S,
  streams: MAX_STREAMS,
  connectionsPer5Min: CONNECTIONS_PER_5_MIN,
};

/** Binance spot: market streams by WebSocket, market data by REST; public, so without keys. */
export const BINANCE: ProviderKind = {
  name: 'binance',
  plans: {
    public:
      '5 messages a second and 1,024 streams a connection, 300 connections in 5 minutes, 6,000 request weight a minute, per address',
    unlimited: 'no limits, but for 10,240 streams a connection',
  },
  create: (world) => new BinanceFacade(world),
};

class BinanceFacade implements Facade {
  readonly socketPaths = ['/ws', '/ws/*', '/stream'];
  readonly #world: FacadeWorld;
  readonly #limits: BinanceLimits;
  readonly #events: BinanceEvents;
  readonly #rest: BinanceRest;
  readonly #connections: RateWindows;
  readonly #sessions = new Set<BinanceSession>();

  constructor(world: FacadeWorld) {
    this.#world = world;
    this.#limits = world.plan === 'unlimited' ? NO_LIMITS : SPOT_LIMITS;
    const symbols = new BinanceSymbols(world.market.instruments);
    this.#events = new BinanceEvents(world, symbols);
    this.#rest = new BinanceRest(world, symbols, this.#events);
    this.#connections = new RateWindows({ limit: this.#limits.connectionsPer5Min, windowUs: 300 * SECOND_US });
  }

  /** Connections over the limit are refused before they are made. Third-party: the documents give the limit, not the answer. */
  readonly refuse = (request: ProviderRequest): ProviderAnswer | undefined => {
    const { isOver } = this.#connections.take(request.remoteAddress, this.#world.nowUs());
    if (!isOver && !this.#world.link().isRateLimited) return undefined;
    return jsonAnswer(429, TOO_MANY_REQUESTS);
  };

  readonly connect = (socket: FacadeSocket): FacadeSession => {
    const session = new BinanceSession(socket, {
      world: this.#world,
      limits: this.#limits,
      closed: () => this.#sessions.delete(session),
    });
    this.#sessions.add(session);
    return session;
  };

  readonly wantsSeconds = (): boolean => {
    for (const session of this.#sessions) if (session.wantsSeconds) return true;
    return false;
  };

  readonly request = (request: ProviderRequest): ProviderAnswer | undefined => this.#rest.answer(request);

  readonly tick: NonNullable<Facade['tick']> = (tick, times) => {
    if (tick.kind === TickKind.TRADE) this.#events.trade(tick, times.shownTimeUs);
    else this.#events.quote(tick);
  };

  readonly bar: NonNullable<Facade['bar']> = (bar) => this.#events.bar(bar);
}

/** One connection: what it asks, and how much of it. */
class BinanceSession implements FacadeSession {
  readonly #socket: FacadeSocket;
  readonly #world: FacadeWorld;
  readonly #limits: BinanceLimits;
  readonly #messages: RateWindows;
  /** By name as asked for, also of what doesn't exist: Binance takes any name. */
  readonly #streams = new Set<string>();
  #isCombined: boolean;
  /** Streams that tell of each second: all but trades and quotes. */
  #timedStreams = 0;
  #unanswered = 0;
  readonly closed: () => void;

  constructor(
    socket: FacadeSocket,
    options: { readonly world: FacadeWorld; readonly limits: BinanceLimits; readonly closed: () => void },
  ) {
    this.#socket = socket;
    this.#world = options.world;
    this.#limits = options.limits;
    this.closed = options.closed;
    this.#messages = new RateWindows({ limit: this.#limits.messagesPerS, windowUs: SECOND_US });
    this.#isCombined = socket.path.startsWith('/stream');
    socket.onControl(() => {
      this.#unanswered = 0;
      this.#mayGoOn();
    });
    this.#pingLater();
    socket.after(LIFETIME_MS - SHUTDOWN_NOTICE_MS, () => this.#announceEnd());
    this.#add(streamsOfUrl(socket).slice(0, this.#limits.streams));
  }

  readonly message = (text: string): void => {
    if (!this.#mayGoOn(this.#world.link().isRateLimited)) return;
    const command = parseCommand(text);
    if (command.kind === 'refused') {
      this.#socket.send(refusalText(command));
    } else this.#obey(command);
  };

  get wantsSeconds(): boolean {
    return this.#timedStreams > 0;
  }

  #obey(command: Exclude<ParsedCommand, { readonly kind: 'refused' }>): void {
    const { id } = command;
    switch (command.kind) {
      case 'subscribe':
        if (!this.#add(command.streams)) {
          // Third-party: the documents give the limit of streams, not the answer.
          this.#socket.send(refusalText({ kind: 'refused', code: 4, msg: 'Too many subscriptions', id }));
        } else this.#answer(null, command);
        return;
      case 'unsubscribe':
        for (const stream of command.streams) this.#remove(stream);
        this.#answer(null, command);
        return;
      case 'list':
        this.#answer([...this.#streams], command);
        return;
      case 'get_combined':
        this.#answer(this.#isCombined, command);
        return;
      case 'set_combined':
        this.#setCombined(command.combined);
        this.#answer(null, command);
    }
  }

  #answer(result: null | boolean | readonly string[], { id }: { readonly id: CommandId }): void {
    this.#socket.send(`{"result":${JSON.stringify(result)},"id":${idText(id)}}`);
  }

  /** All or, over the limit, none. */
  #add(streams: readonly string[]): boolean {
    const added = streams.filter((stream) => !this.#streams.has(stream));
    if (this.#streams.size + new Set(added).size > this.#limits.streams) return false;
    for (const stream of added) {
      if (this.#streams.has(stream)) continue;
      this.#streams.add(stream);
      if (isTimed(stream)) this.#timedStreams++;
      this.#socket.subscribe(this.#topic(stream));
    }
    return true;
  }

  #remove(stream: string): void {
    if (!this.#streams.delete(stream)) return;
    if (isTimed(stream)) this.#timedStreams--;
    this.#socket.unsubscribe(this.#topic(stream));
  }

  #setCombined(isCombined: boolean): void {
    if (isCombined === this.#isCombined) return;
    for (const stream of this.#streams) this.#socket.unsubscribe(this.#topic(stream));
    this.#isCombined = isCombined;
    for (const stream of this.#streams) this.#socket.subscribe(this.#topic(stream));
  }

  #topic(stream: string): string {
    return this.#isCombined ? combinedTopic(stream) : stream;
  }

  /** Counts a message, a ping or a pong; over the limit the connection ends. Third-party: the code and the reason. */
  #mayGoOn(isRateLimited = false): boolean {
    const { isOver } = this.#messages.take('', this.#world.nowUs());
    const mayGoOn = !isOver && !isRateLimited;
    if (!mayGoOn) this.#socket.end(POLICY_VIOLATION, 'Too many requests');
    return mayGoOn;
  }

  #pingLater(): void {
    this.#socket.after(PING_EVERY_MS, () => {
      if (this.#unanswered === MAX_UNANSWERED) {
        this.#socket.terminate();
        return;
      }
      this.#unanswered++;
      this.#socket.ping();
      this.#pingLater();
    });
  }

  #announceEnd(): void {
    this.#socket.send(JSON.stringify({ e: 'serverShutdown', E: wholeMs(this.#world.market.nowUs()) }));
    this.#socket.after(SHUTDOWN_NOTICE_MS, () => this.#socket.end(GOING_AWAY, ''));
  }
}

function isTimed(stream: string): boolean {
  return stream.includes('@kline_') || stream.endsWith('@ticker') || stream.endsWith('@miniTicker');
}

/** `/ws/a` and `/stream?streams=a/b` name streams; what names none, such as ccxt's `/ws/0`, is only a suffix. */
function streamsOfUrl({ path, query }: FacadeSocket): readonly string[] {
  const text = path.startsWith('/stream') ? (query.get('streams') ?? '') : decodedPath(path.slice('/ws/'.length));
  return text.split('/').filter((name) => name.includes('@'));
}
