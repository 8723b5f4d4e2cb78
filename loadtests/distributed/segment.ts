import type { ClientPlan, GeneratorPlan } from '../../protocol/generatorPlan.ts';

/** One of several generators that share a plan: `index` from 1 to `of`. */
export interface Segment {
  readonly index: number;
  readonly of: number;
}

/** Reads a segment as `2/4`; undefined when it is none. */
export function parseSegment(text: string): Segment | undefined {
  const parts = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(text);
  if (parts === null) return undefined;
  const segment = { index: Number(parts[1]), of: Number(parts[2]) };
  return segment.index <= segment.of ? segment : undefined;
}

/** A segment in words: `2/4`. */
export function segmentName({ index, of }: Segment): string {
  return `${index}/${of}`;
}

/** The plan's clients of a segment: every `of`-th, so that those cut together, and those with orders, are spread over all. */
export function clientsOfSegment(clients: readonly ClientPlan[], { index, of }: Segment): ClientPlan[] {
  return clients.filter((_, at) => at % of === index - 1);
}

/**
 * The plan as one segment plays it: its clients, the part of the tape that they read, and chance of its own.
 * Undefined when the plan has no client for it.
 */
export function planOfSegment(plan: GeneratorPlan, segment: Segment): GeneratorPlan | undefined {
  const clients = clientsOfSegment(plan.clients, segment);
  if (clients.length === 0) return undefined;
  const symbols = new Set(clients.flatMap((client) => client.symbols));
  return {
    ...plan,
    // Two generators with one seed would draw the same delays and come back in step.
    seed: (plan.seed + segment.index - 1) % 2 ** 32,
    clients,
    ...(plan.tape === undefined ? {} : { tape: plan.tape.filter(({ symbol }) => symbols.has(symbol)) }),
  };
}
