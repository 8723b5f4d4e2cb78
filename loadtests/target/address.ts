import { GateError } from '../gate/errors.ts';

/** A WebSocket server's address, taken apart. */
export interface Address {
  /** Without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** Path and query as they were given, placeholders and all; '' for none. */
  readonly path: string;
}

const URL_PARTS = /^(wss?):\/\/(\[[0-9a-fA-F:.]+\]|[^/?#:@\s[\]]+)(?::(\d{1,5}))?([/?][^#\s]*)?$/;
const HIGHEST_PORT = 65_535;

/** Reads `ws://host:port/path` or `wss://...`. @throws GateError in one line for anything else */
export function parseAddress(url: string): Address {
  const [, scheme = '', host = '', port, path = ''] = URL_PARTS.exec(url) ?? [];
  const isSecure = scheme === 'wss';
  const number = port === undefined ? (isSecure ? 443 : 80) : Number(port);
  if (scheme === '' || number < 1 || number > HIGHEST_PORT) {
    throw new GateError(`target '${url}': give ws://host:port/path or wss://host:port/path, without user and password`);
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: number, isSecure, path: path === '/' ? '' : path };
}

/** Host and port as a URL and the Host header have them: without the port that its scheme implies. */
export function authorityOf({ host, port, isSecure }: Address): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === (isSecure ? 443 : 80) ? name : `${name}:${port}`;
}

/** `ws://host:port`, at another host and port where something stands in front of the server. */
export function baseUrl(address: Address, front?: { readonly host: string; readonly port: number }): string {
  return `${address.isSecure ? 'wss' : 'ws'}://${authorityOf({ ...address, ...front })}`;
}

/** `http://host:port`, the same server's. */
export function httpBase(address: Address): string {
  return `${address.isSecure ? 'https' : 'http'}://${authorityOf(address)}`;
}

/** Whether a host is this machine by its very name. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
