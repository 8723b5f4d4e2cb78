import { randomBytes, webcrypto } from 'node:crypto';
import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../protocol/clock.ts';
import type { ErrorCode } from '../protocol/codes.ts';
import { type FindKey, type KeySetSource, KeysUnavailableError, openKeySet } from './identity/keys.ts';

/** Who a connection speaks for, and what it may do. */
export interface Claims {
  readonly user: string;
  /** The account that orders go to unless they name another. */
  readonly account: string;
  /** `market:read`, `orders:write`, `account:<id>` (`account:*` is every account), `system:publish`. */
  readonly scopes: readonly string[];
  /** When the token ends, µs since the epoch; Infinity when it doesn't. */
  readonly expiresAtUs: number;
}

export type Verification =
  | { readonly ok: true; readonly claims: Claims }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** Decides who a token speaks for. */
export interface Identity {
  /** Checks a token; never rejects. In development `undefined` gives the development account. */
  readonly verify: (token: string | undefined) => Promise<Verification>;
  /** Whether neither secret nor key set is configured: who shows no token is the development account. */
  readonly isDevelopment: boolean;
  /** In development a token that is as good as none at all; undefined otherwise. */
  readonly developmentToken: Promise<string> | undefined;
}

/** Every scope there is: what the development account holds. */
const ALL_SCOPES: readonly string[] = ['market:read', 'orders:write', 'account:*', 'system:publish'];

/** User and account of whoever shows no token in development. */
export const DEVELOPMENT_USER = 'dev';

/** Longer tokens are refused unread. */
const MAX_TOKEN_CHARACTERS = 8_192;

const SECRET_ALGORITHM = 'HS256';

/** What a token's claims must be; other claims are ignored. Names are bounded, since they become keys of streams. */
const Name = Type.String({ pattern: '^[^\\u0000-\\u0020\\u007f]{1,128}$' });
const nameCheck = TypeCompiler.Compile(Name);
const claimsCheck = TypeCompiler.Compile(
  Type.Object({
    sub: Name,
    account: Type.Optional(Name),
    scope: Type.Optional(Type.String({ maxLength: 4_096 })),
    exp: Type.Optional(Type.Number()),
  }),
);

/** What tokens are checked against. */
export interface IdentityOptions {
  /** Of HS256. */
  readonly secret?: string | undefined;
  /** Public keys, instead of a secret. With neither: development, a random secret of this process and a development account. */
  readonly keySet?: KeySetSource | undefined;
  /** What `iss` must be; absent: anything. */
  readonly issuer?: string | undefined;
  /** What `aud` must name; absent: anything. */
  readonly audience?: string | undefined;
  readonly clock: Clock;
  /** Told in one line when the key set can't be had. */
  readonly onFault?: (reason: string) => void;
}

/** Makes the server's identity check: JWTs of a secret or a key set, with the algorithms pinned to those. */
export function createIdentity(options: IdentityOptions): Identity {
  const { secret, keySet, clock } = options;
  const isDevelopment = secret === undefined && keySet === undefined;
  const key = importKey(secret ?? randomBytes(32).toString('hex'));
  const check: Check = {
    findKey: keySet === undefined ? () => key : openKeySet(keySet),
    algorithms: keySet === undefined ? [SECRET_ALGORITHM] : keySet.algorithms,
    required: {
      ...(options.issuer !== undefined && { issuer: options.issuer }),
      ...(options.audience !== undefined && { audience: options.audience }),
    },
    onFault: options.onFault ?? (() => undefined),
  };
  return {
    isDevelopment,
    verify: async (token) => {
      if (token !== undefined) return verifyToken(token, check, clock.nowUs());
      if (isDevelopment) return { ok: true, claims: developmentClaims(DEVELOPMENT_USER) };
      return refused('unauthenticated', 'no token; send one as "token", in the Authorization header or as ?token=');
    },
    developmentToken: isDevelopment
      ? key.then((imported) => sign(imported, { claims: developmentClaims(DEVELOPMENT_USER) }))
      : undefined,
  };
}

/** What a user of a server in development may do: everything. */
export function developmentClaims(user: string): Claims {
  return { user, account: user, scopes: ALL_SCOPES, expiresAtUs: Number.POSITIVE_INFINITY };
}

