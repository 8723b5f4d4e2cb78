import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { TransportError } from './types.ts';

const LOOPBACK = '127.0.0.1';

/** What we call of the library's response. */
interface RawResponse {
  onAborted(ended: () => void): unknown;
  cork(write: () => void): unknown;
}

/** What we call of the library's app, and of the port that it listens on. */
export interface NeighbourParts<Listening> {
  readonly app: {
    get(path: string, answer: (response: RawResponse) => void): unknown;
    listen(host: string, port: number, done: (listening: Listening | false) => void): unknown;
    close(): unknown;
  };
  readonly portOf: (listening: Listening) => number;
  readonly stopListening: (listening: Listening) => void;
}

/**
 * A request of our own that is never answered, so that there is always a response to cork while another one becomes a
 * socket.
 *
 * `response.cork(() => response.upgrade(...))`, as the library's examples have it after an `await`, reads the response's
 * state once more behind the callback. The upgrade has given that memory back; where something else lies in it by then,
 * the fresh socket is cut without a close frame. An upgrade outside of any cork is safe, but the library writes a warning
 * to stderr for each. Within the cork of *another* response neither happens: only the outermost cork looks back.
 */
export class Neighbour {
  readonly #closeApp: () => unknown;
  readonly #client: Socket;
  readonly #response: RawResponse;
  #isGone = false;

  private constructor(closeApp: () => unknown, client: Socket, response: RawResponse) {
    this.#closeApp = closeApp;
    this.#client = client;
    this.#response = response;
    response.onAborted(() => {
      this.#isGone = true;
    });
  }

  /** Opens one on a loopback port that nobody else can use: it is closed as soon as we are through. */
  static open<Listening>({ app, portOf, stopListening }: NeighbourParts<Listening>): Promise<Neighbour> {
    const path = `/${randomBytes(16).toString('hex')}`;
    return new Promise((resolve, reject) => {
      let client: Socket | undefined;
      app.get(path, (response) => {
        if (client !== undefined) resolve(new Neighbour(() => app.close(), client, response));
      });
      app.listen(LOOPBACK, 0, (listening) => {
        if (listening === false) {
          reject(new TransportError(`no port of ${LOOPBACK} can be listened on`));
          return;
        }
        client = connect(portOf(listening), LOOPBACK, () => {
          stopListening(listening);
          client?.write(`GET ${path} HTTP/1.1\r\nHost: ${LOOPBACK}\r\n\r\n`);
        });
        client.on('error', reject);
        client.unref();
      });
    });
  }

  /** Calls `upgrade`, which may turn any other response into a socket. */
  beside(upgrade: () => void): void {
    if (this.#isGone) upgrade();
    else this.#response.cork(upgrade);
  }

  close(): void {
    this.#client.destroy();
    this.#closeApp();
  }
}
