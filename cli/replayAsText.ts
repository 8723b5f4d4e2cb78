import pc from 'picocolors';
import type { WireHistogram } from '../protocol/run.ts';
import { highestOf } from '../reports/histogram.ts';
import { VERSION } from '../server/http/version.ts';
import { timeOfDay } from '../simulator/play/place.ts';
import type { Player, PlaySummary } from '../simulator/play/types.ts';
import type { ProviderKind } from '../simulator/providers/facade.ts';
import type { ProviderHost } from '../simulator/providers/host.ts';
import { LATE_AFTER_US } from '../simulator/replay.ts';
import type { TapeReader } from '../simulator/tape/types.ts';
import type { AsOptions } from './replayAs.ts';
import { CLIENT_HINTS } from './replayHints.ts';
import { rows, whole } from './tapeText.ts';

/** Upper ends of the summary's classes of lateness, ms. */
const LATENESS_CLASSES_MS = [1, 2, 5, 10, 20, 50, 100] as const;
const BAR_WIDTH = 40;

/** Says where the façade is and how a client is pointed at it. */
export function printAsStart(parts: {
  readonly kind: ProviderKind;
  readonly plan: string;
  readonly host: ProviderHost;
  readonly options: AsOptions;
  readonly tape: TapeReader;
  readonly controlUrl: string;
}): void {
  const { kind, plan, host, options, tape, controlUrl } = parts;
  const { host: listen = '127.0.0.1' } = options;
  const name = `${listen.includes(':') ? `[${listen}]` : listen}:${host.port}`;
  if (options.format === 'json') {
    const where = { provider: kind.name, plan, port: host.port, stream: `ws://${name}`, rest: `http://${name}` };
    print(JSON.stringify({ ready: true, ...where, control: controlUrl }));
    return;
  }
  const { instruments } = tape.header;
  const { length } = instruments;
  const [instrument] = instruments;
  if (instrument === undefined) throw new TypeError(`tape ${tape.path} has no symbol`);
  const lines: (readonly [string, string])[] = [
    ...CLIENT_HINTS[kind.name]({ host: name, key: options.key?.[0] ?? 'KEY', instrument }),
    ['plan', `${plan}: ${kind.plans[plan] ?? ''}`],
    ['tape', `${tape.header.name}: ${length} ${length === 1 ? 'symbol' : 'symbols'}, ${tape.header.sessionDate}`],
    ...(options.scenario === undefined ? [] : [['scenario', options.scenario] as const]),
    ['control', `${controlUrl} (tapedeck control pause, seek 10:05, ...)`],
  ];
  const text = lines.map(([title, value]) => `  ${pc.dim(title.padEnd(9))}${value}`).join('\n');
  print(`${pc.bold(`tapedeck ${VERSION}`)} is ${kind.name}\n${text}\nCtrl-C ends it.`);
}

/** Makes what says in a line where a façade's replay stands; rates count from one call to the next. */
export function asProgress(host: ProviderHost, player: Player): () => string {
  let before = { deliveries: 0, atMs: performance.now() };
  return () => {
    const { counts } = host;
    const now = { deliveries: counts.deliveries, atMs: performance.now() };
    const perSecond = ((now.deliveries - before.deliveries) * 1_000) / Math.max(1, now.atMs - before.atMs);
    before = now;
    const { status, positionUs, speed, late } = player.state();
    const pace = speed === Number.POSITIVE_INFINITY ? 'at full speed' : `at ${speed}x`;
    return [
      `${timeOfDay(positionUs, player.header).slice(0, 8)} ${status === 'playing' ? pace : status}`,
      `${counts.connections} ${counts.connections === 1 ? 'client' : 'clients'}`,
      `${whole(perSecond)} deliveries/s`,
      `lateness p99 ${ms(player.latenessUs(99))}`,
      ...(late > 0 ? [`${whole(late)} late`] : []),
      ...(counts.kicked > 0 ? [`${whole(counts.kicked)} slow readers ended`] : []),
    ].join(', ');
  };
}

/** Says what was played, to whom, and how late. */
export function printAsSummary(parts: {
  readonly summary: PlaySummary;
  readonly host: ProviderHost;
  readonly tape: TapeReader;
  readonly options: AsOptions;
}): void {
  const { summary, host, tape, options } = parts;
  const { counts } = host;
  if (options.format === 'json') {
    const speed = Number.isFinite(summary.speed) ? summary.speed : null;
    print(
      JSON.stringify({ provider: options.as, tape: tape.path, ...summary, speed, counts, lateAfterUs: LATE_AFTER_US }),
    );
    return;
  }
  const { lateness, events } = summary;
  const played = `${timeOfDay(summary.fromUs, tape.header)} to ${timeOfDay(summary.positionUs, tape.header)}`;
  const lines: [string, string][] = [
    ['tape', `${tape.path} (${tape.header.origin.kind})`],
    ['played', `${played}, ${Number.isFinite(summary.speed) ? `${summary.speed}x` : 'as fast as possible'}`],
    ['events', whole(events)],
    ['clients', `${whole(counts.opened)} sockets, ${whole(counts.requests)} requests`],
    ['deliveries', `${whole(counts.deliveries)} in ${whole(counts.frames)} frames`],
    ['not sent', `${whole(counts.dropped)} events by faults, ${whole(counts.kicked)} slow readers ended`],
  ];
  if (Number.isFinite(summary.speed)) {
    lines.push(['late', `${whole(summary.late)} by over ${LATE_AFTER_US / 1_000} ms`], ...latenessRows(lateness));
  }
  if (summary.eventHash !== undefined) lines.push(['event hash', summary.eventHash]);
  print(rows(lines).join('\n'));
}

/** The lateness as a small histogram. */
function latenessRows({ count, buckets }: WireHistogram): [string, string][] {
  const counts = new Array<number>(LATENESS_CLASSES_MS.length + 1).fill(0);
  for (const [bucket, times] of buckets) {
    const end = LATENESS_CLASSES_MS.findIndex((endMs) => highestOf(bucket) <= endMs * 1_000);
    const at = end < 0 ? LATENESS_CLASSES_MS.length : end;
    counts[at] = (counts[at] ?? 0) + times;
  }
  const share = (times: number): number => (count === 0 ? 0 : times / count);
  return counts.map((times, at) => {
    const endMs = LATENESS_CLASSES_MS[at];
    const label = endMs === undefined ? `over ${LATENESS_CLASSES_MS.at(-1)} ms` : `to ${endMs} ms`;
    const bar = '#'.repeat(Math.ceil(share(times) * BAR_WIDTH));
    return [at === 0 ? 'lateness' : '', `${label.padEnd(12)}${(100 * share(times)).toFixed(2).padStart(6)} %  ${bar}`];
  });
}

function ms(us: number): string {
  return `${(us / 1_000).toFixed(1)} ms`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
