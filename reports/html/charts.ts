import type { Second, Summary } from '../../protocol/schemas/summary.ts';
import { formatCount, formatSecond, formatShare, formatUs } from '../words.ts';
import { curveFigures, tickCurves } from './curve.ts';
import { type Figure, figure, isEmpty } from './figure.ts';
import { heatFigure } from './heat.ts';
import { EMPTY, html, type Markup, unbroken } from './markup.ts';
import { boundUs, formatDecade, type Line, type Plot } from './plot.ts';
import { serverFigures } from './server.ts';
import { leastOf, type TimeAxis, worstOf } from './timeAxis.ts';
import { countLine, line, middle, peak, timeFigure } from './timeFigure.ts';

/** The charts, with what their bands mean said first; what wasn't seen is said in a sentence each, at the end. */
export function chartsSection(summary: Summary, axis: TimeAxis): Markup {
  const isTimed = axis.bins.length > 0;
  const heat = isTimed ? heatFigure(summary, axis) : undefined;
  const halves = isTimed ? [throughput(axis), clients(summary, axis), ...serverFigures(axis)] : [];
  const curves = curveFigures(summary);
  const unseen = halves.filter(isEmpty);
  return html`<section aria-labelledby="evidence"><h2 id="evidence">What happened</h2>
${isTimed ? bandsKey(summary, axis) : html`<p>No second of the run was measured.</p>`}
${isTimed ? figure(latency(summary, axis)) : EMPTY}
${heat === undefined ? EMPTY : figure(heat)}
${figure(tickCurves(summary))}
${curves.length === 0 ? EMPTY : html`<div class="pair">${curves.map(figure)}</div>`}
${halves.length === 0 ? EMPTY : html`<div class="pair">${halves.filter((half) => !isEmpty(half)).map(figure)}</div>`}
${isTimed ? figure(delays(axis)) : EMPTY}
${unseen.length === 0 ? EMPTY : html`<ul class="unseen">${unseen.map(({ says }) => html`<li>${unbroken(says)}</li>`)}</ul>`}
</section>
`;
}

/** What the shaded and hatched bands on the time axis mean. */
function bandsKey(summary: Summary, axis: TimeAxis): Markup {
  const marks = axis.marks.map(
    ({ letter, label, kind, fromS, toS }) =>
      html`<li><span class="band ${kind}">${letter}</span> ${label}, ${spanWords(fromS, toS)}</li>`,
  );
  const more = summary.marks.length - axis.marks.length;
  if (more > 0) marks.push(html`<li>${formatCount(more)} more marks are in summary.json</li>`);
  const late = lateReasons(summary.seconds).map(
    ({ why, words }) => html`<li><span class="band late"></span> ${why}: ${words}</li>`,
  );
  const long =
    axis.binS > 1
      ? html`<p class="says">Each point covers ${axis.binS} s and shows the worst of them; counts are the mean per second.</p>`
      : EMPTY;
  return html`<p>All charts over time share one axis, in seconds since the tape’s start. ${
    late.length === 0
      ? 'The machine and the load generators were never late.'
      : 'Hatched seconds are those in which the machine or a load generator was late: what broke only there isn’t held against the server.'
  }</p>
${marks.length + late.length === 0 ? EMPTY : html`<ul class="bands">${marks}${late}</ul>`}${long}`;
}

function spanWords(fromS: number, toS: number): string {
  if (toS - fromS < 0.1) return `at ${formatSecond(fromS)}`;
  return `from ${formatSecond(fromS)} to ${formatSecond(toS)}`;
}

const MOST_REASONS = 8;

/** Reasons for lateness with the number of seconds of each, most frequent first. */
function lateReasons(seconds: readonly Second[]): { why: string; words: string }[] {
  const byReason = new Map<string, number[]>();
  for (const { second, late } of seconds) {
    for (const reason of late) {
      // Reasons end in a figure that differs from second to second.
      const why = reason.replace(/ [\d.,]+ \S+$/, '');
      const known = byReason.get(why);
      if (known === undefined) byReason.set(why, [second]);
      else known.push(second);
    }
  }
  return [...byReason]
    .sort((a, b) => b[1].length - a[1].length)
    .slice(0, MOST_REASONS)
    .map(([why, at]) => ({ why, words: `late in ${at.length} s, the first at ${formatSecond(Math.min(...at))}` }));
}

