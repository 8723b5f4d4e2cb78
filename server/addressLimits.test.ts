import { describe, expect, it } from 'vitest';
import { AddressLimits, networkOf } from './addressLimits.ts';

const LIMITS = { maxSocketsPerAddress: 2, handshakesPerSecond: 10, handshakeBurst: 3 };
const A = '192.0.2.1';
const B = '192.0.2.2';

function limits(): AddressLimits {
  return new AddressLimits(LIMITS, (address) => address === '127.0.0.1');
}

describe('AddressLimits', () => {
  it('should let each address have its own sockets, and give back what ended', () => {
    const addresses = limits();
    expect([A, A, A, B].map((address) => addresses.open(address, 0))).toEqual([true, true, false, true]);
    addresses.close(A);
    expect(addresses.open(A, 0)).toBe(true);
  });

  it('should say when an address may shake hands again', () => {
    const addresses = limits();
    expect([0, 0, 0, 0].map((nowUs) => addresses.handshake(A, nowUs))).toEqual([0, 0, 0, 100]);
    expect(addresses.handshake(B, 0)).toBe(0);
    expect(addresses.handshake(A, 100_000)).toBe(0);
  });

  it('should let an address open connections at twice the rate of handshakes', () => {
    const addresses = limits();
    const opened = Array.from({ length: 8 }, () => addresses.mayConnect(A, 0));
    expect(opened.filter(Boolean)).toHaveLength(6);
    expect(addresses.mayConnect(A, 50_000)).toBe(true);
    expect(addresses.mayConnect(A, 50_000)).toBe(false);
  });

  it('should count nothing for exempt addresses', () => {
    const addresses = limits();
    const local = '127.0.0.1';
    const all = Array.from({ length: 50 }, () => addresses.mayConnect(local, 0) && addresses.open(local, 0));
    expect(all.every(Boolean)).toBe(true);
    expect(addresses.size).toBe(0);
  });

  it('should forget who has been quiet, but neither who has a socket open nor who has just knocked', () => {
    const addresses = limits();
    addresses.open(A, 0);
    addresses.handshake(B, 0);
    addresses.sweep(50_000);
    expect(addresses.size).toBe(2);
    addresses.sweep(10_000_000);
    expect(addresses.size).toBe(1);
    addresses.close(A);
    addresses.sweep(10_000_000);
    expect(addresses.size).toBe(0);
  });
});

describe('networkOf', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::', 'fe80:0:0:0::/64'],
  ])('should take %s as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
