import type { SystemFrame } from '../protocol/messages.ts';

/** As many symbols are named in the message for people; `symbols` names all. */
const NAMED = 3;

type Notice = Pick<SystemFrame, 'code' | 'message' | 'symbols'>;

/** Gathers halts of trading and their ends, so that the halt of a whole market is one notice, and a halt that is told again is none. */
export class HaltNotices {
  readonly #halted: Set<number>;
  readonly #nameOf: (symbol: number) => string;
  #code: 'halt' | 'resume' = 'halt';
  #untold: number[] = [];

  /** @param parts.halted indices of the symbols that are halted at the start */
  constructor(parts: { readonly halted: Iterable<number>; readonly nameOf: (symbol: number) => string }) {
    this.#halted = new Set(parts.halted);
    this.#nameOf = parts.nameOf;
  }

  /** Whether something is to be told before anything else happens. */
  get isPending(): boolean {
    return this.#untold.length > 0;
  }

  /** Whether a change of this kind may join what is pending; else that is to be told first. */
  mayJoin(code: 'halt' | 'resume'): boolean {
    return !this.isPending || code === this.#code;
  }

  /** Takes a change; false when the symbol is in that state already. */
  add(code: 'halt' | 'resume', symbol: number): boolean {
    if (this.#halted.has(symbol) === (code === 'halt')) return false;
    if (code === 'halt') this.#halted.add(symbol);
    else this.#halted.delete(symbol);
    this.#code = code;
    this.#untold.push(symbol);
    return true;
  }

  /** Takes out the notice of what is pending. */
  take(): Notice {
    const symbols = this.#untold.map((symbol) => this.#nameOf(symbol));
    this.#untold = [];
    const more = symbols.length - NAMED;
    const named = more > 0 ? `${symbols.slice(0, NAMED).join(', ')} and ${more} more` : symbols.join(', ');
    const does = this.#code === 'halt' ? 'is halted' : 'goes on';
    return { code: this.#code, message: `trading in ${named} ${does}`, symbols };
  }
}
