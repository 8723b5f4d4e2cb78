import type { SessionEvent } from './dialect.ts';

/** A parsed object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** A frame's object; undefined when the text is none. */
export function parseFields(text: string): Fields | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isFields(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

export function bad(reason: string): SessionEvent {
  return { kind: 'bad', reason };
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sequence numbers and times: whole, not negative, exact. */
export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

export function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

export function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

/** An error of a dialect that names a code and a message alone. @param id of the question it answers, -1 for none */
export function plainError(fields: Fields, id: number): SessionEvent {
  const { code, message } = fields;
  return {
    kind: 'error',
    id,
    code: textOr(code, ''),
    message: textOr(message, ''),
    rejectReason: undefined,
    clientOrderId: '',
  };
}
