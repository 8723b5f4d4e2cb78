import { type Static, Type } from '@sinclair/typebox';
import { CheckSchema } from './checks.ts';
import { FaultSchema, MarketMomentSchema, ProviderSchema } from './faults.ts';
import { TARGET_IDS } from './targets.ts';

const exact = { additionalProperties: false } as const;

const ShareSchema = Type.Number({ minimum: 0, maximum: 1 });

/** A scenario file (`fixtures/scenarios/*.yaml`): the tape's part to play, the load, the cuts, the faults, and what must hold. Gate, swarm, k6 and replay read the same. All but version and name may be absent. */
export const ScenarioSchema = Type.Object(
  {
    version: Type.Literal(1),
    name: Type.String({ pattern: '^[a-z0-9-]+$' }),
    /** Absent: the name. */
    description: Type.Optional(Type.String()),
    /** Absent: 1. */
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 })),
    /** Absent: the built universe's whole session at the market's pace; a replay plays all of the tape that it is told to. */
    tape: Type.Optional(
      Type.Object(
        {
          symbols: Type.Integer({ minimum: 1, maximum: 10_000 }),
          /** Trades and quotes of the whole day's built tape; absent: those of the built universe. */
          events: Type.Optional(Type.Integer({ minimum: 1 })),
          /** The day played, `YYYY-MM-DD`; absent: that of the built universe. A day without a session has none of its own events. */
          date: Type.Optional(
            Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'a date like 2020-03-16' }),
          ),
          /** Where to start, seconds after the regular session's open; this or `from`. */
          fromS: Type.Optional(Type.Number({ minimum: 0 })),
          /** Where to start, as a moment of the day. */
          from: Type.Optional(MarketMomentSchema),
          /** Seconds as played: of the market it is so many times `speed`. */
          durationS: Type.Number({ exclusiveMinimum: 0 }),
          speed: Type.Number({ exclusiveMinimum: 0, maximum: 1000 }),
        },
        exact,
      ),
    ),
    /** Absent: that of the default scenario. */
    load: Type.Optional(
      Type.Object(
        {
          clients: Type.Integer({ minimum: 1 }),
          symbolsPerClient: Type.Integer({ minimum: 1 }),
          /** Clients open their sockets evenly over this time, before the tape starts. */
          connectOverS: Type.Number({ minimum: 0 }),
          ordersPerS: Type.Number({ minimum: 0 }),
          /** Clients arrive at random, so many a second on the average, from `connectOverS` before the tape starts; absent: evenly in that time. */
          arrivals: Type.Optional(Type.Object({ perS: Type.Number({ exclusiveMinimum: 0 }) }, exact)),
          /** Shares of the clients that are not steady: slow readers, flapping ones, those that leave symbols and take them back, those whose orders come in bursts, and those that poll for a while. */
          behaviours: Type.Optional(
            Type.Object(
              {
                slow: Type.Optional(ShareSchema),
                flapping: Type.Optional(ShareSchema),
                churn: Type.Optional(ShareSchema),
                bursts: Type.Optional(ShareSchema),
                polling: Type.Optional(ShareSchema),
              },
              exact,
            ),
          ),
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
    ),
    /** Cuts: at `atS` the share of clients from `fromShare` to `toShare` is cut by a TCP reset, spread over `overS`. */
    cuts: Type.Optional(
      Type.Array(
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
    ),
    /** Absent: `default`. */
    targets: Type.Optional(Type.String()),
    /** Providers between the market and the back end, the one wanted most first; absent: its embedded feed. */
    feeds: Type.Optional(Type.Array(ProviderSchema, { minItems: 1 })),
    /** What goes wrong on the way from the market to the back end. Times are seconds as played, at `tape.speed`. */
    faults: Type.Optional(Type.Array(FaultSchema, { maxItems: 100 })),
    /** What a sound back end must do, in sentences. */
    must: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
    /** The same as checks. */
    checks: Type.Optional(Type.Array(CheckSchema)),
    /** Least samples by target, where this scenario promises more than the target set asks. */
    leastSamples: Type.Optional(
      Type.Record(Type.String({ pattern: `^(${TARGET_IDS.join('|')})$` }), Type.Integer({ minimum: 0 }), exact),
    ),
  },
  exact,
);
/** A scenario as its file says it. */
export type ScenarioFile = Static<typeof ScenarioSchema>;

/** A scenario as read: what the file leaves out is filled in, and `fromS` is worked out where it says `from`. */
export type Scenario = Required<Pick<ScenarioFile, 'description' | 'seed' | 'load' | 'cuts' | 'targets'>> &
  Omit<ScenarioFile, 'tape'> & {
    readonly tape: Omit<NonNullable<ScenarioFile['tape']>, 'fromS'> & {
      /** Seconds after the open of the day's regular session (of a day without: of the last before it); below 0: before the open. */
      readonly fromS: number;
      /** The file names no part: a replay plays all of the tape that it is told to. */
      readonly isWhole?: true;
    };
  };
