import { formatBytes, formatCount, formatShare, formatUs } from '../words.ts';
import type { Figure } from './figure.ts';
import type { Line } from './plot.ts';
import { perSecond, type TimeAxis } from './timeAxis.ts';
import { line, peak, timeFigure } from './timeFigure.ts';

/** What was seen inside the server, over time: CPU, memory, garbage collection, event loop. Figures that it didn't tell are empty. */
export function serverFigures(axis: TimeAxis): Figure[] {
  return [cpu(axis), memory(axis), collections(axis), loop(axis)];
}

function cpu(axis: TimeAxis): Figure {
  const used = line(axis, 'server', { paint: 'first', dash: 'solid' }, (second) => second.serverCpu);
  const most = peak(used);
  return timeFigure(axis, {
    id: 'cpu',
    title: 'Server CPU',
    says: most === undefined ? 'The server’s CPU was not seen.' : `At most ${formatShare(most)} of one core.`,
    plot: { lines: [used], scale: { kind: 'linear', format: formatPercentTick, atLeast: 1 } },
    size: 'half',
    format: formatShare,
  });
}

const MB = 2 ** 20;

function memory(axis: TimeAxis): Figure {
  const resident = line(axis, 'resident', { paint: 'first', dash: 'solid' }, (s) => inMb(s.serverRssBytes));
  const heap = line(axis, 'heap in use', { paint: 'second', dash: 'dashed' }, (s) => inMb(s.serverHeapBytes));
  const most = peak(resident);
  const mostHeap = peak(heap);
  const says = [
    ...(most === undefined ? [] : [`at most ${formatBytes(most * MB)} resident`]),
    ...(mostHeap === undefined ? [] : [`at most ${formatBytes(mostHeap * MB)} of heap in use`]),
  ].join(', ');
  return timeFigure(axis, {
    id: 'memory',
    title: 'Server memory',
    says: says === '' ? 'The server’s memory was not seen.' : `${says.charAt(0).toUpperCase()}${says.slice(1)}.`,
    plot: { lines: [resident, heap], scale: { kind: 'linear', format: formatMb } },
    size: 'half',
    format: (mb) => formatBytes(mb * MB),
  });
}

function collections(axis: TimeAxis): Figure {
  const spent = line(axis, 'spent in a second', { paint: 'first', dash: 'solid' }, (s) => s.serverGcUs ?? null);
  const most = peak(spent);
  const total = axis.bins
    .map((bin) => perSecond(bin, (s) => s.serverGcUs ?? 0) * bin.seconds.length)
    .reduce((sum, us) => sum + us, 0);
  return timeFigure(axis, {
    id: 'gc',
    title: 'Server’s garbage collection',
    says:
      most === undefined
        ? 'The server’s garbage collection was not seen.'
        : `${formatUs(total)} in all; at most ${formatUs(most)} in one second.`,
    plot: { lines: [{ ...spent, points: inMs(spent) }], scale: { kind: 'linear', format: formatMs, atLeast: 1 } },
    size: 'half',
    format: (ms) => formatUs(ms * 1000),
  });
}

function loop(axis: TimeAxis): Figure {
  const delay = line(axis, 'longest delay', { paint: 'first', dash: 'solid' }, (s) => s.serverLoopDelayMaxUs);
  const most = peak(delay);
  return timeFigure(axis, {
    id: 'loop',
    title: 'Server’s event loop',
    says:
      most === undefined
        ? 'The server’s event loop was not seen.'
        : `It stood still for at most ${formatUs(most)} at a time.`,
    plot: {
      lines: [{ ...delay, points: inMs(delay) }],
      scale: { kind: 'linear', format: formatMs, atLeast: 1 },
    },
    size: 'half',
    format: (ms) => formatUs(ms * 1000),
  });
}

function inMs({ points }: Line): Line['points'] {
  return points.map(([x, us]) => [x, us === null ? null : us / 1000]);
}

function inMb(bytes: number | null | undefined): number | null {
  return bytes === null || bytes === undefined ? null : bytes / MB;
}

function formatPercentTick(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function formatMb(mb: number): string {
  return `${formatCount(mb)} MB`;
}

function formatMs(ms: number): string {
  return `${Number(ms.toPrecision(3))} ms`;
}
