import { Type } from '@sinclair/typebox';
import type {
  BinanceBookTicker,
  BinanceCombined,
  BinanceCommand,
  BinanceCommandError,
  BinanceResult,
  BinanceTrade,
} from '../../../protocol/providers/binance.ts';
import { guard } from '../guard.ts';
import type { Provider, ProviderAccess, SessionHost } from '../provider.ts';
import { openSocket } from '../socketSession.ts';
import { decimalOf } from '../symbolBook.ts';
import { TickReader } from '../tickReader.ts';
import { binanceHistory } from './binanceHistory.ts';

/** Trades and best prices. */
const STREAMS_PER_SYMBOL = 2;
const SYMBOLS_PER_CONNECTION = 1_024 / STREAMS_PER_SYMBOL;
/** Streams of one command: its frame stays small. */
const STREAMS_PER_COMMAND = 200;
/** Five messages a second are allowed, pings among them, ms. */
const COMMAND_EVERY_MS = 300;

type TradeParts = Pick<BinanceTrade, 'e' | 's' | 't' | 'p' | 'q' | 'T'>;

const isTrade = guard<TradeParts>(
  Type.Object({
    e: Type.Literal('trade'),
    s: Type.String(),
    t: Type.Integer(),
    p: Type.String(),
    q: Type.String(),
    T: Type.Integer({ minimum: 0 }),
  }),
);
const isBookTicker = guard<BinanceBookTicker>(
  Type.Object({
    u: Type.Integer(),
    s: Type.String(),
    b: Type.String(),
    B: Type.String(),
    a: Type.String(),
    A: Type.String(),
  }),
);
const isCombined = guard<Pick<BinanceCombined, 'stream'> & { readonly data: unknown }>(
  Type.Object({ stream: Type.String(), data: Type.Unknown() }),
);
const isDone = guard<BinanceResult & { readonly id: number }>(
  Type.Object({ result: Type.Null(), id: Type.Integer({ minimum: 0 }) }),
);
const isRefusal = guard<BinanceCommandError>(Type.Object({ code: Type.Integer(), msg: Type.String() }));
const isShutdown = guard<{ readonly e: 'serverShutdown' }>(Type.Object({ e: Type.Literal('serverShutdown') }));

/** Binance's spot streams: trades and best prices, over as many connections as the symbols need. */
export function binance(access: ProviderAccess): Provider {
  return {
    name: 'binance',
    kind: 'stream',
    history: binanceHistory(access),
    open: (host) => {
      const { symbols } = host;
      const count = Math.min(access.plan.symbols ?? symbols.size, symbols.size);
      const reason = count < symbols.size ? `the plan allows ${count} of ${symbols.size} symbols` : undefined;
      host.covers({ symbols: count, ...(reason !== undefined && { reason }) });
      const connections = Math.ceil(count / SYMBOLS_PER_CONNECTION);
      let ready = 0;
      const sessions = Array.from({ length: connections }, (_, at) => {
        const from = at * SYMBOLS_PER_CONNECTION;
        const connection = new BinanceConnection(host, {
          from,
          to: Math.min(count, from + SYMBOLS_PER_CONNECTION),
          subscribed: () => {
            ready++;
            if (ready === connections) host.live();
          },
        });
        return connection.open(access.url);
      });
      return {
        stop: () => {
          for (const { stop } of sessions) stop();
        },
      };
    },
  };
}

/** One connection, with a part of the symbols. */
class BinanceConnection {
  readonly #host: SessionHost;
  readonly #reader: TickReader;
  readonly #commands: BinanceCommand[];
  readonly #subscribed: () => void;
  #unanswered: number;
  #callOff: () => void = () => undefined;

  constructor(
    host: SessionHost,
    part: { readonly from: number; readonly to: number; readonly subscribed: () => void },
  ) {
    this.#host = host;
    this.#reader = new TickReader(host);
    this.#commands = commandsFor(host, part);
    this.#unanswered = this.#commands.length;
    this.#subscribed = part.subscribed;
  }

  open(url: string) {
    const socket = openSocket(this.#host, { url: `${url}/stream`, opened: this.#opened, frame: this.#frame });
    return {
      stop: () => {
        this.#callOff();
        socket.stop();
      },
    };
  }

  readonly #opened = (send: (frame: object) => void): void => {
    const next = (): void => {
      const command = this.#commands.shift();
      if (command === undefined) return;
      send(command);
      this.#callOff = this.#host.ports.timers.after(COMMAND_EVERY_MS, next);
    };
    next();
  };

  readonly #frame = (value: unknown): void => {
    if (isCombined(value)) this.#event(value.data);
    else if (isDone(value)) {
      this.#unanswered--;
      if (this.#unanswered === 0) this.#subscribed();
    } else if (isShutdown(value)) {
      this.#host.ended({ reason: 'closed', detail: 'the provider ends this connection' });
    } else if (isRefusal(value)) {
      this.#host.ended({ reason: 'protocol', detail: `a subscription was refused with code ${value.code}` });
    } else this.#host.bad('unknown_form');
  };

  #event(value: unknown): void {
    const reader = this.#reader;
    if (isTrade(value)) {
      if (!reader.begin(value.s) || !reader.trade(decimalOf(value.p), decimalOf(value.q))) return;
      reader.take(value.T * 1000, value.t);
    } else if (isBookTicker(value)) {
      if (!reader.begin(value.s) || !reader.quote(decimalOf(value.b), decimalOf(value.a))) return;
      const timeUs = this.#host.eventTimeUs(this.#host.tick.symbol);
      // It says no time, and before the first trade nobody knows the market's.
      if (timeUs > 0 && reader.sizes(decimalOf(value.B), decimalOf(value.A))) reader.take(timeUs, 0);
    } else if (isShutdown(value)) {
      this.#host.ended({ reason: 'closed', detail: 'the provider ends this connection' });
    } else this.#host.bad('unknown_form');
  }
}

function commandsFor({ symbols }: SessionHost, { from, to }: { readonly from: number; readonly to: number }) {
  const streams: string[] = [];
  for (let symbol = from; symbol < to; symbol++) {
    const name = symbols.nameOf(symbol).toLowerCase();
    streams.push(`${name}@trade`, `${name}@bookTicker`);
  }
  const commands: BinanceCommand[] = [];
  for (let at = 0; at < streams.length; at += STREAMS_PER_COMMAND) {
    const params = streams.slice(at, at + STREAMS_PER_COMMAND);
    commands.push({ method: 'SUBSCRIBE', params, id: commands.length + 1 });
  }
  return commands;
}
