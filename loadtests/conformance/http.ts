import { type IncomingMessage, request as plain, type RequestOptions } from 'node:http';
import { request as secure } from 'node:https';
import type { Target } from './target.ts';

/** An HTTP answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly body: unknown;
}

/** What is asked for. */
export interface HttpAsk {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Asks the target over HTTP, until the signal ends it. @throws the network's own error, or the signal's reason */
export function ask(
  target: Target,
  { method = 'GET', path, headers = {}, body }: HttpAsk,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const url = new URL(path, target.base.replace(/^ws/, 'http'));
  const tls = {
    ...(target.ca !== undefined && { ca: target.ca }),
    ...(target.isInsecure && { rejectUnauthorized: false }),
  };
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const type = sent === undefined ? {} : { 'content-type': 'application/json' };
  const options: RequestOptions = { method, headers: { ...type, ...headers }, agent: false, signal };
  return new Promise((resolve, fail) => {
    const reject = (error: unknown): void => fail(signal.aborted ? signal.reason : error);
    const onResponse = (response: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) });
      });
    };
    const request =
      url.protocol === 'https:' ? secure(url, { ...options, ...tls }, onResponse) : plain(url, options, onResponse);
    request.on('error', reject);
    request.end(sent);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
