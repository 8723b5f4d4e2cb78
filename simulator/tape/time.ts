const SECOND_US = 1_000_000;

/** An instant as ISO 8601 in UTC with all its µs: `2020-03-16T13:30:00.000250Z`. */
export function isoTime(timeUs: number): string {
  const second = Math.floor(timeUs / SECOND_US);
  const toSecond = new Date(second * 1_000).toISOString().slice(0, 19);
  return `${toSecond}.${String(timeUs - second * SECOND_US).padStart(6, '0')}Z`;
}

/** The instant of an ISO 8601 text with a zone and up to six decimals of a second, µs since the epoch; undefined when it is none. */
export function parseIsoTime(text: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,6}))?(Z|[+-]\d{2}:\d{2})$/.exec(text);
  if (match === null) return undefined;
  const [, toSecond, fraction = '', zone] = match;
  const timeMs = Date.parse(`${toSecond}${zone}`);
  return Number.isNaN(timeMs) ? undefined : timeMs * 1_000 + Number(fraction.padEnd(6, '0'));
}
