import type { BadFrameReason, EndReason, FeedTimers } from './provider.ts';
import { reasonOf, retryAfterOf } from './socketSession.ts';

/** A provider that hasn't answered by then doesn't, ms. */
const ANSWER_MS = 10_000;
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** A question to a provider by HTTP. */
export interface Question {
  readonly method?: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came of it: JSON, a refusal by status, or nothing. `detail` never holds an address: there may be a key in it. */
export type Answer =
  | { readonly kind: 'json'; readonly status: number; readonly value: unknown; readonly retryAfterMs?: number }
  | { readonly kind: 'bad'; readonly status: number; readonly reason: BadFrameReason; readonly retryAfterMs?: number }
  | { readonly kind: 'failed'; readonly reason: EndReason; readonly detail: string };

/** A question under way. */
export interface Asking {
  readonly cancel: () => void;
}

/** Asks a provider; `done` isn't called after {@link Asking.cancel}. */
export function ask(question: Question, timers: FeedTimers, done: (answer: Answer) => void): Asking {
  const abort = new AbortController();
  let isOver = false;
  const finish = (answer: Answer): void => {
    if (isOver) return;
    isOver = true;
    callOff();
    done(answer);
  };
  const callOff = timers.after(ANSWER_MS, () => {
    finish({ kind: 'failed', reason: 'timed_out', detail: `no answer within ${ANSWER_MS / 1000} s` });
    abort.abort();
  });
  void fetchJson(question, abort.signal).then(finish, (error: unknown) => {
    finish({ kind: 'failed', reason: 'unreachable', detail: `no answer (${codeOf(error)})` });
  });
  return {
    cancel: () => {
      isOver = true;
      callOff();
      abort.abort();
    },
  };
}

/** What an answer that isn't 200 says of the session. */
export function endOfStatus(status: number): { readonly reason: EndReason; readonly detail: string } {
  const reason = reasonOf(status);
  return { reason, detail: reason === 'auth_refused' ? 'the key was refused' : `it answers with HTTP ${status}` };
}

async function fetchJson({ method = 'GET', url, headers }: Question, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(url, { method, headers: { accept: 'application/json', ...headers }, signal });
  const { status } = response;
  const wait = retryAfterOf(response.headers.get('retry-after'));
  const text = await readBody(response);
  if (text === undefined) return { kind: 'bad', status, reason: 'unknown_form', ...wait };
  try {
    const value: unknown = JSON.parse(text);
    return { kind: 'json', status, value, ...wait };
  } catch {
    return { kind: 'bad', status, reason: 'not_json', ...wait };
  }
}

/** The body as text; undefined when it is larger than any answer should be. */
async function readBody(response: Response): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'the connection failed';
}
