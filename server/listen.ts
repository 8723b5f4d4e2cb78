import { isIP } from 'node:net';

/** An address to listen on; port 0 is any free port. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `HOST:PORT`, `[IPV6]:PORT` or `PORT` (then on 127.0.0.1); else says in a few words what is wrong. */
export function parseListen(text: string): ListenAddress | string {
  const match = /^(?:(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<name>[A-Za-z0-9._-]+)):)?(?<port>\d{1,5})$/.exec(text);
  if (match === null) return 'not an address; give HOST:PORT, like 127.0.0.1:8000 or [::1]:8000';
  const { v6, name, port = '' } = match.groups ?? {};
  if (v6 !== undefined && isIP(v6) !== 6) return `${v6} is no IPv6 address`;
  if (Number(port) > 65_535) return 'a port is at most 65535';
  return { host: v6 ?? name ?? '127.0.0.1', port: Number(port) };
}

/** Writes an address as it is read, IPv6 in brackets. */
export function formatListen({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine reaches the host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
