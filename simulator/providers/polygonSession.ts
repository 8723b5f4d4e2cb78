import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { PolygonChannel, PolygonStatus, PolygonStatusName } from '../../protocol/providers/polygon.ts';
import { acceptsKey } from './access.ts';
import type { FacadeSession, FacadeSocket, FacadeWorld } from './facade.ts';

const CHANNELS: ReadonlySet<string> = new Set<PolygonChannel>(['T', 'Q', 'AM', 'A', 'LULD']);
/** Silence after which an unauthenticated socket is ended; the provider doesn't say how long it waits. */
const AUTH_TIMEOUT_MS = 10_000;
const POLICY_VIOLATION = 1008;
/** Topics of one socket, and of one frame: more than there are symbols and kinds is a mistake or an attack. */
const MAX_TOPICS = 50_000;
const MAX_TOPICS_PER_FRAME = 10_000;
/** Letters of a topic; no symbol is as long. */
const MAX_TOPIC_LENGTH = 64;

const action = TypeCompiler.Compile(
  Type.Object({
    action: Type.Union([Type.Literal('auth'), Type.Literal('subscribe'), Type.Literal('unsubscribe')]),
    params: Type.String(),
  }),
);

/** Who is connected with which key, to each cluster: over the plan's limit the oldest goes. */
export class PolygonConnections {
  readonly #limit: number;
  readonly #sockets = new Map<string, PolygonSession[]>();

  /** @param limit sockets of one key and cluster; may be Infinity */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(key: string, session: PolygonSession): void {
    const sockets = this.#sockets.get(key) ?? [];
    this.#sockets.set(key, [...sockets, session]);
    for (const oldest of sockets.slice(0, Math.max(0, sockets.length + 1 - this.#limit))) oldest.endOverLimit();
  }

  remove(key: string, session: PolygonSession): void {
    const left = (this.#sockets.get(key) ?? []).filter((other) => other !== session);
    if (left.length === 0) this.#sockets.delete(key);
    else this.#sockets.set(key, left);
  }
}

export interface PolygonSessionOptions {
  readonly socket: FacadeSocket;
  readonly world: FacadeWorld;
  readonly connections: PolygonConnections;
  /** Whether the plan has a stream at all. */
  readonly mayStream: boolean;
  /** A topic is heard (1) or heard no more (-1). */
  readonly count: (channel: string, change: 1 | -1) => void;
}

/** One client of Polygon's stream: authenticates, then subscribes. */
export class PolygonSession implements FacadeSession {
  readonly #options: PolygonSessionOptions;
  /** Topics as the client knows them: while it hears all of a kind, its single ones rest. */
  readonly #wished = new Set<string>();
  #key: string | undefined;
  #callOffTimeout: () => void;

  constructor(options: PolygonSessionOptions) {
    this.#options = options;
    this.#say(status('connected', 'Connected Successfully'));
    this.#callOffTimeout = options.socket.after(AUTH_TIMEOUT_MS, () => {
      // Third-party knowledge, the code included.
      this.#say(status('auth_timeout', 'No authentication request received.'));
      options.socket.end(POLICY_VIOLATION, '');
    });
  }

  message(text: string): void {
    const frame = parse(text);
    if (!action.Check(frame)) {
      this.#say(status('error', 'unknown action'));
      return;
    }
    const { action: verb, params } = frame;
    if (verb === 'auth') this.#authenticate(params);
    else if (this.#key === undefined || !this.#options.mayStream) this.#say(notAuthorized());
    else this.#changeAll(verb, params);
  }

  closed(): void {
    for (const topic of this.#wished) this.#options.count(channelOf(topic), -1);
    this.#wished.clear();
    if (this.#key !== undefined) this.#options.connections.remove(this.#key, this);
  }

  /** Says that the key has more sockets than its plan allows, and ends (third-party). */
  endOverLimit(): void {
    this.#say(
      status(
        'max_connections',
        'Maximum number of websocket connections exceeded. You have reached the connection limit for your account.',
      ),
    );
    this.#options.socket.end(POLICY_VIOLATION, '');
  }

  #authenticate(key: string): void {
    const { world, connections, socket } = this.#options;
    if (!acceptsKey(world, key)) {
      this.#say(status('auth_failed', 'authentication failed'));
      return;
    }
    this.#callOffTimeout();
    if (this.#key === undefined) {
      this.#key = `${socket.path} ${key}`;
      connections.add(this.#key, this);
    }
    this.#say(status('auth_success', 'authenticated'));
    if (world.link().isRateLimited) this.endOverLimit();
  }

  /** The topics of a list; lenient, a kind holds for the bare names after it. */
  #topics(params: string): readonly string[] {
    const topics = params.split(',').map((topic) => topic.trim());
    if (!this.#options.world.isLenient) return topics;
    let channel = '';
    return topics.map((topic) => {
      if (CHANNELS.has(channelOf(topic))) channel = channelOf(topic);
      else if (channel !== '') return `${channel}.${topic}`;
      return topic;
    });
  }

  /** One frame of acknowledgements for one of topics. */
  #changeAll(verb: 'subscribe' | 'unsubscribe', params: string): void {
    const topics = this.#topics(params);
    const acknowledged =
      topics.length > MAX_TOPICS_PER_FRAME
        ? [status('error', 'too many topics in one message')]
        : topics.map((topic) => this.#change(verb, topic));
    this.#options.socket.send(JSON.stringify(acknowledged));
  }

  #change(verb: 'subscribe' | 'unsubscribe', topic: string): PolygonStatus {
    const channel = channelOf(topic);
    const { length } = topic;
    const isTopic = CHANNELS.has(channel) && length > channel.length + 1 && length <= MAX_TOPIC_LENGTH;
    if (!isTopic || (verb === 'subscribe' && this.#wished.size >= MAX_TOPICS)) return notAuthorized();
    if (verb === 'subscribe') this.#subscribe(channel, topic);
    else this.#unsubscribe(channel, topic);
    return status('success', `${verb}d to: ${topic}`);
  }

  #subscribe(channel: string, topic: string): void {
    const { socket, count } = this.#options;
    if (this.#wished.has(topic)) return;
    this.#wished.add(topic);
    count(channel, 1);
    if (topic === `${channel}.*`) {
      for (const single of this.#singles(channel)) socket.unsubscribe(single);
      socket.subscribe(topic);
    } else if (!this.#wished.has(`${channel}.*`)) socket.subscribe(topic);
  }

  #unsubscribe(channel: string, topic: string): void {
    const { socket, count } = this.#options;
    if (!this.#wished.delete(topic)) return;
    count(channel, -1);
    socket.unsubscribe(topic);
    if (topic === `${channel}.*`) for (const single of this.#singles(channel)) socket.subscribe(single);
  }

  #singles(channel: string): readonly string[] {
    return [...this.#wished].filter((topic) => channelOf(topic) === channel && topic !== `${channel}.*`);
  }

  #say(said: PolygonStatus): void {
    this.#options.socket.send(JSON.stringify([said]));
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What stands before the first point: symbols may have points of their own. */
function channelOf(topic: string): string {
  const point = topic.indexOf('.');
  return point < 0 ? '' : topic.slice(0, point);
}

function status(name: PolygonStatusName, message: string): PolygonStatus {
  return { ev: 'status', status: name, message };
}

/** The provider's answer to what a key may not have, or what is no topic (third-party). */
function notAuthorized(): PolygonStatus {
  return status('error', 'not authorized');
}
