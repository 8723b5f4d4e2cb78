import { type Static, Type } from '@sinclair/typebox';
import { TARGET_IDS } from './targets.ts';

const exact = { additionalProperties: false } as const;

/** A scenario file (`fixtures/scenarios/*.yaml`): the tape's part to play, the load, the cuts. Gate, swarm, k6 and replay read the same. */
export const ScenarioSchema = Type.Object(
  {
    version: Type.Literal(1),
    name: Type.String({ pattern: '^[a-z0-9-]+$' }),
    description: Type.String(),
    seed: Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 }),
    tape: Type.Object(
      {
        symbols: Type.Integer({ minimum: 1, maximum: 10_000 }),
        /** Where to start: `open` is the regular session's open; or seconds after it. */
        fromS: Type.Number({ minimum: 0 }),
        durationS: Type.Number({ exclusiveMinimum: 0 }),
        speed: Type.Number({ exclusiveMinimum: 0, maximum: 1000 }),
      },
      exact,
    ),
    load: Type.Object(
      {
        clients: Type.Integer({ minimum: 1 }),
        symbolsPerClient: Type.Integer({ minimum: 1 }),
        /** Clients open their sockets evenly over this time, before the tape starts. */
        connectOverS: Type.Number({ minimum: 0 }),
        ordersPerS: Type.Number({ minimum: 0 }),
        /** Probe connections, in a process of their own. */
        probes: Type.Integer({ minimum: 0 }),
        /** After the tape's part has ended clients stay this long for what is still due. */
        graceS: Type.Number({ minimum: 0 }),
        reconnect: Type.Object(
          { firstDelayMs: Type.Integer({ minimum: 0 }), capMs: Type.Integer({ minimum: 1 }) },
          exact,
        ),
      },
      exact,
    ),
    /** Cuts: at `atS` the share of clients from `fromShare` to `toShare` is cut by a TCP reset, spread over `overS`. */
    cuts: Type.Array(
      Type.Object(
        {
          atS: Type.Number({ minimum: 0 }),
          overS: Type.Number({ minimum: 0 }),
          fromShare: Type.Number({ minimum: 0, maximum: 1 }),
          toShare: Type.Number({ minimum: 0, maximum: 1 }),
        },
        exact,
      ),
    ),
    targets: Type.String(),
    /** Least samples by target, where this scenario promises more than the target set asks. */
    leastSamples: Type.Optional(
      Type.Record(Type.String({ pattern: `^(${TARGET_IDS.join('|')})$` }), Type.Integer({ minimum: 0 }), exact),
    ),
  },
  exact,
);
export type Scenario = Static<typeof ScenarioSchema>;
