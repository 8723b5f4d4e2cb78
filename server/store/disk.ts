import { fdatasync, write } from 'node:fs';

/** What the journal asks of the disk while it runs; tests make it fail. */
export interface Disk {
  /** Writes `length` bytes from `bytes` at `position`, all or an error. */
  readonly write: (
    file: number,
    what: { readonly bytes: Buffer; readonly length: number; readonly position: number },
    done: (error: Error | null) => void,
  ) => void;
  /** Calls back when all that was written to the file is safe from a power cut. */
  readonly sync: (file: number, done: (error: Error | null) => void) => void;
}

/** The real one. */
export const disk: Disk = {
  write: (file, what, done) => writeFrom(file, { ...what, from: 0 }, done),
  sync: (file, done) => fdatasync(file, done),
};

function writeFrom(
  file: number,
  what: { readonly bytes: Buffer; readonly length: number; readonly position: number; readonly from: number },
  done: (error: Error | null) => void,
): void {
  const { bytes, length, position, from } = what;
  write(file, bytes, from, length - from, position + from, (error, written) => {
    // A disk that is nearly full takes a part; the next attempt then tells the error.
    if (error !== null || from + written >= length) done(error);
    else writeFrom(file, { ...what, from: from + written }, done);
  });
}
