import { lengthUs, type Schedule } from '../../protocol/run.ts';
import { type GeneratorData, heardBy } from '../judge/merge.ts';
import { type PlayedPart, TRADE } from './part.ts';

/**
 * Seconds in which nothing was due to anybody by whom it is told whether the target is up: silence is no outage then.
 * None where nobody knows what was due, the target having a feed of its own.
 *
 * @param told.isNumbered whether quotes are told; else trades alone
 */
export function quietSeconds(told: {
  readonly part: PlayedPart;
  readonly schedule: Schedule;
  readonly generators: readonly GeneratorData[];
  readonly symbolsOf: ReadonlyMap<number, readonly string[]>;
  readonly isNumbered: boolean;
}): Set<number> {
  const { part, schedule, generators, symbolsOf, isNumbered } = told;
  const quiet = new Set<number>();
  const heard = new Set<string>();
  for (const { clients } of heardBy(generators))
    for (const { client } of clients) for (const symbol of symbolsOf.get(client) ?? []) heard.add(symbol);
  if (part.ticks.length === 0 || heard.size === 0) return quiet;
  for (let second = 0; second < Math.floor(lengthUs(schedule) / 1e6); second++) quiet.add(second);
  for (const { symbol, index } of part.instruments) {
    if (!heard.has(symbol)) continue;
    for (const at of part.bySymbol[index] ?? []) {
      const tick = part.ticks[at];
      if (tick === undefined || (!isNumbered && tick.kind !== TRADE)) continue;
      quiet.delete(Math.floor((tick.eventTimeUs - part.fromUs) / schedule.speed / 1e6));
    }
  }
  return quiet;
}
