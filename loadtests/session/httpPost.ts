import { Agent, request } from 'node:http';
import { request as requestSecurely, Agent as SecureAgent } from 'node:https';
import type { Reach } from '../../protocol/serverUnderTest.ts';
import type { ClientPorts } from './ports.ts';
import { secureOptions } from './tls.ts';

/** Makes the port by which clients post orders: over connections that are kept. */
export function createPost(nowUs: () => number, reach?: Reach): NonNullable<ClientPorts['post']> {
  const kept = { keepAlive: true, noDelay: true };
  const agent = new Agent(kept);
  let secureAgent: SecureAgent | undefined;
  return ({ url, headers, body }, onAnswer) => {
    const isSecure = url.startsWith('https:');
    if (isSecure) secureAgent ??= new SecureAgent({ ...kept, ...secureOptions(reach, new URL(url).host) });
    const outgoing = (isSecure ? requestSecurely : request)(url, {
      method: 'POST',
      agent: isSecure ? secureAgent : agent,
      headers: {
        ...reach?.headers,
        ...headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
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
