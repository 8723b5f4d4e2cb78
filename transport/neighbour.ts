import type { HttpResponse, TemplatedApp, us_listen_socket } from 'uWebSockets.js';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { TransportError } from './types.ts';

const LOOPBACK = '127.0.0.1';

/** What a {@link Neighbour} needs of the library. */
export interface NeighbourParts {
  readonly app: TemplatedApp;
  readonly portOf: (listening: us_listen_socket) => number;
  readonly stopListening: (listening: us_listen_socket) => void;
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
  readonly #app: TemplatedApp;
  readonly #client: Socket;
  readonly #response: HttpResponse;
  #isGone = false;

  private constructor(app: TemplatedApp, client: Socket, response: HttpResponse) {
    this.#app = app;
    this.#client = client;
    this.#response = response;
    response.onAborted(() => {
      this.#isGone = true;
    });
  }

  /** Opens one on a loopback port that nobody else can use: it is closed as soon as we are through. */
  static open({ app, portOf, stopListening }: NeighbourParts): Promise<Neighbour> {
    const path = `/${randomBytes(16).toString('hex')}`;
    return new Promise((resolve, reject) => {
      let client: Socket | undefined;
      app.get(path, (response) => {
        if (client !== undefined) resolve(new Neighbour(app, client, response));
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
    this.#app.close();
  }
}