/** Whether a text can be the name of a user or an account. */
export function isName(text: string): boolean {
  return nameCheck.Check(text);
}

/** Whether the identity may act for an account: its own, or one that a scope names. */
export function mayUseAccount(claims: Claims, account: string): boolean {
  return (
    claims.account === account || claims.scopes.includes(`account:${account}`) || claims.scopes.includes('account:*')
  );
}

/** Signs a token as the server takes it, for gates, tests and development. */
export async function mintToken(options: {
  readonly secret: string;
  readonly user: string;
  /** Absent: the user's own. */
  readonly account?: string;
  /** Absent: {@link ALL_SCOPES} but for other accounts. */
  readonly scopes?: readonly string[];
  /** Seconds from the host's wall clock until the token ends; absent: it doesn't. */
  readonly expiresInS?: number;
}): Promise<string> {
  const { user, account = user, scopes = ALL_SCOPES.filter((scope) => scope !== 'account:*'), expiresInS } = options;
  const expiresAtS = expiresInS === undefined ? undefined : Math.floor(Date.now() / 1000 + expiresInS);
  return sign(await importKey(options.secret), { claims: { user, account, scopes }, expiresAtS });
}

function importKey(secret: string): Promise<webcrypto.CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  return webcrypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}

function sign(
  key: webcrypto.CryptoKey,
  token: { readonly claims: Pick<Claims, 'user' | 'account' | 'scopes'>; readonly expiresAtS?: number | undefined },
): Promise<string> {
  const { user, account, scopes } = token.claims;
  const jwt = new SignJWT({ account, scope: scopes.join(' ') })
    .setProtectedHeader({ alg: SECRET_ALGORITHM })
    .setSubject(user);
  if (token.expiresAtS !== undefined) jwt.setExpirationTime(token.expiresAtS);
  return jwt.sign(key);
}

/** What a token must be. */
interface Check {
  readonly findKey: FindKey;
  readonly algorithms: readonly string[];
  readonly required: { readonly issuer?: string; readonly audience?: string };
  readonly onFault: (reason: string) => void;
}

async function verifyToken(token: string, check: Check, nowUs: number): Promise<Verification> {
  if (token.length > MAX_TOKEN_CHARACTERS)
    return refused('bad_token', `the token is over ${MAX_TOKEN_CHARACTERS} characters`);
  try {
    const { payload } = await jwtVerify(token, check.findKey, {
      algorithms: [...check.algorithms],
      currentDate: new Date(nowUs / 1000),
      ...check.required,
    });
    if (!claimsCheck.Check(payload))
      return refused('bad_token', 'the token lacks a usable "sub", or "account" or "scope" is malformed');
    const { sub, account = sub, scope = '', exp } = payload;
    return {
      ok: true,
      claims: {
        user: sub,
        account,
        scopes: scope.split(' ').filter((name) => name !== ''),
        expiresAtUs: exp === undefined ? Number.POSITIVE_INFINITY : exp * 1_000_000,
      },
    };
  } catch (error) {
    return refusedFor(error, check);
  }
}

/** Our own words, since the library's may quote the token. */
function refusedFor(error: unknown, { algorithms, onFault }: Check): Verification {
  if (error instanceof KeysUnavailableError) {
    onFault(error.message);
    return refused('internal', "the server can't get the keys of tokens now; try again");
  }
  if (error instanceof errors.JWTExpired) return refused('token_expired', 'the token has expired; get a new one');
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return refused('bad_token', "the token's signature doesn't match this server's key");
  }
  if (error instanceof errors.JWKSNoMatchingKey)
    return refused('bad_token', "the token is signed with a key that isn't in this server's key set");
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return refused('bad_token', 'several keys could have signed the token; its header must name one as "kid"');
  if (error instanceof errors.JOSEAlgNotAllowed)
    return refused('bad_token', `the token must be signed with ${algorithms.join(' or ')}`);
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refused('bad_token', `the token's claim "${error.claim}" isn't met`);
  }
  return refused('bad_token', 'the token is not a readable JWT');
}

function refused(code: ErrorCode, message: string): Verification {
  return { ok: false, code, message };
}
