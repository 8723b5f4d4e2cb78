import { STATUS_TEXT } from './statusText.ts';
import type { HttpHandling, TransportRequest, TransportResponse } from './types.ts';

/** What we call of the library's request. */
interface RawRequest {
  getCaseSensitiveMethod(): string;
  getUrl(): string;
  /** Undefined without a `?`. */
  getQuery(): string | undefined;
  forEach(each: (name: string, value: string) => void): void;
}

/** What we call of the library's response. */
interface RawResponse {
  onAborted(handler: () => void): unknown;
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): unknown;
  cork(write: () => void): unknown;
  writeStatus(status: string): unknown;
  writeHeader(name: string, value: string): unknown;
  end(body: string, closeConnection?: boolean): unknown;
  endWithoutBody(reportedContentLength?: number, closeConnection?: boolean): unknown;
  getRemoteAddressAsText(): ArrayBuffer;
}

/** Answers an HTTP request by a handler; nothing when the peer has gone meanwhile. */
export async function answer(handling: HttpHandling, response: RawResponse, request: RawRequest): Promise<void> {
  let onAborted: () => void = () => undefined;
  const aborted = new Promise<'aborted'>((resolve) => {
    onAborted = () => resolve('aborted');
  });
  let isAborted = false;
  response.onAborted(() => {
    isAborted = true;
    onAborted();
  });
  const read = readRequest(response, request);
  const body = hasBody(read) ? await Promise.race([readBody(response, handling.maxBodyBytes), aborted]) : undefined;
  if (body === 'aborted') return;
  const result = await handling.handle({ ...read, ...(body !== undefined && { body }) }, aborted);
  // What is left of a body that is too large isn't read.
  if (!isAborted) response.cork(() => write(response, result, { isLast: body === 'too_large' }));
}

function hasBody({ headers }: TransportRequest): boolean {
  return (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined;
}

/** The whole body; `too_large` when it is over `maxBytes`. */
function readBody(response: RawResponse, maxBytes: number): Promise<Uint8Array | 'too_large'> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    response.onData((chunk, isLast) => {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) {
        parts.length = 0;
        resolve('too_large');
        return;
      }
      // The chunk is valid only during the call.
      parts.push(Buffer.from(new Uint8Array(chunk)));
      if (isLast) resolve(Buffer.concat(parts));
    });
  });
}

/** Copies what is gone after the first `await`. */
export function readRequest(response: RawResponse, request: RawRequest): TransportRequest {
  const headers: Record<string, string> = Object.create(null);
  request.forEach((name, value) => {
    headers[name] = value;
  });
  return {
    method: request.getCaseSensitiveMethod(),
    path: request.getUrl(),
    query: request.getQuery() ?? '',
    headers,
    remoteAddress: addressOf(response),
  };
}

/** Statuses that never have a body. */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

/** Writes a response; inside a `cork`. `isLast` closes the connection behind it. */
export function write(
  response: RawResponse,
  { status, headers, body, isHead }: TransportResponse,
  { isLast }: { readonly isLast: boolean },
): void {
  response.writeStatus(`${status} ${STATUS_TEXT[status] ?? ''}`);
  for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
  if (BODILESS.has(status)) response.endWithoutBody(undefined, isLast);
  else if (isHead === true) response.endWithoutBody(Buffer.byteLength(body), isLast);
  else response.end(body, isLast);
}

/** The peer's address as it is usually written: the library writes IPv6 in full; IPv4 in IPv6 is IPv4. */
export function addressOf(response: RawResponse): string {
  const text = Buffer.from(response.getRemoteAddressAsText()).toString('latin1');
  if (!text.includes(':')) return text;
  const mapped = /^(?:0000:){5}ffff:([0-9a-f]{2})([0-9a-f]{2}):([0-9a-f]{2})([0-9a-f]{2})$/.exec(text);
  if (mapped !== null)
    return mapped
      .slice(1)
      .map((byte) => Number.parseInt(byte, 16))
      .join('.');
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}
