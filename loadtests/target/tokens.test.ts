import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { subjectOf } from './tokens.ts';

const SECRET = new TextEncoder().encode('a secret of thirty-two characters');

describe('subjectOf', () => {
  it('should read for whom a JWT was made, and nothing from other tokens', async () => {
    const claims = new SignJWT({ jti: 'one of many' }).setProtectedHeader({ alg: 'HS256' });

    expect(subjectOf(await claims.setSubject('acct-7').sign(SECRET))).toBe('acct-7');
    expect(subjectOf(await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).sign(SECRET))).toBeUndefined();
    for (const opaque of ['', 'abc', 'a.b.c', 'not.bnVsbA.signed']) expect(subjectOf(opaque)).toBeUndefined();
  });
});
