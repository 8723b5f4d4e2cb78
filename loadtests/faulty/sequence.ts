import type { Books } from './books.ts';
import { headsOf, isEvent, numberIn, streamOf, symbolOf, typeOf, welcomed } from './frames.ts';
import { type FaultFilter, type Release, send } from './types.ts';

const ONE_IN = 1000;
/** Ticker frames that a resume leaves out, or tells twice. */
const AFTER_RESUME = 2;
const SILENT_FROM_US = 5_000_000;
const TICKER_HEADS = headsOf('ticker');
const PATTERN_HEADS = headsOf('pattern');

/** Calls `act` on one event frame in {@link ONE_IN}, counted over all connections, and lets everything else by. */
function oneIn(kind: string, act: (text: string, nowUs: number) => readonly Release[]): (books: Books) => FaultFilter {
  return (books) => ({
    onFrame: (text, nowUs) => {
      if (!isEvent(text)) return [send(text, nowUs)];
      books.seen += 1;
      if (books.seen % ONE_IN !== 0) return [send(text, nowUs)];
      books.count(kind);
      return act(text, nowUs);
    },
  });
}

/** Loses one event in {@link ONE_IN}. What was lost just before a cut and is told by the resume, nobody can miss. */
export function drop(books: Books): FaultFilter {
  const connection = books.connections;
  let account = '';
  return {
    onFrame: (text, nowUs) => {
      account = welcomed(text) ?? account;
      if (!isEvent(text)) return [send(text, nowUs)];
      books.seen += 1;
      const isDropped = books.seen % ONE_IN === 0;
      if (!isDropped && !books.hasKept(account)) return [send(text, nowUs)];
      const stream = streamOf(text);
      const seq = numberIn(text, 'seq');
      if (isDropped) {
        books.keep('drop', account, { name: `${stream} ${seq}`, connection, atUs: nowUs });
        return [];
      }
      const from = numberIn(text, 'seqFrom');
      for (let at = Number.isNaN(from) ? seq : from; at <= seq; at++)
        books.told('drop', account, { name: `${stream} ${at}`, connection, atUs: nowUs });
      return [send(text, nowUs)];
    },
  };
}

export const double = oneIn('double', (text, nowUs) => [send(text, nowUs), send(text, nowUs)]);

/** Lets one event in {@link ONE_IN} change places with the next of its stream. */
export function swap(books: Books): FaultFilter {
  let held: string | undefined;
  return {
    onFrame: (text, nowUs) => {
      if (held !== undefined && isEvent(text) && streamOf(text) === streamOf(held)) {
        const both = [send(text, nowUs), send(held, nowUs)];
        held = undefined;
        books.count('swap');
        return both;
      }
      if (!isEvent(text)) return [send(text, nowUs)];
      books.seen += 1;
      if (books.seen % ONE_IN !== 0 || held !== undefined) return [send(text, nowUs)];
      held = text;
      return [];
    },
  };
}

/** From five seconds on no tick of half the symbols, and no word of them in heartbeats. */
export function halfSilent(books: Books): FaultFilter {
  let account = '';
  const isSilent = (symbol: string): boolean => [...symbol].reduce((sum, one) => sum + one.charCodeAt(0), 0) % 2 === 0;
  return {
    onFrame: (text, nowUs) => {
      account = welcomed(text) ?? account;
      if (nowUs - books.startUs < SILENT_FROM_US) return [send(text, nowUs)];
      const type = typeOf(text);
      if (type === 'heartbeat') return [send(text.replace(TICKER_HEADS, '"ticker":{}'), nowUs)];
      if (type !== 'ticker' || !isSilent(symbolOf(text))) return [send(text, nowUs)];
      books.countOnce('silent', `${account}:${symbolOf(text)}`);
      return [];
    },
  };
}

/** No pattern, and no word of one: heads that stand still prove nothing lost. */
export function withoutPatterns(): FaultFilter {
  return {
    onFrame: (text, nowUs) => {
      const type = typeOf(text);
      if (type === 'pattern') return [];
      return [send(type === 'heartbeat' ? text.replace(PATTERN_HEADS, '"pattern":{}') : text, nowUs)];
    },
  };
}

/** After each resume of tickers, what `act` makes of the first two frames that were due before it. */
function afterResume(act: (text: string, nowUs: number, at: number) => readonly Release[]): () => FaultFilter {
  return () => {
    let left = 0;
    let resumedUs = 0;
    return {
      onFrame: (text, nowUs) => {
        const isResume =
          /^\{"type":"subscribed"/.test(text) &&
          text.includes('"channel":"ticker"') &&
          text.includes('"recovered":true');
        if (isResume) {
          left = AFTER_RESUME;
          resumedUs = nowUs;
        } else if (left > 0 && typeOf(text) === 'ticker') {
          left = numberIn(text, 'dueTimeUs') < resumedUs ? left - 1 : -1;
          if (left >= 0) return act(text, nowUs, AFTER_RESUME - left);
        }
        return [send(text, nowUs)];
      },
    };
  };
}

/** A resume leaves two frames out. Neighbours of one symbol are one hole. */
export function resumeHole(books: Books): FaultFilter {
  let before = '';
  return afterResume((text, _, at) => {
    if (at === 1 || symbolOf(text) !== before) books.count('hole');
    before = symbolOf(text);
    return [];
  })();
}

/** A resume tells two frames twice. */
export function resumeRepeat(books: Books): FaultFilter {
  return afterResume((text, nowUs) => {
    books.count('repeat');
    return [send(text, nowUs), send(text, nowUs)];
  })();
}
