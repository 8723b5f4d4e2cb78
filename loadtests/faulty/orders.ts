import type { Books } from './books.ts';
import { numberIn, onTick, shift, symbolOf, typeOf } from './frames.ts';
import { type FaultFilter, type Release, send } from './types.ts';

/**
 * Holds a connection's order events from a trigger on until the symbol's next tick, and claims that tick for all that
 * became of the orders that triggered. The heads in heartbeats stay behind with them: this server is late, it loses
 * nothing.
 */
export function lateTriggers(books: Books): FaultFilter {
  const held: HeldFrame[] = [];
  /** Orders whose trigger was held. */
  const late = new Set<string>();
  return {
    onFrame: (text, nowUs) => {
      const type = typeOf(text);
      if (type === 'heartbeat') {
        const texts = held.map((frame) => frame.text);
        return [send(withHeadsBehind(text, texts), nowUs)];
      }
      const isOrder = type === 'order' || type === 'execution';
      if (isOrder && (held.length > 0 || isTrigger(text))) {
        if (isTrigger(text)) late.add(orderOf(text));
        held.push({ text, isLate: late.has(orderOf(text)) });
        return [];
      }
      const [head] = held;
      if (head === undefined || type !== 'ticker' || !isNextTick(head.text, text)) return [send(text, nowUs)];
      const released: Release[] = [send(text, nowUs)];
      for (let next = held[0]; next !== undefined; next = held[0]) {
        // A trigger behind it waits for its own next tick.
        if (next.isLate && !isNextTick(next.text, text)) break;
        held.shift();
        if (isTrigger(next.text)) books.countOnce('late', orderOf(next.text));
        released.push(send(next.isLate ? onTick(next.text, text) : next.text, nowUs));
      }
      return released;
    },
  };
}

interface HeldFrame {
  readonly text: string;
  /** Whether it tells of an order from its trigger on. */
  readonly isLate: boolean;
}

/** Tells of the legs that an OCO list's trigger cancels that they triggered as well. */
export const bothLegs = ofCanceledLegs('leg', (text) =>
  text.replace('"reason":"canceled"', '"reason":"triggered"').replace('"status":"CANCELED"', '"status":"TRIGGERED"'),
);

/** Claims for each leg that an OCO list's trigger cancels that it was canceled a tick later. */
export const lateCancels = ofCanceledLegs('cancel', (text) => shift(text, 'tickSeq', 1));

/** Changes what is told of the legs that an OCO list's trigger cancels, and lets everything else by. */
function ofCanceledLegs(kind: string, change: (text: string) => string): (books: Books) => FaultFilter {
  return (books) => ({
    onFrame: (text, nowUs) => {
      const isCanceledLeg =
        typeOf(text) === 'order' && text.includes('"reason":"canceled"') && text.includes('"contingency":"OCO"');
      if (!isCanceledLeg) return [send(text, nowUs)];
      books.countOnce(kind, orderOf(text));
      return [send(change(text), nowUs)];
    },
  });
}

/** Claims for each trigger the tick before the one that crossed, where this connection knows it. */
export function earlyTriggers(books: Books): FaultFilter {
  const ticks = new Map<string, readonly string[]>();
  return {
    onFrame: (text, nowUs) => {
      const type = typeOf(text);
      if (type === 'ticker') {
        const symbol = symbolOf(text);
        ticks.set(symbol, [...(ticks.get(symbol) ?? []).slice(-2), text]);
      }
      if (type !== 'order' || !isTrigger(text)) return [send(text, nowUs)];
      const before = ticks.get(symbolOf(text))?.findLast((tick) => numberIn(tick, 'seq') < numberIn(text, 'tickSeq'));
      if (before === undefined) return [send(text, nowUs)];
      books.countOnce('early', orderOf(text));
      return [send(onTick(text, before), nowUs)];
    },
  };
}

/** What it has to say of orders comes when the test is long over; the heads in heartbeats stay behind with it. */
export function noAnswers(books: Books): FaultFilter {
  const held: string[] = [];
  return {
    onFrame: (text, nowUs) => {
      const type = typeOf(text);
      if (type === 'heartbeat') return [send(withHeadsBehind(text, held), nowUs)];
      if (type === 'order.accepted') for (const order of ordersIn(text)) books.countOnce('answer', order);
      if (type === 'order' || type === 'execution') held.push(text);
      return type === 'order.accepted' || type === 'order' || type === 'execution' ? [] : [send(text, nowUs)];
    },
  };
}

function orderOf(text: string): string {
  return ordersIn(text)[0] ?? '';
}

/** The names of the orders that a frame tells of: the answer to a list tells of several. */
function ordersIn(text: string): string[] {
  return [...text.matchAll(/"clientOrderId":"([^"]+)"/g)].map(([, name]) => name ?? '');
}

function isTrigger(text: string): boolean {
  return text.includes('"reason":"triggered"');
}

/** A heartbeat whose order and execution heads stand before the first frame held back. */
function withHeadsBehind(heartbeat: string, held: readonly string[]): string {
  let changed = heartbeat;
  for (const channel of ['order', 'execution']) {
    const first = held.find((text) => typeOf(text) === channel && !Number.isNaN(numberIn(text, 'seq')));
    if (first === undefined) continue;
    changed = changed.replace(new RegExp(`("${channel}":\\{"[^"]+":)\\d+`), `$1${numberIn(first, 'seq') - 1}`);
  }
  return changed;
}

function isNextTick(order: string, tick: string): boolean {
  return symbolOf(order) === symbolOf(tick) && numberIn(tick, 'seq') > numberIn(order, 'tickSeq');
}
