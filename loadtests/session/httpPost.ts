import { Agent, request } from 'node:http';
import type { ClientPorts } from './ports.ts';

/** Makes the port by which clients post orders: over connections that are kept. */
export function createPost(nowUs: () => number): NonNullable<ClientPorts['post']> {
  const agent = new Agent({ keepAlive: true, noDelay: true });
  return ({ url, headers, body }, onAnswer) => {
    const outgoing = request(url, {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    let answered = false;
    const answer = (status: number, text: string): void => {
      if (answered) return;
      answered = true;
      onAnswer({ status, body: text }, nowUs());
    };
    outgoing.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => answer(response.statusCode ?? 0, text));
      response.on('error', () => answer(0, ''));
    });
    outgoing.on('error', () => answer(0, ''));
    outgoing.end(body);
  };
}
