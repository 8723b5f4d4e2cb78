import type { TestServer } from '../../testing/testServer.ts';

/** An answer as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly body: unknown;
}

/** What is asked beside method and path. */
export interface Asked {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown;
}

/** Asks a server by HTTP: `GET /api/quotes?symbols=S0`. */
export async function ask(server: TestServer, line: string, asked: Asked = {}): Promise<Answer> {
  const [method = 'GET', path = '/'] = line.split(' ');
  const { token, body } = asked;
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...asked.headers,
  };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: text }),
  });
  const read = await answer.text();
  return { status: answer.status, headers: answer.headers, text: read, body: jsonOf(read) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
