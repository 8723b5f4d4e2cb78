import type { GoesOn } from '../../protocol/generatorPlan.ts';
import { type Schedule, symbolOfTicker } from '../../protocol/run.ts';
import type { ReadyChild } from '../gate/children.ts';
import type { PlayedPart } from '../gate/part.ts';
import type { GeneratorData } from '../judge/merge.ts';

/** A server that goes on after a run, and the part that it is to play in this one. */
export interface StandingServer {
  readonly server: ReadyChild;
  readonly part: PlayedPart;
  /** Has the part played by this schedule. */
  readonly begin: (schedule: Schedule) => void;
  /** Where the server stands when the part begins: clients' lines count from its numbers. */
  readonly goesOn: GoesOn;
  /** Before the name of each order: its accounts know those of earlier runs. */
  readonly orderPrefix: string;
}

/** What a generator saw, in numbers that begin with the part: as if the server had been started for it. */
export function rebased(data: GeneratorData, { symbols }: GoesOn): GeneratorData {
  const numbersBefore = new Map(symbols.map(({ symbol, number }) => [symbol, number]));
  const before = (stream: string): number => numbersBefore.get(symbolOfTicker(stream)) ?? 0;
  return {
    ...data,
    clients: data.clients.map((client) => ({
      ...client,
      streams: client.streams.map((stream) => {
        if (!stream.stream.startsWith('ticker:')) return stream;
        const { firstSeq, lastSeq } = stream;
        const since = sinceBase(before(stream.stream));
        return { ...stream, firstSeq: since(firstSeq), lastSeq: since(lastSeq) };
      }),
    })),
    violations: data.violations.map((line) => {
      if (!line.stream.startsWith('ticker:')) return line;
      const since = sinceBase(before(line.stream));
      return { ...line, expectedSeq: since(line.expectedSeq), seq: since(line.seq) };
    }),
    orders: data.orders.map((order) => {
      const base = before(order.frame.symbol);
      const seq = (tickSeq: number): number => (tickSeq < 0 ? tickSeq : tickSeq - base);
      return {
        ...order,
        acceptedTickSeq: seq(order.acceptedTickSeq),
        triggers: order.triggers.map((trigger) => ({ ...trigger, tickSeq: seq(trigger.tickSeq) })),
        fills: order.fills.map((fill) => ({ ...fill, tickSeq: seq(fill.tickSeq) })),
        ...(order.canceled === undefined
          ? {}
          : { canceled: { ...order.canceled, tickSeq: seq(order.canceled.tickSeq) } }),
      };
    }),
  };
}

/** Numbers of a stream that stood at `base` when the part began; below 0 nothing was heard of it. */
function sinceBase(base: number): (seq: number) => number {
  return (seq) => (seq < 0 ? seq : Math.max(0, seq - base));
}
