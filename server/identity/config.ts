import { dirname, resolve } from 'node:path';
import { ExitCode } from '../../protocol/codes.ts';
import type { TlsFiles } from '../../transport/types.ts';
import { ConfigError, readText } from '../configError.ts';
import { isLoopback } from '../listen.ts';
import { KEY_SET_ALGORITHMS, type KeySetSource } from './keys.ts';

/** A setting's value with the place that an error must name. */
export interface PlacedValue {
  readonly value: unknown;
  readonly source: 'default' | 'environment' | 'file' | 'option';
  readonly place: string;
}

/** How settings are looked up: by name, and the configuration file that relative paths start from. */
export interface Lookup {
  readonly found: (name: string) => PlacedValue;
  readonly file: string | undefined;
}

/** What the server checks tokens against. */
export interface IdentityConfig {
  /** HS256 secret; with neither this nor a key set: development mode, loopback only. */
  readonly secret?: string;
  /** Public keys of tokens. */
  readonly keySet?: KeySetSource;
  /** What a token's `iss` must be. */
  readonly issuer?: string;
  /** What a token's `aud` must name. */
  readonly audience?: string;
}

/** HS256 wants a key at least as long as its hash (RFC 7518, section 3.2). */
const MIN_SECRET_BYTES = 32;

/**
 * Reads what tokens are checked against: a secret, a key set, or neither.
 *
 * @throws ConfigError
 */
export function readIdentity(lookup: Lookup): IdentityConfig {
  const { found } = lookup;
  const sources = ['jwtSecret', 'jwtSecretFile', 'jwksFile', 'jwksUrl']
    .map(found)
    .filter(({ value }) => value !== undefined);
  const [first, second] = sources;
  if (first !== undefined && second !== undefined) {
    throw new ConfigError(`${first.place} and ${second.place} are both set; keep one`, ExitCode.USAGE);
  }
  const secret = readSecret(lookup);
  const keySet = readKeySet(lookup);
  const issuer = found('jwtIssuer').value;
  const audience = found('jwtAudience').value;
  return {
    ...(secret !== undefined && { secret }),
    ...(keySet !== undefined && { keySet }),
    ...(typeof issuer === 'string' && { issuer }),
    ...(typeof audience === 'string' && { audience }),
  };
}

function readSecret(lookup: Lookup): string | undefined {
  const direct = lookup.found('jwtSecret');
  const viaFile = lookup.found('jwtSecretFile');
  const found = direct.value === undefined ? viaFile : direct;
  if (found.value === undefined) return undefined;
  const secret =
    found === direct
      ? String(direct.value)
      : readText(pathOf(viaFile, lookup.file), `secret file (${viaFile.place})`).trimEnd();
  const bytes = Buffer.byteLength(secret);
  if (bytes >= MIN_SECRET_BYTES) return secret;
  throw new ConfigError(
    `${found.place}: the secret has ${bytes} bytes, at least ${MIN_SECRET_BYTES} are needed; make one with: openssl rand -hex 32`,
    ExitCode.USAGE,
  );
}

function readKeySet({ found, file }: Lookup): KeySetSource | undefined {
  const named = found('jwtAlgorithms').value;
  const algorithms = KEY_SET_ALGORITHMS.filter((name) => Array.isArray(named) && named.includes(name));
  const path = found('jwksFile');
  if (path.value !== undefined) {
    const absolute = pathOf(path, file);
    readText(absolute, `key set (${path.place})`);
    return { from: { path: absolute }, algorithms };
  }
  const address = found('jwksUrl');
  if (address.value === undefined) return undefined;
  const text = String(address.value);
  if (!URL.canParse(text)) {
    throw new ConfigError(`${address.place}: ${JSON.stringify(text)} is no address`, ExitCode.USAGE);
  }
  const url = new URL(text);
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return { from: { url }, algorithms };
  throw new ConfigError(
    `${address.place}: ${url.origin} is not https, so anybody on the way could give keys of their own`,
    ExitCode.USAGE,
  );
}

/**
 * Reads where certificate and key lie; undefined without TLS.
 *
 * @throws ConfigError when only one of the two is set
 */
export function readTls({ found, file }: Lookup): TlsFiles | undefined {
  const cert = found('tlsCertFile');
  const key = found('tlsKeyFile');
  if (cert.value === undefined && key.value === undefined) return undefined;
  if (cert.value === undefined || key.value === undefined) {
    const [set, missing] = cert.value === undefined ? [key, cert] : [cert, key];
    throw new ConfigError(`${set.place} is set without ${missing.place}; TLS needs both`, ExitCode.USAGE);
  }
  return { certPath: pathOf(cert, file), keyPath: pathOf(key, file) };
}

/** A path in a configuration file is relative to that file. */
export function pathOf(found: PlacedValue, configFile: string | undefined): string {
  const base = found.source === 'file' && configFile !== undefined ? dirname(configFile) : '.';
  return resolve(base, String(found.value));
}
