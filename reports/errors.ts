/** A run that can't be read, in one line that names the file and the fault: `missing`, or `bad` data in it. */
export class SummaryError extends Error {
  override readonly name = 'SummaryError';
  readonly reason: 'missing' | 'bad';

  constructor(message: string, reason: 'missing' | 'bad') {
    super(message);
    this.reason = reason;
  }
}
