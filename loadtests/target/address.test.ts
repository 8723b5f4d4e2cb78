import { describe, expect, it } from 'vitest';
import { authorityOf, baseUrl, httpBase, isLoopback, parseAddress } from './address.ts';

describe('an address', () => {
  it.each([
    ['ws://127.0.0.1:8080', { host: '127.0.0.1', port: 8080, isSecure: false, path: '' }],
    ['wss://feed.example/', { host: 'feed.example', port: 443, isSecure: true, path: '' }],
    ['ws://[::1]:9/a?b={token}', { host: '::1', port: 9, isSecure: false, path: '/a?b={token}' }],
    ['ws://h/ws/{symbol}', { host: 'h', port: 80, isSecure: false, path: '/ws/{symbol}' }],
  ])('should be read from %s', (url, address) => {
    expect(parseAddress(url)).toEqual(address);
  });

  it.each(['http://h', 'h:80', 'ws://', 'ws://h:0', 'ws://h:70000', 'ws://user@h', 'ws://h/a b', 'ws://h/#f'])(
    'should not be read from %s',
    (url) => {
      expect(() => parseAddress(url)).toThrow(`target '${url}': give ws://host:port/path`);
    },
  );

  it('should be written without the port that its scheme implies, and at what stands before it', () => {
    const secure = parseAddress('wss://feed.example/x');
    expect(authorityOf(secure)).toBe('feed.example');
    expect(httpBase(secure)).toBe('https://feed.example');
    expect(baseUrl(secure, { host: '127.0.0.1', port: 5 })).toBe('wss://127.0.0.1:5');
    expect(baseUrl(parseAddress('ws://[::1]:9'))).toBe('ws://[::1]:9');
  });

  it('should be known as this machine by its name alone', () => {
    expect(['localhost', '127.0.0.1', '127.8.9.1', '::1'].map(isLoopback)).toEqual([true, true, true, true]);
    expect(['127.0.0.1.evil.example', 'localhost.example', '10.0.0.1'].map(isLoopback)).toEqual([false, false, false]);
  });
});
