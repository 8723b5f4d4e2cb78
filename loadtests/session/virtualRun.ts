import type { Instrument, Tick } from '../../market/types.ts';
import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import type { PollCursors } from '../../protocol/poll.ts';
import type { ClientLine, EndLine, GeneratorLine, OrderLine, WindowMetric } from '../../protocol/run.ts';
import { Histogram } from '../../reports/histogram.ts';
import { VirtualTime } from '../../simulator/virtualTime.ts';
import { Fleet, type FleetOptions } from './fleet.ts';
import { ModelAiTradingV2 } from './modelDialect.ts';
import { bodyOf } from './orderSender.ts';
import type { ClientPorts } from './ports.ts';
import {
  DEFAULT_SERVICE_US,
  type ModelEngine,
  type ModelSinks,
  VirtualServer,
  type VirtualServerOptions,
} from './virtualServer.ts';

/** A run on a virtual clock: real clients against the model server. All times in µs since the epoch. */
export interface VirtualPlay {
  readonly plan: GeneratorPlan;
  readonly instruments: readonly Instrument[];
  readonly ticks: readonly Tick[];
  readonly engine: (sinks: ModelSinks) => ModelEngine;
  readonly server: Pick<VirtualServerOptions, 'fault' | 'books' | 'resumesBy' | 'serviceUs'>;
  /** The server sends everything so much too early, µs (default 0). */
  readonly aheadUs?: number;
  readonly cuts: readonly { readonly client: number; readonly atUs: number }[];
  /** The process stands still for `us`. */
  readonly stalls: readonly { readonly atUs: number; readonly us: number }[];
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly inspect?: FleetOptions['inspect'];
  /** How many generators share the clients, each with a recorder of its own; default 1. */
  readonly generators?: number;
}

/** Plays a run to its end, in no time, and returns what the clients told. */
export function playVirtually(play: VirtualPlay): GeneratorLine[] {
  return playGenerators(play).flat();
}

/** Plays a run with several generators, client i on generator i modulo their number, and returns what each told. */
export function playGenerators(play: VirtualPlay): GeneratorLine[][] {
  const { plan, instruments, ticks, aheadUs = 0, random } = play;
  const { schedule } = plan;
  const firstUs = Math.min(...plan.clients.map((client) => client.connectAtUs));
  const time = new VirtualTime(firstUs - 1_000_000);
  const server = new VirtualServer({
    ...play.server,
    time,
    instruments,
    ticks,
    schedule: { ...schedule, startUs: schedule.startUs - aheadUs },
    engine: play.engine,
  });
  const generators = play.generators ?? 1;
  const lines: GeneratorLine[][] = Array.from({ length: generators }, () => []);
  let running = generators;
  const ports = { nowUs: time.nowUs, after: time.timers.after, random, ...linesTo(server, play, time) };
  const fleets = lines.map(
    (own, index) =>
      new Fleet({
        plan,
        clients: plan.clients.filter((_, at) => at % generators === index),
        ports,
        emit: (line) => own.push(line),
        onEnd: () => {
          running -= 1;
        },
        ...(play.inspect === undefined ? {} : { inspect: play.inspect }),
      }),
  );
  for (const fleet of fleets) fleet.start();
  const accountOf = new Map(plan.clients.map(({ client, account }) => [client, account]));
  for (const { client, atUs } of play.cuts) time.at(atUs, () => server.cut([accountOf.get(client) ?? '']));
  for (const { atUs, us } of play.stalls) time.at(atUs, () => time.stall(us));
  while (running > 0 && time.step()) {
    // Until every fleet has told its last line.
  }
  return lines;
}

/** How clients reach the server: in its own words, or in those of the dialect that they speak. */
function linesTo(
  server: VirtualServer,
  { plan, instruments, server: { serviceUs = DEFAULT_SERVICE_US } }: VirtualPlay,
  time: VirtualTime,
): Pick<ClientPorts, 'connect' | 'post'> {
  if (plan.dialect === 'native') {
    return {
      connect: (request) => server.connect(request),
      // No one but a client without a socket posts anything.
      post: ({ body }, onAnswer) =>
        time.at(time.nowUs() + serviceUs, () => {
          const asked: { readonly since: PollCursors } = JSON.parse(body);
          const answer = JSON.stringify(server.poll(asked.since));
          time.at(time.nowUs() + serviceUs, () => onAnswer({ status: 200, body: answer }, time.nowUs()));
        }),
    };
  }
  const model = new ModelAiTradingV2({ server, instruments, nowUs: time.nowUs });
  const frames = new Map(
    plan.clients.flatMap(({ orders }) => orders.map(({ frame }) => [bodyOf(frame), frame] as const)),
  );
  return {
    connect: (request) => model.connect(request),
    post: (request, onAnswer) => {
      const frame = frames.get(request.body);
      if (frame === undefined) throw new Error('an order that is not in the plan was posted');
      time.at(time.nowUs() + serviceUs, () => {
        const answer = model.place(request, frame);
        time.at(time.nowUs() + serviceUs, () => onAnswer(answer, time.nowUs()));
      });
    },
  };
}

/** Lines sorted by what they are. */
export interface VirtualRunResult {
  readonly lines: readonly GeneratorLine[];
  readonly clients: readonly ClientLine[];
  readonly orders: readonly OrderLine[];
  readonly end: EndLine;
  readonly metric: (metric: WindowMetric) => Histogram;
}

/** Sorts a run's lines, and merges the histograms of a metric when asked. */
export function digest(lines: readonly GeneratorLine[]): VirtualRunResult {
  const end = lines.find((line) => line.kind === 'end');
  if (end === undefined) throw new Error('the run told no end');
  return {
    lines,
    clients: lines.filter((line) => line.kind === 'client'),
    orders: lines.filter((line) => line.kind === 'order'),
    end,
    metric: (metric) => {
      const all = new Histogram();
      for (const line of lines) {
        const histogram = line.kind === 'window' ? line.histograms[metric] : undefined;
        if (histogram !== undefined) all.merge(Histogram.fromJSON(histogram));
      }
      return all;
    },
  };
}
