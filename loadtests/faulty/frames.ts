/** The type of a frame; '' when it has none in front. */
export function typeOf(text: string): string {
  return /^\{"type":"([\w.]+)"/.exec(text)?.[1] ?? '';
}

/** Frames that carry a stream's sequence: the only ones that may be lost, doubled or swapped. */
export function isEvent(text: string): boolean {
  return /^\{"type":"(ticker|order|execution|pattern|bar)"/.test(text);
}

export function symbolOf(text: string): string {
  return /"symbol":"([^"]+)"/.exec(text)?.[1] ?? '';
}

/** The stream of an event: by symbol, or one for the connection. */
export function streamOf(text: string): string {
  const type = typeOf(text);
  return type === 'order' || type === 'execution' ? type : `${type}:${symbolOf(text)}`;
}

/** The account of a welcome; undefined for all other frames. */
export function welcomed(text: string): string | undefined {
  return typeOf(text) === 'welcome' ? /"account":"([^"]+)"/.exec(text)?.[1] : undefined;
}

/** A number field of a frame's text; NaN when it isn't there. */
export function numberIn(text: string, field: string): number {
  return Number(new RegExp(`"${field}":(\\d+)`).exec(text)?.[1] ?? Number.NaN);
}

/** The frame with a number field raised. */
export function shift(text: string, field: string, by: number): string {
  return text.replace(new RegExp(`"${field}":(\\d+)`), (_, value: string) => `"${field}":${Number(value) + by}`);
}

/** The frame with another number in a field. */
export function set(text: string, field: string, value: number): string {
  return text.replace(new RegExp(`"${field}":\\d+`), `"${field}":${value}`);
}

/** An order's event that claims to have happened on the tick of a ticker frame. */
export function onTick(order: string, tick: string): string {
  let moved = set(order, 'tickSeq', numberIn(tick, 'seq'));
  for (const field of ['eventTimeUs', 'dueTimeUs', 'receivedTimeUs', 'sentTimeUs']) {
    moved = set(moved, field, numberIn(tick, field));
  }
  return moved;
}

/** The heads of a channel within a heartbeat: `"ticker":{...}`. */
export function headsOf(channel: string): RegExp {
  return new RegExp(`"${channel}":\\{[^}]*\\}`);
}
