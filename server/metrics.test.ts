import { afterEach, describe, expect, it } from 'vitest';
import { ServerMetrics } from './metrics.ts';

const open: ServerMetrics[] = [];
function create(): ServerMetrics {
  const metrics = new ServerMetrics();
  open.push(metrics);
  return metrics;
}
afterEach(() => {
  for (const metrics of open.splice(0)) metrics.close();
});

/** Value of a line of the text, by name and labels. */
function sampleOf(text: string, series: string): number {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? Number.NaN : Number(line.slice(series.length + 1));
}

describe('ServerMetrics', () => {
  it('should publish plain fields as they stand at each scrape', async () => {
    const metrics = create();
    metrics.ticks = 41;
    metrics.connections = 3;
    const first = await metrics.text();
    metrics.ticks++;
    metrics.connections--;
    const second = await metrics.text();

    expect(sampleOf(first, 'tapedeck_ticks_total')).toBe(41);
    expect(sampleOf(second, 'tapedeck_ticks_total')).toBe(42);
    expect(sampleOf(second, 'tapedeck_connections')).toBe(2);
  });

  it('should count closes, errors and refusals by their cause', async () => {
    const metrics = create();
    metrics.countClose(4008);
    metrics.countClose(4008);
    metrics.countClose(1006);
    metrics.countError('rate_limited');
    metrics.countRefusedTick('crossed_quote');
    metrics.countRejectedOrder('no_market');

    const text = await metrics.text();

    expect(sampleOf(text, 'tapedeck_connections_closed_total{code="4008"}')).toBe(2);
    expect(sampleOf(text, 'tapedeck_connections_closed_total{code="1006"}')).toBe(1);
    expect(sampleOf(text, 'tapedeck_errors_total{code="rate_limited"}')).toBe(1);
    expect(sampleOf(text, 'tapedeck_ticks_refused_total{reason="crossed_quote"}')).toBe(1);
    expect(sampleOf(text, 'tapedeck_orders_rejected_total{reason="no_market"}')).toBe(1);
  });

  it('should keep two servers of one process apart', async () => {
    const first = create();
    const second = create();
    first.orders = 7;
    first.observeProcessUs(100);

    expect(sampleOf(await first.text(), 'tapedeck_orders_total')).toBe(7);
    expect(sampleOf(await second.text(), 'tapedeck_orders_total')).toBe(0);
    expect(sampleOf(await second.text(), 'tapedeck_process_seconds_count')).toBe(0);
  });

  it('should show process and publish latency apart, in seconds', async () => {
    const metrics = create();
    metrics.observeProcessUs(900);
    metrics.observePublishUs(20_000);

    const text = await metrics.text();

    expect(sampleOf(text, 'tapedeck_process_seconds_bucket{le="0.001"}')).toBe(1);
    expect(sampleOf(text, 'tapedeck_publish_seconds_bucket{le="0.01"}')).toBe(0);
    expect(sampleOf(text, 'tapedeck_publish_seconds_bucket{le="0.02"}')).toBe(1);
  });

  it('should show a blocked event loop to every reader', async () => {
    const metrics = create();
    const timer = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    // The loop's real monitor: it needs a first period before it can be late, and one to see it.
    await timer(30);
    const end = performance.now() + 150;
    while (performance.now() < end);
    await timer(30);

    const first = await metrics.text();
    const second = await metrics.text();

    for (const text of [first, second]) {
      expect(sampleOf(text, 'tapedeck_event_loop_delay_max_seconds')).toBeGreaterThan(0.1);
      expect(sampleOf(text, 'tapedeck_event_loop_delay_window_max_seconds{window="all"}')).toBeGreaterThan(0.1);
    }
  });

  it('should be lines of Prometheus text and nothing else', async () => {
    const text = await create().text();

    for (const line of text.split('\n')) {
      expect(line).toMatch(/^$|^# (HELP|TYPE) [a-z_]+ .+$|^[a-z_]+(\{[a-z]+="[^"]+"\})? [\d.e+-]+$/);
    }
    expect(sampleOf(text, 'process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(sampleOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });
});
