/** A token, or how to get one. */
export type TokenOption = string | (() => string | Promise<string>) | undefined;

/** Gives each connection its token and gets a new one when the present one has ended. */
export class TokenSource {
  readonly #option: TokenOption;
  #present: string | undefined;
  /** Tokens that were refused as ended, since the last one that was taken. */
  #refusals = 0;

  constructor(option: TokenOption) {
    this.#option = option;
    this.#present = typeof option === 'string' ? option : undefined;
  }

  /** The last token that was got. */
  get present(): string | undefined {
    return this.#present;
  }

  /** The token for a connection; undefined when there is none to show. Rejects when the user's function does. */
  async get(): Promise<string | undefined> {
    return this.#present ?? this.renew();
  }

  /** Asks the user for a new token; undefined when there is nobody to ask. */
  async renew(): Promise<string | undefined> {
    if (typeof this.#option !== 'function') return undefined;
    const token = await this.#option();
    this.#present = token;
    return token;
  }

  /** Notes that the server has taken a token. */
  accepted(): void {
    this.#refusals = 0;
  }

  /** Notes that a token has ended; true when another one can be got. The second in a row that is refused ends that. */
  refused(): boolean {
    this.#refusals++;
    if (typeof this.#option !== 'function') return false;
    this.#present = undefined;
    return this.#refusals < 2;
  }
}
