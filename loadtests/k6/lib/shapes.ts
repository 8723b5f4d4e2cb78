import type { ClientBehaviour, PlannedSpan } from '../../../protocol/generatorPlan.ts';
import { arriveEvenly, type Given, type Part } from './ownPlan.ts';
import { type Environment, numberOf, type Settings, secondsOf, wordOf } from './settings.ts';

const PATTERNS = ['storm', 'rolling', 'flapping'] as const;
/** The last cut leaves so much time to come back in. */
const LAST_CUT_US = 4_000_000;
const FLAP_EVERY_S = 5;
const CHURN_EVERY_US = 5_000_000;
const CHURN_AWAY_US = 2_000_000;
/** Of the mixed day's clients, in hundredths. */
const MIXED = { flapping: 5, churn: 10 };

/** Clients that lose their connection by `TAPEDECK_PATTERN`: all at once, one after another, or each again and again. */
export function losing(index: number, given: Given): Part {
  const { env, fromUs, toUs, settings } = given;
  const pattern = wordOf(env, 'TAPEDECK_PATTERN', PATTERNS);
  const lastUs = Math.max(fromUs, toUs - LAST_CUT_US);
  const spanUs = lastUs - fromUs;
  const dropsUs =
    pattern === 'storm'
      ? [Math.round(fromUs + 0.4 * spanUs)]
      : pattern === 'rolling'
        ? [Math.round(fromUs + (0.1 + (0.8 * index) / settings.clients) * spanUs)]
        : flaps(given, secondsOf(env, 'TAPEDECK_FLAP_EVERY', FLAP_EVERY_S));
  return { ...arriveEvenly(index, given), behaviour: { kind: 'flapping', dropsUs } };
}

/** A mixed day's clients: most are steady, some flap, some leave symbols and take them back. */
export function mixing(index: number, given: Given): Part {
  const steady = arriveEvenly(index, given);
  const place = index % 100;
  const behaviour: ClientBehaviour | undefined =
    place % 20 === 7 && place < MIXED.flapping * 20
      ? { kind: 'flapping', dropsUs: flaps(given, FLAP_EVERY_S) }
      : place % 10 === 3 && place < MIXED.churn * 10
        ? { kind: 'churn', leaves: leaves(given) }
        : undefined;
  return behaviour === undefined ? steady : { ...steady, behaviour };
}

/** Times of drops, each `everyS` on the average, the first one anywhere in the first of them. */
function flaps({ fromUs, toUs, random }: Given, everyS: number): number[] {
  const drops: number[] = [];
  for (let atUs = fromUs + random() * everyS * 1e6; atUs < toUs - LAST_CUT_US; atUs += (0.5 + random()) * everyS * 1e6)
    drops.push(Math.round(atUs));
  return drops;
}

/** Spans in which a client is without one half of its symbols, by turns. */
function leaves({ settings, fromUs, toUs, random }: Given): (PlannedSpan & { symbols: string[] })[] {
  const spans: (PlannedSpan & { symbols: string[] })[] = [];
  for (let atUs = fromUs + random() * CHURN_EVERY_US; atUs < toUs - LAST_CUT_US; atUs += CHURN_EVERY_US) {
    const half = settings.symbols.filter((_, place) => place % 2 === spans.length % 2);
    spans.push({ fromUs: Math.round(atUs), toUs: Math.round(atUs + CHURN_AWAY_US), symbols: half });
  }
  return spans;
}

const PEAK = 5;
const SPIKE_OVER_US = 2_000_000;

/** Clients of a spike: those who are always there, times `TAPEDECK_PEAK`. */
export function peakClients(settings: Settings, env: Environment): number {
  return Math.round(settings.clients * numberOf(env, 'TAPEDECK_PEAK', PEAK));
}

/** The first clients are always there; the others come within 2 s at 40 % of the time, and leave at 70 %. */
export function spiking(index: number, given: Given): Part {
  const { settings, env, fromUs, toUs } = given;
  if (index < settings.clients) return arriveEvenly(index, given);
  const crowd = peakClients(settings, env) - settings.clients;
  const place = (index - settings.clients) / crowd;
  return {
    connectAtUs: Math.round(fromUs + 0.4 * (toUs - fromUs) + place * SPIKE_OVER_US),
    leaveAtUs: Math.round(fromUs + 0.7 * (toUs - fromUs)),
  };
}

/** Clients arrive one after another over the whole time. */
export function ramping(index: number, { settings, fromUs, toUs }: Given): Part {
  return { connectAtUs: Math.round(fromUs + (index / settings.clients) * (toUs - fromUs)) };
}
