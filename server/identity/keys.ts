import { readFile, stat } from 'node:fs/promises';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import {
  type CryptoKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWTHeaderParameters,
} from 'jose';

/** Algorithms that tokens of a key set may be signed with; `alg: none` and shared secrets are never among them. */
export const KEY_SET_ALGORITHMS = ['ES256', 'EdDSA', 'RS256', 'PS256'] as const;
export type KeySetAlgorithm = (typeof KEY_SET_ALGORITHMS)[number];

/** Where the public keys of tokens come from: an https URL, or the path of a file. */
export interface KeySetSource {
  readonly from: { readonly url: URL } | { readonly path: string };
  /** Algorithms pinned: all others are refused. */
  readonly algorithms: readonly KeySetAlgorithm[];
  /** A set from the network is fetched at most once in this time for tokens with unknown keys, ms; absent: 30 s. */
  readonly coolDownMs?: number;
}

/** Finds the key that a token's header names. */
export type FindKey = (header: JWTHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

/** The keys can't be had now: not the token's fault. One line that says why. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}

/** A key set from the network is fetched anew after this time, ms. */
const CACHE_MS = 600_000;
/** Else strangers could make us fetch as often as they send tokens. */
const COOL_DOWN_MS = 30_000;
const FETCH_TIMEOUT_MS = 5_000;

/**
 * Opens a source of keys; nothing is read before the first token comes.
 *
 * @returns rejects with KeysUnavailableError when the set can't be read, with jose's errors when the token names no key of it
 */
export function openKeySet({ from, coolDownMs = COOL_DOWN_MS }: KeySetSource): FindKey {
  return 'url' in from ? remoteKeys(from.url, coolDownMs) : fileKeys(from.path);
}

function remoteKeys(url: URL, coolDownMs: number): FindKey {
  const find = createRemoteJWKSet(url, {
    cacheMaxAge: CACHE_MS,
    cooldownDuration: coolDownMs,
    timeoutDuration: FETCH_TIMEOUT_MS,
  });
  return async (header, token) => {
    try {
      return await find(header, token);
    } catch (error) {
      if (TOKENS_FAULTS.some((fault) => error instanceof fault)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new KeysUnavailableError(`${url.origin}${url.pathname}: no key set to be had (${reason})`);
    }
  };
}

/** What is wrong with the token rather than with the set. */
const TOKENS_FAULTS = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

const KeySetSchema = Type.Object({ keys: Type.Array(Type.Object({ kty: Type.String() }), { minItems: 1 }) });

/** Looks at the file with each token, and reads it anew when it has changed. */
function fileKeys(path: string): FindKey {
  let known: { readonly stamp: string; readonly find: FindKey } | undefined;
  return async (header, token) => {
    const stamp = await stampOf(path);
    if (known?.stamp !== stamp) known = { stamp, find: await readKeySet(path) };
    return known.find(header, token);
  };
}

async function stampOf(path: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    throw new KeysUnavailableError(`${path}: no such key set`);
  }
}

async function readKeySet(path: string): Promise<FindKey> {
  const problem = (why: string): KeysUnavailableError => new KeysUnavailableError(`${path}: ${why}`);
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch {
    throw problem('not readable as JSON');
  }
  if (!Value.Check(KeySetSchema, content)) throw problem('not a JSON Web Key Set: {"keys":[...]}');
  const keySet: JSONWebKeySet = content;
  return createLocalJWKSet(keySet);
}
