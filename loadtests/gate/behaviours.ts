import {
  BEHAVIOURS,
  type BehaviourName,
  type ClientBehaviour,
  type PlannedSpan,
} from '../../protocol/generatorPlan.ts';
import { endOf, type Schedule } from '../../protocol/run.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import { GateError } from './errors.ts';

export interface BehavioursInput {
  /** Share of the clients by behaviour; the others are steady. */
  readonly shares: NonNullable<Scenario['load']['behaviours']>;
  /** Symbols of each client, by position. */
  readonly clientSymbols: readonly (readonly string[])[];
  readonly schedule: Schedule;
  readonly pollUrl: string;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** The first deviation comes so long after the tape's start, and after the last one there is so much time to come back in. */
const FIRST_US = 2_000_000;
const LAST_US = 5_000_000;
const SLOW = { everyUs: 8_000_000, lastsUs: 3_000_000 };
const FLAP_EVERY_US = 6_000_000;
const CHURN = { everyUs: 5_000_000, lastsUs: 2_000_000 };
const POLLING = { everyUs: 16_000_000, lastsUs: 8_000_000, pollEveryMs: 1_000 };

/** Deals behaviours to clients by chance, each to its share of them. Same input, same deal. @throws GateError when the shares are more than all */
export function dealBehaviours(input: BehavioursInput): (ClientBehaviour | undefined)[] {
  const { shares, clientSymbols, random } = input;
  const sum = BEHAVIOURS.reduce((total, name) => total + (shares[name] ?? 0), 0);
  if (sum > 1 + 1e-9)
    throw new GateError(`load.behaviours of the scenario add up to ${Number(sum.toFixed(3))}: they are shares of 1`);
  const order = clientSymbols.map((_, at) => ({ at, draw: random() })).sort((a, b) => a.draw - b.draw);
  const dealt: (ClientBehaviour | undefined)[] = clientSymbols.map(() => undefined);
  let next = 0;
  for (const name of BEHAVIOURS) {
    const until = next + Math.round((shares[name] ?? 0) * order.length);
    for (const { at } of order.slice(next, until)) dealt[at] = behave(name, clientSymbols[at] ?? [], input);
    next = until;
  }
  return dealt;
}

function behave(kind: BehaviourName, symbols: readonly string[], input: BehavioursInput): ClientBehaviour {
  switch (kind) {
    case 'slow':
      return { kind, spans: spans(input, SLOW) };
    case 'flapping':
      return { kind, dropsUs: spans(input, { everyUs: FLAP_EVERY_US, lastsUs: 0 }).map(({ fromUs }) => fromUs) };
    case 'churn':
      // One half after the other: no symbol is left twice in a row.
      return {
        kind,
        leaves: spans(input, CHURN).map((span, nth) => ({
          ...span,
          symbols: symbols.filter((_, place) => place % 2 === nth % 2),
        })),
      };
    case 'polling':
      return { kind, url: input.pollUrl, everyMs: POLLING.pollEveryMs, spans: spans(input, POLLING) };
    case 'bursts':
      return { kind };
  }
}

/** Spans of a length, one in each `everyUs` with some play; the last ends in time. */
function spans(
  { schedule, random }: BehavioursInput,
  { everyUs, lastsUs }: { readonly everyUs: number; readonly lastsUs: number },
): PlannedSpan[] {
  const { startUs } = schedule;
  const lastUs = endOf(schedule) - LAST_US - lastsUs;
  const found: PlannedSpan[] = [];
  const playUs = everyUs - lastsUs;
  for (let atUs = startUs + FIRST_US; atUs < lastUs; atUs += everyUs) {
    const fromUs = Math.round(Math.min(lastUs, atUs + random() * playUs * 0.8));
    found.push({ fromUs, toUs: fromUs + lastsUs });
  }
  return found;
}

/** Times at which clients connect by an open model: one after another at random, `perS` of them in a second on the average. */
export function arrivals(options: {
  readonly clients: number;
  readonly perS: number;
  readonly fromUs: number;
  readonly random: () => number;
}): number[] {
  let atUs = options.fromUs;
  return Array.from({ length: options.clients }, () => {
    atUs += (-Math.log(1 - options.random()) / options.perS) * 1e6;
    return Math.round(atUs);
  });
}
