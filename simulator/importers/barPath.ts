import type { OnEvent, RawEvent } from './rawEvent.ts';

/** A bar's prices as whole numbers of one scale, its volume as a whole number above 0 of another. */
export interface BarValues {
  startUs: number;
  lengthUs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  volumeDecimals: number;
}

/** A bar to be filled anew. */
export function emptyBar(): BarValues {
  return { startUs: 0, lengthUs: 0, open: 0, high: 0, low: 0, close: 0, volume: 0, volumeDecimals: 0 };
}

/** One sentence for the origin of a tape. */
export const BAR_PATH_RULE =
  'bars are played as trades at open, the extreme nearer to it (equally near: the low), the other, and close, at the start, one and two thirds and the last µs of the bar, each with a quarter of the volume (the close with the rest); bars of quotes as quotes at the same instants';

/** The times of a bar's four points: its start, a third, two thirds, its last µs. */
export function pathTimeUs(bar: Pick<BarValues, 'startUs' | 'lengthUs'>, point: number): number {
  return bar.startUs + (point === 3 ? bar.lengthUs - 1 : Math.floor((bar.lengthUs * point) / 3));
}

/** Whether the path goes to the high before the low: the extreme nearer to the open first, equally near the low. */
export function isHighFirst(bar: Pick<BarValues, 'open' | 'high' | 'low'>): boolean {
  return bar.high - bar.open < bar.open - bar.low;
}

/** Turns bars into trades. */
export class BarPath {
  readonly #prices = new Float64Array(4);
  readonly #isLeftOut = new Uint8Array(4);

  /**
   * Hands over a bar's trades, in order of time. Where the volume has fewer units than the path has points, points that repeat
   * the price before them are left out; are they still too many, the volume is counted in a finer unit.
   *
   * @param event holds symbol, kind and the prices' decimals already
   */
  expand(bar: BarValues, event: RawEvent, onEvent: OnEvent): void {
    const prices = this.#prices;
    const highFirst = isHighFirst(bar);
    prices[0] = bar.open;
    prices[1] = highFirst ? bar.high : bar.low;
    prices[2] = highFirst ? bar.low : bar.high;
    prices[3] = bar.close;
    let points = this.#choosePoints(bar.volume);
    let { volume, volumeDecimals } = bar;
    for (; volume < points; volumeDecimals++) volume *= 10;
    const share = Math.floor(volume / points);
    event.sizeDecimals = volumeDecimals;
    for (let point = 0; point < 4; point++) {
      if (this.#isLeftOut[point] === 1) continue;
      event.timeUs = pathTimeUs(bar, point);
      event.price = prices[point] as number;
      event.size = points === 1 ? volume : share;
      volume -= event.size;
      points--;
      onEvent(event);
    }
  }

  #choosePoints(volume: number): number {
    let points = 4;
    for (let point = 0; point < 4; point++) {
      const repeats = point > 0 && this.#prices[point] === this.#prices[point - 1];
      this.#isLeftOut[point] = volume < 4 && repeats ? 1 : 0;
      points -= this.#isLeftOut[point] as number;
    }
    return points;
  }
}
