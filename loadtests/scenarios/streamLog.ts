/** What one client heard of one numbered stream: whether its numbers have holes or repeats. */
export class StreamLog {
  /** The highest number heard, or covered by a snapshot; -1 before the first. */
  head = -1;
  /** Numbers that were neither told nor covered. */
  holes = 0;
  /** Numbers told more than once. */
  repeats = 0;
  /** Snapshots that stood for what was missed. */
  snapshots = 0;

  /** A frame that stands for the numbers from `from` to `seq`. */
  hear(seq: number, from = seq): void {
    if (this.head >= 0 && from > this.head + 1) this.holes += from - this.head - 1;
    if (from <= this.head) this.repeats += 1;
    this.head = Math.max(this.head, seq);
  }

  /** A snapshot: all up to its number is known. */
  know(seq: number): void {
    this.snapshots++;
    if (seq < this.head) this.repeats++;
    this.head = Math.max(this.head, seq);
  }
}
