import { readFileSync } from 'node:fs';
import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import { SESSION_CHANNELS } from '../../protocol/run.ts';
import { CODECS, CUSTOM_DIALECT, DIALECT_NAMES, TIME_UNITS } from '../../protocol/serverUnderTest.ts';

/** A plan that can't be used, with the reason in one line. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

const terms = {
  clientOrderId: Type.String({ minLength: 1 }),
  symbol: Type.String({ minLength: 1 }),
  side: Type.Union([Type.Literal('BUY'), Type.Literal('SELL')]),
  orderType: Type.Union([Type.Literal('MARKET'), Type.Literal('STOP_MARKET'), Type.Literal('TRAILING_STOP_MARKET')]),
  quantity: Type.String(),
  triggerPrice: Type.Optional(Type.String()),
  trailingOffset: Type.Optional(
    Type.Object({
      kind: Type.Union([Type.Literal('price'), Type.Literal('bp'), Type.Literal('ticks')]),
      value: Type.String(),
    }),
  ),
  activationPrice: Type.Optional(Type.String()),
};
const account = Type.Optional(Type.String());
const PlacingFrame = Type.Union([
  Type.Object({ type: Type.Literal('order.place'), ...terms, account }),
  Type.Object({
    type: Type.Literal('order.placeList'),
    contingency: Type.Literal('OCO'),
    orders: Type.Array(Type.Object(terms), { minItems: 2 }),
    account,
  }),
]);

const Custom = Type.Object({
  frames: Type.Array(Type.Unknown()),
  where: Type.Optional(Type.Object({ path: Type.String(), value: Type.String() })),
  items: Type.Optional(Type.String()),
  symbol: Type.String(),
  time: Type.Optional(
    Type.Object({ path: Type.String(), unit: Type.Union(TIME_UNITS.map((unit) => Type.Literal(unit))) }),
  ),
  seq: Type.Optional(
    Type.Object({ path: Type.String(), of: Type.Union([Type.Literal('symbol'), Type.Literal('connection')]) }),
  ),
  price: Type.Optional(Type.String()),
});

const Reach = Type.Object({
  headers: Type.Record(Type.String(), Type.String()),
  host: Type.Optional(Type.String()),
  tls: Type.Optional(
    Type.Object({
      ca: Type.Optional(Type.String()),
      cert: Type.Optional(Type.String()),
      key: Type.Optional(Type.String()),
      isInsecure: Type.Optional(Type.Boolean()),
    }),
  ),
  isTold: Type.Optional(Type.Boolean()),
});

const span = { fromUs: Type.Number(), toUs: Type.Number() };

const Behaviour = Type.Union([
  Type.Object({ kind: Type.Literal('slow'), spans: Type.Array(Type.Object(span)) }),
  Type.Object({ kind: Type.Literal('flapping'), dropsUs: Type.Array(Type.Number()) }),
  Type.Object({
    kind: Type.Literal('churn'),
    leaves: Type.Array(Type.Object({ ...span, symbols: Type.Array(Type.String()) })),
  }),
  Type.Object({ kind: Type.Literal('bursts') }),
  Type.Object({
    kind: Type.Literal('polling'),
    url: Type.String({ pattern: '^https?://' }),
    everyMs: Type.Number({ exclusiveMinimum: 0 }),
    spans: Type.Array(Type.Object(span)),
  }),
]);

/** When each event is due: see `Schedule`. */
export const ScheduleSchema = Type.Object({
  startUs: Type.Number(),
  fromEventUs: Type.Number(),
  toEventUs: Type.Number(),
  speed: Type.Number({ exclusiveMinimum: 0 }),
});

const Plan = Type.Object({
  version: Type.Literal(1),
  generator: Type.Union([Type.Literal('k6'), Type.Literal('swarm'), Type.Literal('probe')]),
  dialect: Type.Union([...DIALECT_NAMES.map((name) => Type.Literal(name)), Type.Literal(CUSTOM_DIALECT)]),
  custom: Type.Optional(Custom),
  reach: Type.Optional(Reach),
  codec: Type.Optional(Type.Union(CODECS.map((name) => Type.Literal(name)))),
  schedule: ScheduleSchema,
  endUs: Type.Number(),
  connectTimeoutMs: Type.Number({ exclusiveMinimum: 0 }),
  reconnect: Type.Object({
    firstDelayMs: Type.Number({ minimum: 0 }),
    capMs: Type.Number({ minimum: 0 }),
    delaysMs: Type.Optional(Type.Array(Type.Number({ minimum: 0 }))),
  }),
  seed: Type.Integer(),
  wallAheadUs: Type.Number(),
  clients: Type.Array(
    Type.Object({
      client: Type.Integer({ minimum: 0 }),
      url: Type.String({ pattern: '^wss?://' }),
      token: Type.Optional(Type.String()),
      account: Type.String(),
      symbols: Type.Array(Type.String()),
      channels: Type.Array(Type.Union(SESSION_CHANNELS.map((channel) => Type.Literal(channel)))),
      connectAtUs: Type.Number(),
      orders: Type.Array(Type.Object({ atUs: Type.Number(), frame: PlacingFrame })),
      orderUrl: Type.Optional(Type.String({ pattern: '^https?://' })),
      behaviour: Type.Optional(Behaviour),
      leaveAtUs: Type.Optional(Type.Number()),
    }),
    { minItems: 1 },
  ),
  tape: Type.Optional(
    Type.Array(
      Type.Object({
        symbol: Type.String(),
        priceDecimals: Type.Integer({ minimum: 0 }),
        timesUs: Type.Array(Type.Number()),
        prices: Type.Array(Type.Number()),
        trades: Type.Array(Type.Number()),
      }),
    ),
  ),
  polled: Type.Optional(
    Type.Object({
      intervalMs: Type.Number({ exclusiveMinimum: 0 }),
      quotesUrl: Type.String({ pattern: '^https?://' }),
    }),
  ),
  goesOn: Type.Optional(
    Type.Object({
      shiftUs: Type.Number(),
      symbols: Type.Array(
        Type.Object({
          symbol: Type.String(),
          number: Type.Integer({ minimum: 0 }),
          shown: Type.Array(Type.Number(), { minItems: 6, maxItems: 6 }),
        }),
      ),
    }),
  ),
  timedBy: Type.Optional(Type.Union([Type.Literal('schedule'), Type.Literal('frame'), Type.Literal('nothing')])),
  maxListedViolations: Type.Integer({ minimum: 0 }),
});
const plan = TypeCompiler.Compile(Plan);

/** Reads a generator's plan. @throws PlanError naming the file and the first field that is wrong */
export function readPlanFile(path: string): GeneratorPlan {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new PlanError(`${path}: no such plan, or not readable`);
  }
  return parsePlan(path, text);
}

function parsePlan(path: string, text: string): GeneratorPlan {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new PlanError(`${path}: not JSON`);
  }
  return checkPlan(path, parsed);
}

/** Checks a plan that `from` holds. @throws PlanError naming the first field that is wrong */
export function checkPlan(from: string, value: unknown): GeneratorPlan {
  if (plan.Check(value)) return value;
  const first = plan.Errors(value).First();
  throw new PlanError(`${from}: ${first?.path || '/'}: ${first?.message ?? 'not a plan'}`);
}
