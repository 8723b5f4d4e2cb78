import type { Limits } from '../protocol/limits.ts';
import { TokenBucket } from './rateLimit.ts';

type Rates = Pick<Limits, 'maxSocketsPerAddress' | 'handshakesPerSecond' | 'handshakeBurst'>;

interface Address {
  sockets: number;
  readonly handshakes: TokenBucket;
  /** Connections cost nothing to open, so they are allowed a little more than handshakes; beyond that they aren't even read. */
  readonly connections: TokenBucket;
}

/** Connections that an address may open for each handshake that it may make. */
const CONNECTIONS_PER_HANDSHAKE = 2;

/** What each address that clients come from has open, and how fast it knocks. Pure, the time is an argument. */
export class AddressLimits {
  readonly #limits: Rates;
  readonly #isExempt: (address: string) => boolean;
  readonly #addresses = new Map<string, Address>();

  /** @param isExempt addresses that nothing is counted for */
  constructor(limits: Rates, isExempt: (address: string) => boolean) {
    this.#limits = limits;
    this.#isExempt = isExempt;
  }

  /** Addresses known now. */
  get size(): number {
    return this.#addresses.size;
  }

  /** Whether one more connection may be read from at all. */
  mayConnect(address: string, nowUs: number): boolean {
    return this.#isExempt(address) || this.#of(address, nowUs).connections.take(nowUs) === 0;
  }

  /** Counts a handshake; 0, or ms after which the address may try again. */
  handshake(address: string, nowUs: number): number {
    return this.#isExempt(address) ? 0 : this.#of(address, nowUs).handshakes.take(nowUs);
  }

  /** Counts a socket; false when the address has as many as it may. */
  open(address: string, nowUs: number): boolean {
    if (this.#isExempt(address)) return true;
    const known = this.#of(address, nowUs);
    if (known.sockets >= this.#limits.maxSocketsPerAddress) return false;
    known.sockets++;
    return true;
  }

  /** A socket counted by {@link open} has ended. */
  close(address: string): void {
    const known = this.#addresses.get(networkOf(address));
    if (known !== undefined) known.sockets--;
  }

  /** Forgets the addresses that have nothing open and have been quiet. */
  sweep(nowUs: number): void {
    for (const [network, { sockets, handshakes, connections }] of this.#addresses) {
      if (sockets === 0 && handshakes.isFull(nowUs) && connections.isFull(nowUs)) this.#addresses.delete(network);
    }
  }

  #of(address: string, nowUs: number): Address {
    const network = networkOf(address);
    const known = this.#addresses.get(network);
    if (known !== undefined) return known;
    const { handshakesPerSecond: perSecond, handshakeBurst: burst } = this.#limits;
    const made = {
      sockets: 0,
      handshakes: new TokenBucket({ perSecond, burst, nowUs }),
      connections: new TokenBucket({
        perSecond: perSecond * CONNECTIONS_PER_HANDSHAKE,
        burst: burst * CONNECTIONS_PER_HANDSHAKE,
        nowUs,
      }),
    };
    this.#addresses.set(network, made);
    return made;
  }
}

/** Who holds an IPv6 address holds its /64 network, so that counts as one. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - first.length - last.length }, () => '0');
  return `${[...first, ...zeros, ...last].slice(0, 4).join(':')}::/64`;
}
