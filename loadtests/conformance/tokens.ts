import { SignJWT } from 'jose';

/** What a token says, all of it optional: by default a user who may read the market and place orders, for an hour. */
export interface TokenWish {
  readonly user?: string;
  readonly account?: string;
  readonly scopes?: readonly string[];
  /** Seconds from now; below 0: it has ended. */
  readonly expiresInS?: number;
  /** Seconds from now at which it begins. */
  readonly notBeforeS?: number;
}

const HOUR_S = 3_600;

/** Signs a token with an HS256 secret. */
export function mint(secret: string, wish: TokenWish & { readonly user: string }): Promise<string> {
  const { user, account, scopes = ['market:read', 'orders:write'], expiresInS = HOUR_S, notBeforeS } = wish;
  const nowS = Math.floor(Date.now() / 1000);
  const jwt = new SignJWT({ scope: scopes.join(' '), ...(account !== undefined && { account }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setExpirationTime(nowS + expiresInS);
  if (notBeforeS !== undefined) jwt.setNotBefore(nowS + notBeforeS);
  return jwt.sign(new TextEncoder().encode(secret));
}

/** A token that nobody signed. */
export function unsigned(user: string): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ sub: user, scope: 'market:read orders:write' })}.`;
}
