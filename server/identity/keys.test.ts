import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createIdentity } from '../identity.ts';
import type { KeySetAlgorithm, KeySetSource } from './keys.ts';

const NOW_S = 1_800_000_000;
const clock = { nowUs: () => NOW_S * 1e6, offsetUs: 0 };

interface Signer {
  readonly alg: string;
  readonly kid: string;
  readonly key: CryptoKey;
  readonly jwk: JWK;
}

async function signer(alg: string, kid: string): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

function sign({ alg, kid, key }: Signer, claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return new SignJWT({ sub: 'ann', scope: 'market:read', ...claims }).setProtectedHeader({ alg, kid }).sign(key);
}

let folder = '';
let signers: { readonly es: Signer; readonly ed: Signer; readonly rs: Signer; readonly next: Signer };
const servers: Server[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-keys-'));
  const made = [signer('ES256', 'e'), signer('EdDSA', 'd'), signer('RS256', 'r'), signer('ES256', 'next')] as const;
  const [es, ed, rs, next] = await Promise.all(made);
  signers = { es, ed, rs, next };
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function keyFile(name: string, keys: readonly Signer[]): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
  return path;
}

const PINNED: readonly KeySetAlgorithm[] = ['ES256', 'EdDSA'];

function identityOf(from: KeySetSource['from'], more: { readonly onFault?: (reason: string) => void } = {}) {
  return createIdentity({ keySet: { from, algorithms: PINNED, coolDownMs: 0 }, clock, ...more });
}

/** An HTTP server of what `answer` says. */
async function serve(answer: () => { readonly status: number; readonly body: string }): Promise<URL> {
  const server = createServer((_, response) => {
    const { status, body } = answer();
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(body);
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const address = server.address();
  return new URL(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/keys`);
}

describe('a key set in a file', () => {
  it('should verify tokens of each pinned algorithm, by the key that they name', async () => {
    const { es, ed, rs } = signers;
    const identity = identityOf({ path: keyFile('all.json', [es, ed, rs]) });

    expect(await identity.verify(await sign(es))).toMatchObject({ ok: true, claims: { user: 'ann' } });
    expect(await identity.verify(await sign(ed))).toMatchObject({ ok: true, claims: { user: 'ann' } });
    expect(identity.isDevelopment).toBe(false);
    expect(await identity.verify(undefined)).toMatchObject({ ok: false, code: 'unauthenticated' });
  });

  it('should refuse an algorithm that is not pinned, though its key is in the set', async () => {
    const identity = identityOf({ path: keyFile('rsa.json', [signers.rs]) });

    expect(await identity.verify(await sign(signers.rs))).toEqual({
      ok: false,
      code: 'bad_token',
      message: 'the token must be signed with ES256 or EdDSA',
    });
  });

  it("should refuse a token whose secret is the set's public key", async () => {
    const { es } = signers;
    const identity = identityOf({ path: keyFile('confused.json', [es]) });
    const secret = new TextEncoder().encode(JSON.stringify(es.jwk));
    const token = await new SignJWT({ sub: 'ann' }).setProtectedHeader({ alg: 'HS256', kid: 'e' }).sign(secret);

    expect(await identity.verify(token)).toMatchObject({ ok: false, code: 'bad_token' });
  });

  it('should refuse keys that it does not know, and its own names on foreign keys', async () => {
    const { es, next } = signers;
    const identity = identityOf({ path: keyFile('one.json', [es]) });

    expect(await identity.verify(await sign(next))).toMatchObject({
      code: 'bad_token',
      message: "the token is signed with a key that isn't in this server's key set",
    });
    expect(await identity.verify(await sign({ ...next, kid: 'e' }))).toMatchObject({
      code: 'bad_token',
      message: "the token's signature doesn't match this server's key",
    });
  });

  it('should take a new key and drop an old one when the file changes', async () => {
    const { es, next } = signers;
    const path = keyFile('rotated.json', [es]);
    const identity = identityOf({ path });
    expect((await identity.verify(await sign(es))).ok).toBe(true);

    keyFile('rotated.json', [next, signers.ed]);

    expect((await identity.verify(await sign(next))).ok).toBe(true);
    expect((await identity.verify(await sign(es))).ok).toBe(false);
  });

  it('should say that it has no keys, as its own fault, when the file is gone or no key set', async () => {
    const faults: string[] = [];
    const gone = identityOf({ path: join(folder, 'nowhere') }, { onFault: (reason) => faults.push(reason) });
    const path = join(folder, 'text.json');
    writeFileSync(path, '{"keys":1}');
    const bad = identityOf({ path }, { onFault: (reason) => faults.push(reason) });
    const token = await sign(signers.es);

    expect(await gone.verify(token)).toMatchObject({ ok: false, code: 'internal' });
    expect(await bad.verify(token)).toMatchObject({ ok: false, code: 'internal' });
    expect(faults).toEqual([
      `${join(folder, 'nowhere')}: no such key set`,
      `${path}: not a JSON Web Key Set: {"keys":[...]}`,
    ]);
  });
});

describe('a key set from the network', () => {
  it('should be fetched once for many tokens, and anew for a key that is not in it', async () => {
    const { es, next } = signers;
    let keys = [es];
    let fetches = 0;
    const url = await serve(() => {
      fetches++;
      return { status: 200, body: JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }) };
    });
    const identity = identityOf({ url });
    for (let at = 0; at < 3; at++) expect((await identity.verify(await sign(es))).ok).toBe(true);
    expect(fetches).toBe(1);

    keys = [es, next];

    expect((await identity.verify(await sign(next))).ok).toBe(true);
    expect(fetches).toBe(2);
  });

  it('should not be fetched for each token with an unknown key', async () => {
    let fetches = 0;
    const url = await serve(() => {
      fetches++;
      return { status: 200, body: JSON.stringify({ keys: [signers.es.jwk] }) };
    });
    const identity = createIdentity({ keySet: { from: { url }, algorithms: PINNED }, clock });
    for (let at = 0; at < 5; at++) expect((await identity.verify(await sign(signers.next))).ok).toBe(false);

    expect(fetches).toBe(1);
  });

  it('should leave the token without fault when it cannot be had', async () => {
    const faults: string[] = [];
    const url = await serve(() => ({ status: 500, body: '' }));
    const identity = identityOf({ url }, { onFault: (reason) => faults.push(reason) });

    expect(await identity.verify(await sign(signers.es))).toMatchObject({ ok: false, code: 'internal' });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain('no key set to be had');
  });
});

describe('issuer and audience', () => {
  it('should be as configured', async () => {
    const { es } = signers;
    const from = { path: keyFile('claims.json', [es]) };
    const keySet = { from, algorithms: PINNED };
    const identity = createIdentity({ keySet, issuer: 'https://id.example', audience: 'tapedeck', clock });
    const right = { iss: 'https://id.example', aud: ['tapedeck', 'other'] };

    expect((await identity.verify(await sign(es, right))).ok).toBe(true);
    expect(await identity.verify(await sign(es, { ...right, iss: 'https://else.example' }))).toMatchObject({
      code: 'bad_token',
      message: 'the token\'s claim "iss" isn\'t met',
    });
    expect(await identity.verify(await sign(es, { ...right, aud: 'other' }))).toMatchObject({ code: 'bad_token' });
    expect(await identity.verify(await sign(es))).toMatchObject({ ok: false, code: 'bad_token' });
  });
});
