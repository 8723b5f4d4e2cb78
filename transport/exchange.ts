import { STATUS_TEXT } from './statusText.ts';
import type { TransportRequest, TransportResponse } from './types.ts';

/** What we call of the library's request. */
interface RawRequest {
  getCaseSensitiveMethod(): string;
  getUrl(): string;
  getQuery(): string;
  forEach(each: (name: string, value: string) => void): void;
}

/** What we call of the library's response. */
interface RawResponse {
  onAborted(handler: () => void): unknown;
  cork(write: () => void): unknown;
  writeStatus(status: string): unknown;
  writeHeader(name: string, value: string): unknown;
  end(body: string, closeConnection?: boolean): unknown;
  getRemoteAddressAsText(): ArrayBuffer;
}

/** Answers an HTTP request by a handler; nothing when the peer has gone meanwhile. */
export async function answer(
  handler: (request: TransportRequest) => Promise<TransportResponse>,
  response: RawResponse,
  request: RawRequest,
): Promise<void> {
  let isAborted = false;
  response.onAborted(() => {
    isAborted = true;
  });
  const result = await handler(readRequest(response, request));
  if (!isAborted) response.cork(() => write(response, result));
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
    query: request.getQuery(),
    headers,
    remoteAddress: addressOf(response),
  };
}

/** Writes a response; inside a `cork`. @param isLast closes the connection behind it */
export function write(response: RawResponse, { status, headers, body }: TransportResponse, isLast = false): void {
  response.writeStatus(`${status} ${STATUS_TEXT[status] ?? ''}`);
  for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
  response.end(body, isLast);
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
