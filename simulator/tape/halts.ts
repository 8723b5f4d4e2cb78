import type { TapeHalt } from './types.ts';

/** Says what is wrong with a tape's halts: a symbol that it lacks, an end before the start, an overlap or the wrong order; undefined when all is well. */
export function findHaltFault(halts: readonly TapeHalt[], symbols: number): string | undefined {
  const endUs = new Map<number, number>();
  let lastUs = 0;
  for (const [index, { symbol, haltUs, resumeUs = Number.POSITIVE_INFINITY }] of halts.entries()) {
    if (symbol >= symbols) return `has halt ${index} of symbol ${symbol}, which its symbol table lacks`;
    if (resumeUs <= haltUs) return `has halt ${index} that ends before it begins`;
    if (haltUs < lastUs) return `has halt ${index} before the one ahead of it`;
    if (haltUs < (endUs.get(symbol) ?? 0)) return `has halt ${index} while symbol ${symbol} is halted already`;
    lastUs = haltUs;
    endUs.set(symbol, resumeUs);
  }
  return undefined;
}
