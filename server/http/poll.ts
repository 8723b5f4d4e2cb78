import type { Static } from '@sinclair/typebox';
import type { Channel, Cursor } from '../../protocol/messages.ts';
import { CHANNEL_KEYS, CHANNELS, WHOLE_STREAM } from '../../protocol/messages.ts';
import { PollCursorsSchema } from '../../protocol/schemas/http.ts';
import { HTTP_ROUTES } from '../../protocol/schemas/httpRoutes.ts';
import type { Claims } from '../identity.ts';
import { whyNotRead } from '../permissions.ts';
import { hasNews, type Place, PollText } from './pollText.ts';
import { HttpProblem, type HttpResponse } from './problem.ts';
import { jsonReader } from './read.ts';
import { type BoundRoute, bind, type HttpServices, jsonText, whenSafe } from './route.ts';

/** A poll that waits for something to tell. */
interface Waiting {
  readonly user: string;
  readonly places: readonly Place[];
  readonly untilUs: number;
  readonly resume: () => void;
}

/** A poll as it was asked for. */
interface Wish {
  readonly since: Static<typeof PollCursorsSchema>;
  readonly waitMs?: number | undefined;
}

const readSince = jsonReader(PollCursorsSchema);

/** Answers polls: what a socket that resumes from the same places would be sent. */
export class Polls {
  readonly routes: { readonly poll: BoundRoute; readonly pollMany: BoundRoute };
  readonly #services: HttpServices;
  readonly #waiting = new Set<Waiting>();
  #isDraining = false;

  constructor(services: HttpServices) {
    this.#services = services;
    const { limits } = services;
    this.routes = {
      poll: bind(HTTP_ROUTES.poll, ({ claims, query, gone }) => {
        return this.#answer(claims, { since: readSince(query.since, limits), waitMs: query.waitMs }, gone);
      }),
      pollMany: bind(HTTP_ROUTES.pollMany, ({ claims, body, gone }) => this.#answer(claims, body, gone)),
    };
  }

  /** Answers the polls that there is something for, and those whose time is up. */
  sweep(nowUs: number): void {
    for (const waiting of this.#waiting) {
      if (nowUs < waiting.untilUs && !hasNews(this.#services, waiting.places)) continue;
      this.#waiting.delete(waiting);
      waiting.resume();
    }
  }

  /** Answers all that wait; from now on none does. */
  drain(): void {
    this.#isDraining = true;
    this.sweep(Number.POSITIVE_INFINITY);
  }

  async #answer(claims: Claims, wish: Wish, gone: Promise<unknown>): Promise<HttpResponse> {
    const places = this.#placesOf(claims, wish.since);
    if (wish.waitMs !== undefined && !this.#isDraining && !hasNews(this.#services, places)) {
      await this.#news(claims, { places, waitMs: wish.waitMs, gone });
    }
    const { text } = new PollText(this.#services, places);
    await whenSafe(this.#services);
    return jsonText(200, text);
  }

  /** Resolves when there is something for a poll, when its time or token ends, or nobody waits for it any more. */
  #news(
    claims: Claims,
    wish: { readonly places: readonly Place[]; readonly waitMs: number; readonly gone: Promise<unknown> },
  ): Promise<void> {
    const { clock, limits, identity } = this.#services;
    const { places, waitMs, gone } = wish;
    const { user } = claims;
    const open = [...this.#waiting].filter((waiting) => waiting.user === user).length;
    if (!identity.isDevelopment && open >= limits.maxSocketsPerUser) {
      throw new HttpProblem('rate_limited', `a user may have ${limits.maxSocketsPerUser} polls waiting`);
    }
    const untilUs = Math.min(clock.nowUs() + waitMs * 1000, claims.expiresAtUs);
    return new Promise((resume) => {
      const waiting = { user, places, untilUs, resume };
      this.#waiting.add(waiting);
      void gone.then(() => {
        this.#waiting.delete(waiting);
        resume();
      });
    });
  }

  /** The places that a poll names, if they may be read. @throws HttpProblem */
  #placesOf(claims: Claims, since: Wish['since']): readonly Place[] {
    const places = Object.entries(since).flatMap(([name, cursor]) => {
      const channel = channelOf(name);
      return Object.keys(cursor.seq).map((key) => this.#placeOf(claims, { channel, key, cursor }));
    });
    const { maxSymbolsPerSocket } = this.#services.limits;
    if (places.length <= maxSymbolsPerSocket) return places;
    const message = `a poll may name ${maxSymbolsPerSocket} keys, this one names ${places.length}`;
    throw new HttpProblem('too_many_symbols', message);
  }

  #placeOf(claims: Claims, named: { readonly channel: Channel; readonly key: string; readonly cursor: Cursor }): Place {
    const { channel, key, cursor } = named;
    const problem = whyNotRead(claims, { channel, key });
    if (problem !== undefined) throw new HttpProblem('forbidden', problem);
    const symbol = CHANNEL_KEYS[channel] === 'symbol' ? this.#services.book.instrument(key)?.index : undefined;
    if (CHANNEL_KEYS[channel] === 'symbol' && symbol === undefined) {
      throw new HttpProblem('unknown_symbol', `unknown symbol ${JSON.stringify(key)}`);
    }
    if (CHANNEL_KEYS[channel] === 'whole' && key !== WHOLE_STREAM) {
      throw new HttpProblem('bad_message', `the channel ${channel} is polled whole: its one key is "*"`);
    }
    if (CHANNEL_KEYS[channel] === 'channel') channelOf(key);
    return { channel, key, symbol: symbol ?? -1, cursor };
  }
}

function channelOf(name: string): Channel {
  const channel = CHANNELS.find((one) => one === name);
  if (channel === undefined) {
    throw new HttpProblem(
      'unknown_channel',
      `unknown channel ${JSON.stringify(name)}; there are ${CHANNELS.join(', ')}`,
    );
  }
  if (channel === 'heartbeat') throw new HttpProblem('bad_message', 'heartbeats come on sockets alone');
  return channel;
}
