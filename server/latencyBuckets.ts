/** Latencies that targets name, in µs: each is a bound, so that "share within the target" is exact. */
const ANCHORS_US = [10, 1_000, 10_000, 20_000, 100_000, 500_000, 10_000_000] as const;

/** Neighbouring bounds are at most this factor apart, rounding included. */
const MAX_RATIO = 1.25;

/** Upper bounds of the buckets, µs, ascending, from 10 µs to 10 s; above the last lies one more bucket. */
export const BOUNDS_US: Float64Array = Float64Array.from(makeBounds());

function makeBounds(): number[] {
  const bounds: number[] = [ANCHORS_US[0]];
  for (const [index, high] of ANCHORS_US.entries()) {
    const low = ANCHORS_US[index - 1];
    if (low === undefined) continue;
    // Three digits move a bound by half a percent at most.
    const steps = Math.ceil(Math.log(high / low) / Math.log(MAX_RATIO * 0.99));
    for (let step = 1; step < steps; step++) {
      bounds.push(Number((low * (high / low) ** (step / steps)).toPrecision(3)));
    }
    bounds.push(high);
  }
  return bounds;
}

/** Counts latencies in fixed buckets; recording allocates nothing. */
export class LatencyBuckets {
  readonly #counts = new Float64Array(BOUNDS_US.length + 1);
  #count = 0;
  #sumUs = 0;
  #maxUs = 0;

  /** Counts one latency in µs; below 0 (two clocks' rounding) counts as 0. */
  observe(latencyUs: number): void {
    const us = Math.max(latencyUs, 0);
    let low = 0;
    let high = BOUNDS_US.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (us <= (BOUNDS_US[middle] as number)) high = middle;
      else low = middle + 1;
    }
    this.#counts[low] = (this.#counts[low] as number) + 1;
    this.#count++;
    this.#sumUs += us;
    if (us > this.#maxUs) this.#maxUs = us;
  }

  get count(): number {
    return this.#count;
  }
  /** The largest latency since the start, µs. */
  get maxUs(): number {
    return this.#maxUs;
  }

  /** The histogram `name` in Prometheus' text format, in seconds, with the maximum as a gauge `name_max`. */
  text(name: string, help: string): string {
    const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
    let cumulative = 0;
    for (const [index, boundUs] of BOUNDS_US.entries()) {
      cumulative += Number(this.#counts[index]);
      lines.push(`${name}_bucket{le="${seconds(boundUs)}"} ${cumulative}`);
    }
    lines.push(`${name}_bucket{le="+Inf"} ${this.#count}`);
    lines.push(`${name}_sum ${this.#sumUs / 1e6}`, `${name}_count ${this.#count}`);
    lines.push(
      '',
      `# HELP ${name}_max ${help}: the largest so far`,
      `# TYPE ${name}_max gauge`,
      `${name}_max ${this.#maxUs / 1e6}`,
    );
    return `${lines.join('\n')}\n`;
  }
}

/** µs as seconds, without the digits that binary division adds. */
function seconds(us: number): number {
  return Number((us / 1e6).toPrecision(6));
}
