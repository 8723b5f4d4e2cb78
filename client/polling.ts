import type { ServerFrame } from '../protocol/messages.ts';
import type { PollAnswer, PollCursors } from '../protocol/poll.ts';
import { isFields, readFrame } from './frames.ts';
import type { FetchLike } from './ports.ts';

/** What a poll brought. */
export interface Polled {
  readonly epoch: string;
  readonly frames: readonly ServerFrame[];
  /** By channel and key the number up to which the server has looked. */
  readonly heads: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Whether there is more than one answer holds. */
  readonly isMore: boolean;
}

/** A longer `since` goes in a body: an address has to fit into the first segment of a connection. */
const MAX_QUERY_CHARACTERS = 1_000;

/** An answer to a poll that can't be used; `status` is 0 when nothing came. */
export class PollError extends Error {
  override readonly name = 'PollError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Asks once for everything after the cursors.
 *
 * @throws PollError when the server can't be reached or answers anything but a {@link PollAnswer}
 */
export async function poll(options: {
  readonly fetch: FetchLike;
  /** Address of the poll without a query. */
  readonly url: string;
  readonly since: PollCursors;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}): Promise<Polled> {
  const { fetch, url, since, token, signal } = options;
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const query = encodeURIComponent(JSON.stringify(since));
  const isShort = query.length <= MAX_QUERY_CHARACTERS;
  if (!isShort) headers['content-type'] = 'application/json';
  let status = 0;
  let body: unknown;
  try {
    const answer = isShort
      ? await fetch(`${url}?since=${query}`, { method: 'GET', headers, signal })
      : await fetch(url, { method: 'POST', headers, body: JSON.stringify({ since }), signal });
    status = answer.status;
    body = answer.ok ? await answer.json() : undefined;
  } catch {
    throw new PollError(status, `${url} can't be reached`);
  }
  if (!isPollAnswer(body)) throw new PollError(status, `${url} answered ${status} and nothing usable`);
  return read(body);
}

function isPollAnswer(body: unknown): body is PollAnswer {
  if (!isFields(body)) return false;
  return typeof body['epoch'] === 'string' && isFields(body['channels']) && isFields(body['cursor']);
}

/** Takes out what is as it should be. */
function read(answer: PollAnswer): Polled {
  const frames: ServerFrame[] = [];
  const lists = Object.values(answer.channels).flatMap((byKey) => (isFields(byKey) ? Object.values(byKey) : []));
  for (const list of lists) {
    for (const value of Array.isArray(list) ? list : []) {
      const frame = readFrame(value);
      if (frame !== 'unknown' && frame.type !== 'bad') frames.push(frame);
    }
  }
  const heads = Object.entries(answer.cursor).map(([channel, cursor]) => [
    channel,
    isFields(cursor?.seq) ? cursor.seq : {},
  ]);
  return { epoch: answer.epoch, frames, heads: Object.fromEntries(heads), isMore: answer.more };
}
