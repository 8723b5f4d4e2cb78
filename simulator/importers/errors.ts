/** Why an import ended: the way the command was called, an input that isn't there, or what is in the inputs. */
export type ImportFailure = 'usage' | 'missing' | 'bad';

/** An import that can't go on, with the thing, the place and the way out in one line. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  readonly kind: ImportFailure;

  constructor(kind: ImportFailure, message: string) {
    super(message);
    this.kind = kind;
  }
}
