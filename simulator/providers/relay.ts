import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A client's connection and the one behind it. */
interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
}

/**
 * Stands before a server on this machine and does to its connections what the server itself can't: resets them, refuses new
 * ones, or leaves them open while nothing passes, pings included. Every client then seems to come from this machine.
 */
export class Relay {
  readonly #upstreamPort: number;
  readonly #pairs = new Set<Pair>();
  #server: Server | undefined;
  #address: { readonly host: string; readonly port: number } | undefined;
  #isFrozen = false;

  constructor(upstreamPort: number) {
    this.#upstreamPort = upstreamPort;
  }

  /** Listens; port 0 takes any free one. @returns the port @throws Error of the host when the port can't be had */
  async listen(address: { readonly host: string; readonly port: number }): Promise<number> {
    const server = createServer({ noDelay: true }, (client) => this.#accept(client));
    server.listen(address.port, address.host);
    await once(server, 'listening');
    // Of the type, an address is text only for a path.
    const { port } = server.address() as AddressInfo;
    this.#server = server;
    this.#address = { host: address.host, port };
    return port;
  }

  /** Refuses new connections and resets the open ones, until {@link restore}. */
  goDown(): void {
    this.#server?.close();
    this.#server = undefined;
    this.reset(() => true);
  }

  /** Takes connections again, on the same port. @throws Error of the host when somebody else has taken it meanwhile */
  async restore(): Promise<void> {
    if (this.#server === undefined && this.#address !== undefined) await this.listen(this.#address);
  }

  /** Resets the open connections that are chosen. */
  reset(isChosen: () => boolean): void {
    for (const pair of [...this.#pairs]) {
      if (!isChosen()) continue;
      pair.client.resetAndDestroy();
      pair.upstream.destroy();
    }
  }

  /** Lets nothing pass, or lets it pass again: what was sent meanwhile comes then. */
  freeze(isFrozen: boolean): void {
    this.#isFrozen = isFrozen;
    for (const { client, upstream } of this.#pairs) {
      if (isFrozen) {
        client.pause();
        upstream.pause();
      } else {
        client.resume();
        upstream.resume();
      }
    }
  }

  close(): void {
    this.#server?.close();
    this.#address = undefined;
    this.#server = undefined;
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  #accept(client: Socket): void {
    const upstream = connect({ port: this.#upstreamPort, host: '127.0.0.1', noDelay: true });
    const pair = { client, upstream };
    this.#pairs.add(pair);
    this.#forward(client, upstream);
    this.#forward(upstream, client);
    if (this.#isFrozen) client.pause();
    const drop = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    // An end by an error is an end like any other here: the other side sees it.
    client.on('error', drop).on('close', drop);
    upstream.on('error', drop).on('close', drop);
  }

  #forward(from: Socket, to: Socket): void {
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      if (!this.#isFrozen) from.resume();
    });
    from.on('end', () => to.end());
  }
}
