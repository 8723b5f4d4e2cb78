import { TickKind } from '../../../market/types.ts';
import type { ProviderName } from '../../../protocol/providers/names.ts';
import type { Provider, Session, SessionEnd, SessionHost } from '../provider.ts';

/** A provider whose sessions do what a test tells them to. */
export class ScriptedProvider implements Provider {
  readonly name: ProviderName;
  readonly kind: Provider['kind'];
  /** Sessions so far, the ones that have ended too. */
  sessions = 0;
  /** What a new session does at once; nothing by default. */
  atOpening: (session: ScriptedProvider) => void = () => undefined;
  #host: SessionHost | undefined = undefined;

  constructor(name: ProviderName, kind: Provider['kind'] = 'stream') {
    this.name = name;
    this.kind = kind;
  }

  /** Whether a session is open. */
  get isOpen(): boolean {
    return this.#host !== undefined;
  }

  /** The open session's host. */
  get host(): SessionHost {
    if (this.#host === undefined) throw new Error(`${this.name} has no session`);
    return this.#host;
  }

  readonly open = (host: SessionHost): Session => {
    this.sessions++;
    this.#host = host;
    this.atOpening(this);
    return {
      stop: () => {
        if (this.#host === host) this.#host = undefined;
      },
    };
  };

  /** A trade of 10 lots at a price in ticks. */
  trade(trade: {
    readonly price: number;
    readonly timeUs: number;
    readonly symbol?: number;
    readonly id?: number;
  }): void {
    const { price, timeUs, symbol = 0, id = 0 } = trade;
    Object.assign(this.host.tick, { kind: TickKind.TRADE, symbol, price, size: 10, eventTimeUs: timeUs, flags: 0 });
    this.host.take(id);
  }

  end(end: Partial<SessionEnd> = {}): void {
    this.host.ended({ reason: 'closed', detail: 'the connection broke', ...end });
  }
}
