import { type Socket, connect as tcpConnect } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { CLIENT_HEADER } from '../session/link.ts';

/** How a stream to a server is opened. */
export interface StreamOptions {
  readonly url: URL;
  /** Of TLS, for `wss:`. */
  readonly secure: ConnectionOptions | undefined;
  /** A line before TLS that tells the cut proxy whose connection this is. */
  readonly toldClient: string | undefined;
  /** Plain streams are read into this, one read at a time. */
  readonly buffer: Buffer;
  readonly onReady: () => void;
  readonly onRead: (buffer: Buffer, bytes: number) => void;
}

/** Opens a stream of bytes to a server, over TCP or TLS; errors and the end are the socket's own events. */
export function openStream(options: StreamOptions): Socket {
  return options.url.protocol === 'wss:' ? openSecure(options) : openPlain(options);
}

function openPlain({ url, buffer, onReady, onRead }: StreamOptions): Socket {
  const socket = tcpConnect({
    host: hostOf(url),
    port: Number(url.port || 80),
    noDelay: true,
    onread: {
      buffer,
      callback: (bytes) => {
        onRead(buffer, bytes);
        return true;
      },
    },
  });
  return socket.once('connect', onReady);
}

function openSecure({ url, secure = {}, toldClient, onReady, onRead }: StreamOptions): Socket {
  const plain = tcpConnect({ host: hostOf(url), port: Number(url.port || 443), noDelay: true });
  // TLS begins behind this line; until the connection stands, what is written waits in order.
  if (toldClient !== undefined) plain.write(`${CLIENT_HEADER}: ${toldClient}\r\n`);
  const socket = tlsConnect({ ...secure, socket: plain });
  plain.on('error', (error) => socket.destroy(error));
  plain.once('close', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => onRead(chunk, chunk.length));
  return socket.once('secureConnect', onReady);
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}
