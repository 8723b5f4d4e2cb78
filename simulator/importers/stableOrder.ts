/**
 * Puts the places of the first `length` times into the order of their times; equal times keep their order. A bottom-up merge
 * sort, as the standard one calls a function for each comparison.
 */
export function stableOrder(timeUs: Float64Array, length: number): Uint32Array {
  let from = placesInOrder(length);
  let to = new Uint32Array(length);
  for (let width = 1; width < length; width *= 2) {
    for (let start = 0; start < length; start += 2 * width) {
      const middle = Math.min(start + width, length);
      const end = Math.min(start + 2 * width, length);
      mergeParts({ timeUs, from, to, start, middle, end });
    }
    [from, to] = [to, from];
  }
  return from;
}

function mergeParts(part: {
  readonly timeUs: Float64Array;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly start: number;
  readonly middle: number;
  readonly end: number;
}): void {
  const { timeUs, from, to, start, middle, end } = part;
  const isInOrder =
    middle >= end || (timeUs[from[middle - 1] as number] as number) <= (timeUs[from[middle] as number] as number);
  if (isInOrder) {
    to.set(from.subarray(start, end), start);
    return;
  }
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const takesLeft =
      left < middle &&
      (right >= end || (timeUs[from[left] as number] as number) <= (timeUs[from[right] as number] as number));
    to[at] = from[takesLeft ? left++ : right++] as number;
  }
}

/** 0, 1, 2 and so on. */
export function placesInOrder(length: number): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(length);
  for (let at = 0; at < length; at++) places[at] = at;
  return places;
}
