/**
 * What every client here has in common: it is started with its configuration as JSON, tells what it sees as a line of
 * JSON each, and takes words by lines: `limit` makes it ask for too much.
 */
import { createInterface } from 'node:readline';

/** Where the provider is and what to ask of it: { package, ws, http, symbol, key }. */
export const config = JSON.parse(process.argv[2]);

/** Tells one thing: { ready }, { tick: { id, price } }, { cut }, { limit }. */
export function tell(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** Does something when a word comes. */
export function on(word, action) {
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (line === word) action();
  });
}
