import { Temporal } from 'temporal-polyfill';

const ZONE = 'America/New_York';
const HOUR_MS = 3_600_000;

/** Offsets by the hour since the epoch: what is asked for lies close together. */
const offsetsS = new Map<number, number>();
const MAX_KEPT = 1_000;

/** How far New York's wall clock is ahead of UTC at an instant, s: negative. */
export function newYorkOffsetS(timeUs: number): number {
  const hour = Math.floor(timeUs / 1000 / HOUR_MS);
  const known = offsetsS.get(hour);
  if (known !== undefined) return known;
  const zoned = Temporal.Instant.fromEpochMilliseconds(hour * HOUR_MS).toZonedDateTimeISO(ZONE);
  const offsetS = zoned.offsetNanoseconds / 1e9;
  if (offsetsS.size >= MAX_KEPT) offsetsS.clear();
  offsetsS.set(hour, offsetS);
  return offsetS;
}

/** New York's `EST` or `EDT` at an instant. */
export function newYorkZoneName(timeUs: number): 'EST' | 'EDT' {
  return newYorkOffsetS(timeUs) === -5 * 3600 ? 'EST' : 'EDT';
}

/** An instant on New York's wall clock, `YYYY-MM-DD HH:MM:SS`. */
export function newYorkText(timeUs: number): string {
  const wallMs = Math.floor(timeUs / 1000) + newYorkOffsetS(timeUs) * 1000;
  return new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** The date in New York at an instant, `YYYY-MM-DD`. */
export function newYorkDate(timeUs: number): string {
  return newYorkText(timeUs).slice(0, 10);
}

const WALL_TIME = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::(\d\d))?)?$/;

/** The instant, µs since the epoch, of a wall time in New York (`YYYY-MM-DD`, with or without `HH:MM` or `HH:MM:SS`); undefined when it is none. */
export function newYorkInstantUs(wallTime: string): number | undefined {
  const parts = WALL_TIME.exec(wallTime);
  if (parts === null) return undefined;
  const wallMs = Date.parse(`${parts[1]}T${parts[2] ?? '00:00'}:${parts[3] ?? '00'}Z`);
  if (Number.isNaN(wallMs)) return undefined;
  const nearUs = (wallMs + 5 * HOUR_MS) * 1000;
  return (wallMs - newYorkOffsetS(nearUs) * 1000) * 1000;
}
