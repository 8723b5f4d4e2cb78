import { createReadStream, existsSync } from 'node:fs';
import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { MergeError } from './errors.ts';
import { ask } from './http.ts';

const TakenSchema = Type.Object({ lines: Type.Integer({ minimum: 0 }) });
const takenCheck = TypeCompiler.Compile(TakenSchema);
/** One delivery, at about this size. */
const CHUNK_CHARS = 1_000_000;
const NEWLINE = 10;

/** Delivers a growing file of lines, from where it was left: a delivery that failed is repeated with the next. */
export class Delivery {
  readonly #file: string;
  readonly #url: string;
  /** Bytes and lines that the coordinator has. */
  #bytes = 0;
  #lines = 0;

  /** @param options.url where lines are posted, without the query */
  constructor(options: { readonly file: string; readonly url: string }) {
    this.#file = options.file;
    this.#url = options.url;
  }

  /** Sends all whole lines that were written since. @throws MergeError when nobody takes them */
  async send(): Promise<void> {
    if (!existsSync(this.#file)) return;
    let pending: Buffer = Buffer.alloc(0);
    for await (const chunk of createReadStream(this.#file, { start: this.#bytes })) {
      if (!Buffer.isBuffer(chunk)) continue;
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      if (pending.length >= CHUNK_CHARS) pending = await this.#post(pending);
    }
    await this.#post(pending);
  }

  /** Posts the whole lines of a piece, and returns what is left. */
  async #post(piece: Buffer): Promise<Buffer> {
    const end = piece.lastIndexOf(NEWLINE) + 1;
    const rest = Buffer.from(piece.subarray(end));
    if (end === 0) return rest;
    const body = piece.toString('utf8', 0, end);
    const { status, body: said } = await ask(`${this.#url}?from=${this.#lines}`, { method: 'POST', body });
    const taken: unknown = status === 200 ? JSON.parse(said) : undefined;
    if (!takenCheck.Check(taken))
      throw new MergeError(`the gate doesn't take our lines (HTTP ${status}): ${said}`, 'unavailable');
    this.#lines = taken.lines;
    this.#bytes += end;
    return rest;
  }
}
