import { Agent, type IncomingMessage, request } from 'node:http';
import { MergeError } from './errors.ts';

/** One connection that stays, so that asking costs a round trip and no more. */
const agent = new Agent({ keepAlive: true, maxSockets: 2 });

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Asks the coordinator; an answer of any status is one. @throws MergeError when none comes within `timeoutMs` */
export function ask(
  url: string,
  { method = 'GET', body = '', timeoutMs = 10_000 }: { method?: string; body?: string; timeoutMs?: number } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const failed = (why: string): void =>
      reject(new MergeError(`${new URL(url).host}: ${why}; is the gate still running, and reachable?`, 'unavailable'));
    const asked = request(url, { method, agent, timeout: timeoutMs }, (answer) => {
      readBody(answer, Number.POSITIVE_INFINITY).then(
        (text) => resolve({ status: answer.statusCode ?? 0, body: text ?? '' }),
        (error: Error) => failed(error.message),
      );
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    asked.on('error', (error) => failed(error.message));
    asked.end(body);
  });
}

/** Reads a body as text; undefined when it is longer than `maxBytes`. */
export async function readBody(message: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  return bytes > maxBytes ? undefined : Buffer.concat(chunks).toString('utf8');
}
