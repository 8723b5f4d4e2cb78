import type { Books } from './books.ts';
import type { Fault, FaultFilter } from './types.ts';

/** Opens a connection's filter, and keeps books on how long each tick is held back. */
export function plant(fault: Pick<Fault, 'filter'>, books: Books): FaultFilter {
  books.connections += 1;
  const filter = fault.filter(books);
  let lastUs = 0;
  return {
    onFrame: (text, nowUs) => {
      const releases = filter.onFrame(text, nowUs);
      for (const release of releases) {
        // Releases keep their order: one that could go earlier waits for the one before it.
        lastUs = Math.max(lastUs, release.atUs);
        if (release.text.startsWith('{"type":"ticker"')) books.time('ticker', lastUs - nowUs);
      }
      return releases;
    },
  };
}
