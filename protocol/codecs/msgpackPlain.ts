/** Whether bytes are one value that JSON could say as well. */
export type Plainness = 'plain' | 'too_deep' | 'malformed';

const DEEPEST = 64;
/** By level of nesting: values that are still to come, and whether they are a map's keys and values in turn. */
const remaining = new Float64Array(DEEPEST + 1);
const isMap = new Uint8Array(DEEPEST + 1);
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** What a token that opens a text or a container says of it. */
const Kind = { SCALAR: 0, TEXT: 1, ARRAY: 2, MAP: 3 } as const;

/**
 * Looks through MessagePack without decoding it: nil, booleans, numbers, UTF-8 texts, arrays, and maps with texts as
 * keys, nested `maxDepth` (at most 64) deep, whole and with nothing after it. Extension types, which make decoders build
 * objects of their own, and binary data are malformed. Never throws; allocates nothing but for texts beyond ASCII.
 */
export function checkPlain(bytes: Uint8Array, maxDepth: number): Plainness {
  const end = bytes.length;
  const deepest = Math.min(maxDepth, DEEPEST);
  let at = 0;
  let level = 0;
  remaining[0] = 1;
  isMap[0] = 0;
  while (level >= 0) {
    const left = remaining[level] as number;
    if (left === 0) {
      level--;
      continue;
    }
    if (at >= end) return 'malformed';
    remaining[level] = left - 1;
    const token = bytes[at++] as number;
    const kind = kindOf(token);
    const headBytes = kind === undefined ? -1 : headBytesOf(token);
    if (headBytes < 0 || headBytes > end - at) return 'malformed';
    if (kind !== Kind.TEXT && isMap[level] === 1 && left % 2 === 0) return 'malformed';
    if (kind === Kind.SCALAR) {
      at += headBytes;
      continue;
    }
    const count = countOf(bytes, { token, at, headBytes });
    at += headBytes;
    // Each element takes a byte at least, so that no count makes a decoder reserve more than what came.
    if (count > end - at) return 'malformed';
    if (kind === Kind.TEXT) {
      if (!isText(bytes, at, at + count)) return 'malformed';
      at += count;
      continue;
    }
    if (++level > deepest) return 'too_deep';
    remaining[level] = kind === Kind.MAP ? count * 2 : count;
    isMap[level] = kind === Kind.MAP ? 1 : 0;
  }
  return at === end ? 'plain' : 'malformed';
}

/** Undefined for what isn't plain. */
function kindOf(token: number): (typeof Kind)[keyof typeof Kind] | undefined {
  if (token <= 0x7f || token >= 0xe0) return Kind.SCALAR;
  if (token <= 0x8f) return Kind.MAP;
  if (token <= 0x9f) return Kind.ARRAY;
  if (token <= 0xbf) return Kind.TEXT;
  if (token === 0xc0 || token === 0xc2 || token === 0xc3) return Kind.SCALAR;
  if (token >= 0xca && token <= 0xd3) return Kind.SCALAR;
  if (token >= 0xd9 && token <= 0xdb) return Kind.TEXT;
  if (token === 0xdc || token === 0xdd) return Kind.ARRAY;
  return token === 0xde || token === 0xdf ? Kind.MAP : undefined;
}

/** Bytes between a token and what follows: a number's own, or those of a count. */
function headBytesOf(token: number): number {
  switch (token) {
    case 0xcc:
    case 0xd0:
    case 0xd9:
      return 1;
    case 0xcd:
    case 0xd1:
    case 0xda:
    case 0xdc:
    case 0xde:
      return 2;
    case 0xca:
    case 0xce:
    case 0xd2:
    case 0xdb:
    case 0xdd:
    case 0xdf:
      return 4;
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return 8;
    default:
      return 0;
  }
}

function countOf(
  bytes: Uint8Array,
  { token, at, headBytes }: { readonly token: number; readonly at: number; readonly headBytes: number },
): number {
  if (headBytes === 0) return token >= 0xa0 ? token & 0x1f : token & 0x0f;
  let count = 0;
  for (let index = at; index < at + headBytes; index++) count = count * 256 + (bytes[index] as number);
  return count;
}

function isText(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && (bytes[at] as number) < 0x80) at++;
  if (at === end) return true;
  try {
    utf8.decode(bytes.subarray(at, end));
    return true;
  } catch {
    return false;
  }
}
