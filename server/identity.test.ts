import { createHmac } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createIdentity, DEVELOPMENT_USER, mayUseAccount, mintToken } from './identity.ts';

const SECRET = 'a secret of thirty-two bytes, at least';
const OTHER = 'another secret of thirty-two bytes or so';
const NOW_S = 1_800_000_000;
const clock = { nowUs: () => NOW_S * 1e6, offsetUs: 0 };
const identity = createIdentity({ secret: SECRET, clock });

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/** A token of any header and payload, rightly signed. */
function signed(header: unknown, payload: unknown): string {
  const body = `${encode(header)}.${encode(payload)}`;
  return `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`;
}

describe('createIdentity', () => {
  it('should read user, account, scopes and expiry from a token', async () => {
    const token = signed(
      { alg: 'HS256' },
      { sub: 'ann', account: 'fund-1', scope: 'market:read  orders:write', exp: NOW_S + 60 },
    );

    expect(await identity.verify(token)).toEqual({
      ok: true,
      claims: {
        user: 'ann',
        account: 'fund-1',
        scopes: ['market:read', 'orders:write'],
        expiresAtUs: (NOW_S + 60) * 1e6,
      },
    });
  });

  it('should take the user as account, no scopes and no expiry where the token is silent', async () => {
    const token = signed({ alg: 'HS256' }, { sub: 'ann' });

    expect(await identity.verify(token)).toEqual({
      ok: true,
      claims: { user: 'ann', account: 'ann', scopes: [], expiresAtUs: Number.POSITIVE_INFINITY },
    });
  });

  it('should verify what mintToken signs', async () => {
    const token = await mintToken({ secret: SECRET, user: 'ann', account: 'a-1', scopes: ['market:read'] });

    expect(await identity.verify(token)).toMatchObject({
      ok: true,
      claims: { user: 'ann', account: 'a-1', scopes: ['market:read'] },
    });
  });

  it.each([
    ['expired a second ago', signed({ alg: 'HS256' }, { sub: 'ann', exp: NOW_S - 1 }), 'token_expired'],
    ['expiring right now', signed({ alg: 'HS256' }, { sub: 'ann', exp: NOW_S }), 'token_expired'],
    ['not valid yet', signed({ alg: 'HS256' }, { sub: 'ann', nbf: NOW_S + 9 }), 'bad_token'],
    ['unsigned', new UnsecuredJWT({ sub: 'ann' }).encode(), 'bad_token'],
    ['signed, saying none', signed({ alg: 'none' }, { sub: 'ann' }), 'bad_token'],
    ['signed, saying HS512', signed({ alg: 'HS512' }, { sub: 'ann' }), 'bad_token'],
    ['critical of an unknown header', signed({ alg: 'HS256', crit: ['x'], x: 1 }, { sub: 'ann' }), 'bad_token'],
    ['without a user', signed({ alg: 'HS256' }, { account: 'ann' }), 'bad_token'],
    ['with an empty user', signed({ alg: 'HS256' }, { sub: '' }), 'bad_token'],
    ['with a line break in the account', signed({ alg: 'HS256' }, { sub: 'ann', account: 'a\nb' }), 'bad_token'],
    ['with a list of scopes', signed({ alg: 'HS256' }, { sub: 'ann', scope: ['orders:write'] }), 'bad_token'],
    ['over the length', signed({ alg: 'HS256' }, { sub: 'ann', more: 'x'.repeat(9_000) }), 'bad_token'],
    ['of no payload object', signed({ alg: 'HS256' }, 'ann'), 'bad_token'],
    ['empty', '', 'bad_token'],
    ['of three dots', '...', 'bad_token'],
  ])('should refuse a token %s', async (_, token, code) => {
    const verification = await identity.verify(token);

    expect(verification).toMatchObject({ ok: false, code });
    if (!verification.ok && token.length > 3) expect(verification.message).not.toContain(token.slice(0, 12));
  });

  it.each(['none', 'HS512', 'RS256', 'hs256'])('should take no algorithm but its own, not %s', async (alg) => {
    expect(await identity.verify(signed({ alg }, { sub: 'ann' }))).toEqual({
      ok: false,
      code: 'bad_token',
      message: 'the token must be signed with HS256',
    });
  });

  it('should refuse a token of another secret', async () => {
    const foreign = await new SignJWT({ sub: 'ann' }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(OTHER));

    expect(await identity.verify(foreign)).toMatchObject({ ok: false, code: 'bad_token' });
  });

  it('should refuse to go without a token when a secret is set', async () => {
    expect(await identity.verify(undefined)).toMatchObject({ ok: false, code: 'unauthenticated' });
    expect(identity.developmentToken).toBeUndefined();
  });

  it('should give the development account without a secret, to its own token as well', async () => {
    const development = createIdentity({ clock });
    const elsewhere = createIdentity({ clock });

    const without = await development.verify(undefined);
    const token = await development.developmentToken;

    expect(without).toMatchObject({ ok: true, claims: { user: DEVELOPMENT_USER, account: DEVELOPMENT_USER } });
    expect(await development.verify(token)).toEqual(without);
    expect(await elsewhere.verify(token)).toMatchObject({ ok: false, code: 'bad_token' });
  });

  test.prop([fc.string({ unit: 'binary' }), fc.nat()], { numRuns: 200 })(
    'should never throw, and never take a token with a character changed',
    async (text, place) => {
      const token = signed({ alg: 'HS256' }, { sub: 'ann' });
      const at = place % (token.lastIndexOf('.') + 1);
      const altered = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);

      expect((await identity.verify(text)).ok).toBe(false);
      expect((await identity.verify(altered)).ok).toBe(false);
    },
  );
});

describe('mayUseAccount', () => {
  const claims = { user: 'ann', account: 'ann', expiresAtUs: 0 };

  it('should allow the own account, and others by scope', () => {
    expect(mayUseAccount({ ...claims, scopes: [] }, 'ann')).toBe(true);
    expect(mayUseAccount({ ...claims, scopes: [] }, 'bob')).toBe(false);
    expect(mayUseAccount({ ...claims, scopes: ['account:bob'] }, 'bob')).toBe(true);
    expect(mayUseAccount({ ...claims, scopes: ['account:*'] }, 'bob')).toBe(true);
  });
});
