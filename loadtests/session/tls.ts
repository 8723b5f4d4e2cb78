import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import type { Reach, TlsFiles } from '../../protocol/serverUnderTest.ts';

/**
 * What Node's TLS goes by to reach a server: the files read, and the server known by its own name, whatever lies between.
 *
 * @param host the server's name and port, as a URL has them
 * @throws the file system's error for a file that can't be read
 */
export function secureOptions(reach: Pick<Reach, 'host' | 'tls'> | undefined, host: string): ConnectionOptions {
  const name = new URL(`wss://${reach?.host ?? host}`).hostname.replace(/^\[|\]$/g, '');
  return {
    ...pemsOf(reach?.tls ?? {}),
    // RFC 6066 has no addresses as names.
    ...(isIP(name) === 0 && { servername: name }),
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    rejectUnauthorized: reach?.tls?.isInsecure !== true,
  };
}

function pemsOf({ ca, cert, key }: TlsFiles): ConnectionOptions {
  return {
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(cert !== undefined && { cert: readFileSync(cert) }),
    ...(key !== undefined && { key: readFileSync(key) }),
  };
}
