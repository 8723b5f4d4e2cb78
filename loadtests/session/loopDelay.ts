const INTERVAL_MS = 10;

/** Watches this process's event loop by a 10 ms timer: tells each time how much later than planned it came, µs. Returns what stops it. */
export function watchLoopDelay(nowUs: () => number, onSample: (atUs: number, lateUs: number) => void): () => void {
  let plannedUs = nowUs() + INTERVAL_MS * 1_000;
  let timer = setTimeout(function sample() {
    const atUs = nowUs();
    onSample(atUs, Math.max(0, atUs - plannedUs));
    plannedUs = nowUs() + INTERVAL_MS * 1_000;
    timer = setTimeout(sample, INTERVAL_MS);
  }, INTERVAL_MS);
  return () => clearTimeout(timer);
}
