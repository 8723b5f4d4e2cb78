import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from 'node:net';

/** Where a connection is cut: after so many bytes in one direction. */
export interface Cut {
  /** `down`: from the server to the client. */
  readonly direction: 'down' | 'up';
  readonly bytes: number;
}

/** A TCP proxy that ends connections at an exact byte: what is before it arrives, what is after it does not. */
export class ByteCutProxy {
  readonly port: number;
  /** Where the next connections are forwarded to. */
  targetPort: number;
  /** The cuts of the next connections, one each; when there are none left, connections last. */
  readonly cuts: Cut[] = [];
  /** Connections so far. */
  accepted = 0;
  /** Ends every connection now. */
  readonly cutAll: () => void;
  readonly #close: () => Promise<void>;

  private constructor(parts: {
    readonly port: number;
    readonly targetPort: number;
    readonly cutAll: () => void;
    readonly close: () => Promise<void>;
  }) {
    this.port = parts.port;
    this.targetPort = parts.targetPort;
    this.cutAll = parts.cutAll;
    this.#close = parts.close;
  }

  static async start(targetPort: number): Promise<ByteCutProxy> {
    const open = new Set<Socket>();
    const server = createServer({ noDelay: true }, (down) => {
      const up = tcpConnect({ host: '127.0.0.1', port: proxy.targetPort, noDelay: true });
      for (const socket of [down, up]) {
        open.add(socket);
        // An error is followed by `close`, which ends the other side.
        socket.on('error', () => undefined);
        socket.on('close', () => {
          open.delete(socket);
          down.destroy();
          up.destroy();
        });
      }
      proxy.accepted++;
      const cut = proxy.cuts.shift();
      forward({ from: up, to: down, bytes: cut?.direction === 'down' ? cut.bytes : undefined });
      forward({ from: down, to: up, bytes: cut?.direction === 'up' ? cut.bytes : undefined });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const cutAll = (): void => {
      for (const socket of open) socket.destroy();
    };
    const close = (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cutAll();
      });
    const proxy = new ByteCutProxy({ port: (server.address() as AddressInfo).port, targetPort, cutAll, close });
    return proxy;
  }

  close(): Promise<void> {
    return this.#close();
  }
}

/** Forwards up to `bytes`, then ends both sides. */
function forward(options: { readonly from: Socket; readonly to: Socket; readonly bytes: number | undefined }): void {
  const { from, to, bytes = Number.POSITIVE_INFINITY } = options;
  let left = bytes;
  if (left === 0) {
    to.destroy();
    return;
  }
  from.on('data', (chunk) => {
    if (left <= 0) return;
    const part = chunk.byteLength < left ? chunk : chunk.subarray(0, left);
    left -= part.byteLength;
    if (left > 0) to.write(part);
    // The last bytes reach the peer before the end does.
    else to.end(part, () => from.destroy());
  });
}
