import { openTape } from '../../simulator/tape/reader.ts';

/** Times of a tape's events from `fromS` seconds after its session's open on, µs, ascending, with the time of `fromS` itself. */
export function eventTimes(tapePath: string, fromS: number): { fromUs: number; timesUs: Float64Array } {
  const reader = openTape(tapePath);
  try {
    const fromUs = reader.header.sessionOpenUs + Math.round(fromS * 1e6);
    const cursor = reader.cursor(fromUs);
    let times = new Float64Array(1 << 16);
    let count = 0;
    while (cursor.next()) {
      if (cursor.tick.eventTimeUs < fromUs) continue;
      if (count === times.length) {
        const larger = new Float64Array(2 * count);
        larger.set(times);
        times = larger;
      }
      times[count++] = cursor.tick.eventTimeUs;
    }
    return { fromUs, timesUs: times.subarray(0, count) };
  } finally {
    reader.close();
  }
}
