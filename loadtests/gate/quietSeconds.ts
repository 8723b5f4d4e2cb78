import { lengthUs, type Schedule } from '../../protocol/run.ts';
import { type GeneratorData, heardBy } from '../judge/merge.ts';
import { duePerSecond, type PlayedPart, TRADE } from './part.ts';

/**
 * Seconds in which nothing was due to anybody by whom it is told whether the target is up: silence is no outage then.
 * None where nobody knows what was due, the target having a feed of its own.
 *
 * @param of.isNumbered whether quotes are told; else trades alone
 */
export function quietSeconds(of: {
  readonly part: PlayedPart;
  readonly schedule: Schedule;
  readonly generators: readonly GeneratorData[];
  readonly symbolsOf: ReadonlyMap<number, readonly string[]>;
  readonly isNumbered: boolean;
}): Set<number> {
  const { part, schedule, generators, symbolsOf, isNumbered } = of;
  const quiet = new Set<number>();
  const heard = new Set(
    heardBy(generators).flatMap(({ clients }) => clients.flatMap(({ client }) => symbolsOf.get(client) ?? [])),
  );
  if (part.ticks.length === 0 || heard.size === 0) return quiet;
  const told = new Set(part.instruments.flatMap(({ symbol, index }) => (heard.has(symbol) ? [index] : [])));
  const due = duePerSecond(
    part,
    schedule.speed,
    ({ symbol, kind }) => told.has(symbol) && (isNumbered || kind === TRADE),
  );
  const seconds = Math.floor(lengthUs(schedule) / 1e6);
  for (let second = 0; second < seconds; second++) if (!due.has(second)) quiet.add(second);
  return quiet;
}