function latency(summary: Summary, axis: TimeAxis): Figure {
  const max = line(axis, 'max', { paint: 'third', dash: 'dotted' }, (second) => second.tickMaxUs);
  const p99 = line(axis, 'p99', { paint: 'first', dash: 'solid' }, (second) => second.tickP99Us);
  const p50 = line(axis, 'p50', { paint: 'second', dash: 'dashed' }, (second) => second.tickP50Us);
  const probe = line(axis, 'p99 of the probes', { paint: 'fourth', dash: 'dashed' }, (second) => second.probeP99Us);
  const bound = boundUs(summary.rows, 'tick');
  const plot: Plot = {
    lines: [max, p99, probe, p50],
    scale: { kind: 'log', format: formatDecade },
    ...(bound === undefined ? {} : { bound }),
  };
  const worst = worstTail(summary.seconds);
  const says =
    worst === undefined
      ? 'No tick was measured.'
      : `From a tick’s due time to the client’s read, second by second: the worst p99 was ${formatUs(worst.p99Us)}, at ${formatSecond(worst.second)}${bound === undefined ? '' : `; the bound is ${formatUs(bound.value)}`}.`;
  return timeFigure(axis, { id: 'latency', title: 'Latency over time', says, plot, size: 'wide', format: formatUs });
}

function worstTail(seconds: readonly Second[]): { second: number; p99Us: number } | undefined {
  let worst: { second: number; p99Us: number } | undefined;
  for (const { second, tickP99Us } of seconds) {
    if (tickP99Us !== null && (worst === undefined || tickP99Us > worst.p99Us)) worst = { second, p99Us: tickP99Us };
  }
  return worst;
}

function throughput(axis: TimeAxis): Figure {
  const received = countLine(
    axis,
    'messages received by all clients',
    { paint: 'first', dash: 'solid' },
    (s) => s.received,
  );
  const due = countLine(axis, 'events due on the tape', { paint: 'second', dash: 'dashed' }, (s) => s.due);
  const busiest = peak(received) ?? 0;
  return timeFigure(axis, {
    id: 'throughput',
    title: 'Throughput per second',
    says: `Up to ${formatCount(peak(due) ?? 0)} events a second were due; clients received up to ${formatCount(busiest)} messages a second, each those of its own symbols.`,
    plot: { lines: [received, due], scale: { kind: 'linear', format: formatCount } },
    size: 'half',
    format: formatCount,
  });
}

function clients(summary: Summary, axis: TimeAxis): Figure {
  const connected: Line = {
    name: 'connected clients',
    paint: 'first',
    dash: 'solid',
    points: axis.bins.map((bin) => [middle(bin), leastOf(bin, (second) => second.connected)]),
  };
  const least = connected.points.reduce((low, [, y]) => Math.min(low, y ?? low), Number.POSITIVE_INFINITY);
  const row = summary.rows.find(({ id }) => id === 'clients');
  return timeFigure(axis, {
    id: 'clients',
    title: 'Connected clients',
    says: `Between ${formatCount(least)} and ${formatCount(peak(connected) ?? 0)} clients were connected.`,
    plot: { lines: [connected], scale: { kind: 'linear', format: formatCount, atLeast: (row?.bound ?? 0) * 1.05 } },
    size: 'half',
    format: formatCount,
  });
}

function delays(axis: TimeAxis): Figure {
  const server = line(axis, 'server’s event loop', { paint: 'first', dash: 'solid' }, (s) => s.serverLoopDelayMaxUs);
  const queue = line(
    axis,
    'server’s wait for a core (sum)',
    { paint: 'fourth', dash: 'dashed' },
    (s) => s.serverRunQueueUs,
  );
  const own = line(
    axis,
    'load generators’ event loop',
    { paint: 'second', dash: 'dashed' },
    (s) => s.generatorLoopDelayMaxUs,
  );
  const canary = line(axis, 'canary (the machine)', { paint: 'third', dash: 'dotted' }, (s) => s.canaryMaxUs);
  const most = peak(server);
  const steal = Math.max(0, ...axis.bins.map((bin) => worstOf(bin, (second) => second.stealShare) ?? 0));
  const says = [
    most === undefined
      ? 'The server’s event loop was not seen'
      : `The server’s event loop stood still for at most ${formatUs(most)}`,
    `the load generators’ for ${formatUs(peak(own) ?? 0)}`,
    `the machine’s canary woke up at most ${formatUs(peak(canary) ?? 0)} late`,
    `other guests took up to ${formatShare(steal)} of a second’s cores`,
  ];
  return timeFigure(axis, {
    id: 'delays',
    title: 'Who was late: server, generators, machine',
    says: `${says.join('; ')}.`,
    plot: { lines: [server, queue, own, canary], scale: { kind: 'log', format: formatDecade } },
    size: 'wide',
    format: formatUs,
  });
}
