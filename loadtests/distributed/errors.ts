/** Why runs or generators can't be put together. */
export type MergeFault =
  /** A file or folder isn't there. */
  | 'missing'
  /** It is there and doesn't fit. */
  | 'bad'
  /** Nobody answers. */
  | 'unavailable';

/** What keeps generators from being one run, in one line that names the file and the way out. */
export class MergeError extends Error {
  override readonly name = 'MergeError';
  readonly fault: MergeFault;

  constructor(message: string, fault: MergeFault) {
    super(message);
    this.fault = fault;
  }
}
