import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { HttpMessage, TransportResponse } from '../../transport/types.ts';
import { openTransport } from '../../transport/uws.ts';
import { isoTime } from '../tape/time.ts';
import { PLACE_FORMS, parsePlace, timeOfDay } from './place.ts';
import type { Player } from './types.ts';

const exact = { additionalProperties: false } as const;
const Seek = Type.Object({ to: Type.Union([Type.String(), Type.Number()]) }, exact);
const Speed = Type.Object(
  { speed: Type.Union([Type.Number({ minimum: 0.1, maximum: 1000 }), Type.Literal('max')]) },
  exact,
);
const Step = Type.Object(
  {
    unit: Type.Optional(Type.Union([Type.Literal('tick'), Type.Literal('bar')])),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  },
  exact,
);
const MAX_BODY_BYTES = 4_096;

/** Where a player stands, as it is told by HTTP. */
export interface ControlState {
  readonly status: string;
  /** A number, or `max`. */
  readonly speed: number | 'max';
  /** ISO 8601 with µs, UTC. */
  readonly position: string;
  /** At the exchange, `HH:MM:SS.mmm`. */
  readonly exchangeTime: string;
  /** Of the part that is played, 0 to 1. */
  readonly share: number;
  readonly events: number;
  readonly late: number;
  readonly rounds: number;
}

/** An HTTP endpoint that steers a player. */
export interface ControlEndpoint {
  readonly url: string;
  readonly close: () => void;
}

/** Why a player can't be steered by HTTP: one line. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

/**
 * Lets a player be steered by HTTP on this machine: `GET /control` tells where it stands, `POST /control/pause`, `/resume`,
 * `/seek` {to}, `/speed` {speed} and `/step` {unit, count} change it and answer the new state.
 *
 * @param options.port 0 takes any free one
 * @throws ControlError when the port can't be had
 */
export async function startControl(options: {
  readonly player: Player;
  readonly port: number;
}): Promise<ControlEndpoint> {
  const transport = await openTransport();
  transport.http({ maxBodyBytes: MAX_BODY_BYTES, handle: async (request) => answerControl(options.player, request) });
  const outcome = await transport.listen({ host: '127.0.0.1', port: options.port });
  if (!outcome.ok) {
    transport.close();
    throw new ControlError(
      outcome.reason === 'taken'
        ? `control port ${options.port} is taken; name another, or 0 for any`
        : `control port ${options.port} can't be used (${outcome.message})`,
    );
  }
  return { url: `http://127.0.0.1:${outcome.port}/control`, close: () => transport.close() };
}

/** Answers one request about a player. */
export function answerControl(player: Player, request: HttpMessage): TransportResponse {
  // A page of the web can't ask without saying where it is from, nor send JSON without asking first.
  if (request.headers['origin'] !== undefined) return problem(403, 'pages of the web may not steer a replay');
  if (request.path === '/control') {
    return request.method === 'GET' ? answer(player) : problem(405, 'GET tells where the replay stands');
  }
  const command = /^\/control\/(pause|resume|seek|speed|step)$/.exec(request.path)?.[1];
  if (command === undefined) return problem(404, 'there are /control and /control/pause, resume, seek, speed, step');
  if (request.method !== 'POST') return problem(405, `POST /control/${command}`);
  const body = bodyOf(request);
  if (body === undefined) return problem(400, `${command}: the body must be JSON with content-type application/json`);
  const fault = obey(player, command, body);
  return fault === undefined ? answer(player) : problem(422, fault);
}

/** Where the player stands, in words for people and programs. */
export function controlState(player: Player): ControlState {
  const { status, speed, positionUs, fromUs, toUs, events, late, rounds } = player.state();
  return {
    status,
    speed: speed === Number.POSITIVE_INFINITY ? 'max' : speed,
    position: isoTime(positionUs),
    exchangeTime: timeOfDay(positionUs, player.header),
    share: Math.min(1, (positionUs - fromUs) / Math.max(1, toUs - fromUs)),
    events,
    late,
    rounds,
  };
}

function obey(player: Player, command: string, body: unknown): string | undefined {
  if (player.state().status === 'ended') return `${command}: the replay has ended`;
  switch (command) {
    case 'pause':
      player.pause();
      return undefined;
    case 'resume':
      player.resume();
      return undefined;
    case 'seek': {
      if (!Value.Check(Seek, body)) return `seek: give {"to": "10:05"}: ${PLACE_FORMS}`;
      const toUs = parsePlace(String(body.to), player.header, player.state().positionUs);
      if (toUs === undefined) return `seek: ${JSON.stringify(body.to)} is no place of the tape; give ${PLACE_FORMS}`;
      player.seek(toUs);
      return undefined;
    }
    case 'speed':
      if (!Value.Check(Speed, body)) return 'speed: give {"speed": 0.1 to 1000} or {"speed": "max"}';
      player.setSpeed(body.speed === 'max' ? Number.POSITIVE_INFINITY : body.speed);
      return undefined;
    default:
      if (!Value.Check(Step, body)) return 'step: give {"unit": "tick" or "bar", "count": 1 to 1000000}';
      player.step(body.unit ?? 'tick', body.count ?? 1);
      return undefined;
  }
}

/** The parsed body, {} without one; undefined when it is no JSON or doesn't say that it is. */
function bodyOf({ body, headers }: HttpMessage): unknown {
  if (body === undefined || body.length === 0) return {};
  if (body === 'too_large' || headers['content-type']?.startsWith('application/json') !== true) return undefined;
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

function answer(player: Player): TransportResponse {
  return json(200, 'application/json', controlState(player));
}

function problem(status: number, detail: string): TransportResponse {
  return json(status, 'application/problem+json', { type: 'about:blank', status, detail });
}

function json(status: number, contentType: string, body: unknown): TransportResponse {
  const headers = { 'content-type': contentType, 'cache-control': 'no-store' };
  return { status, headers, body: `${JSON.stringify(body)}\n` };
}
