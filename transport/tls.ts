import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { TlsFiles } from './types.ts';

/** Looks whether a certificate and a key can be used together now; undefined, or one line that says what is wrong. */
export async function checkTlsFiles({ certPath, keyPath }: TlsFiles): Promise<string | undefined> {
  const cert = await read(certPath);
  if (typeof cert === 'string') return cert;
  const key = await read(keyPath);
  if (typeof key === 'string') return key;
  const certificate = attempt(() => new X509Certificate(cert));
  if (certificate === undefined) return `${certPath}: not a certificate in PEM`;
  const privateKey = attempt((): KeyObject => createPrivateKey(key));
  if (privateKey === undefined) return `${keyPath}: not a private key in PEM, or one with a passphrase`;
  if (!certificate.checkPrivateKey(privateKey)) return `${keyPath}: not the key of the certificate in ${certPath}`;
  if (Date.parse(certificate.validTo) <= Date.now())
    return `${certPath}: the certificate ended on ${certificate.validTo}`;
  return undefined;
}

async function read(path: string): Promise<Buffer | string> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return code === 'ENOENT' ? `${path}: no such file` : `${path}: can't be read (${code})`;
  }
}

/** The library's errors say less than we can. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
