import { TickKind } from '../../market/types.ts';
import type { Facade, FacadeWorld, ProviderKind } from './facade.ts';
import { PolygonWriter } from './polygonEvents.ts';
import { polygonRest } from './polygonRest.ts';
import { PolygonConnections, PolygonSession } from './polygonSession.ts';

/** What a plan allows. */
interface Plan {
  readonly about: string;
  /** Sockets at once, of a key and cluster. */
  readonly connections: number;
  readonly mayStream: boolean;
  /** Questions by HTTP in a minute. */
  readonly callsPerMinute: number;
}

const PAID = { mayStream: true, callsPerMinute: Number.POSITIVE_INFINITY } as const;
const PLANS: Readonly<Record<string, Plan>> = {
  '1': { ...PAID, about: 'one connection, the newer one replaces the older', connections: 1 },
  '5': { ...PAID, about: 'five connections', connections: 5 },
  '10': { ...PAID, about: 'ten connections', connections: 10 },
  '50': { ...PAID, about: 'fifty connections', connections: 50 },
  unlimited: { ...PAID, about: 'any number of connections', connections: Number.POSITIVE_INFINITY },
  free: { about: 'no stream, 5 calls a minute by REST', connections: 1, mayStream: false, callsPerMinute: 5 },
};
const DEFAULT_PLAN = '1';

/** Polygon (now also named Massive): US stocks, WebSocket `/stocks` and REST. */
export const POLYGON: ProviderKind = {
  name: 'polygon',
  // An object lists whole numbers first, ascending: the default is `1`.
  plans: Object.fromEntries(Object.entries(PLANS).map(([name, { about }]) => [name, about])),
  create: createPolygon,
};

function createPolygon(world: FacadeWorld): Facade {
  const plan = PLANS[world.plan] ?? PLANS[DEFAULT_PLAN];
  if (plan === undefined) throw new RangeError(`polygon: there is no plan ${world.plan}`);
  const { market, output } = world;
  const writer = new PolygonWriter(market);
  const connections = new PolygonConnections(plan.connections);
  const topics = topicsOf(market.instruments.map(({ symbol }) => symbol));
  let seconds = 0;
  let bands = 0;
  const sayBand = (symbol: number, timeUs: number): void => {
    const { last } = market.view(symbol);
    const topic = topics.LULD[symbol] as string;
    if (last === 0 || !(output.wants(topic) || output.wants('LULD.*'))) return;
    const text = writer.band(symbol, { reference: last, timeUs, sequence: ++bands });
    output.say(topic, text);
    output.say('LULD.*', text);
  };
  return {
    socketPaths: ['/stocks', '/'],
    connect: (socket) =>
      new PolygonSession({
        socket,
        world,
        connections,
        mayStream: plan.mayStream,
        count: (channel, change) => {
          if (channel === 'A') seconds += change;
        },
      }),
    request: polygonRest(world, { callsPerMinute: plan.callsPerMinute }),
    wantsSeconds: () => seconds > 0,
    batch: (texts) => `[${texts.join(',')}]`,
    tick: (tick, { shownTimeUs }) => {
      const isTrade = tick.kind === TickKind.TRADE;
      const topic = (isTrade ? topics.T : topics.Q)[tick.symbol] as string;
      const all = isTrade ? 'T.*' : 'Q.*';
      const hasAll = output.wants(all);
      if (!hasAll && !output.wants(topic)) return;
      const text = isTrade ? writer.trade(tick, shownTimeUs) : writer.quote(tick, shownTimeUs);
      output.say(topic, text);
      if (hasAll) output.say(all, text);
    },
    bar: (bar) => {
      const channel = bar.seconds === 60 ? 'AM' : 'A';
      const topic = topics[channel][bar.symbol] as string;
      const all = channel === 'AM' ? 'AM.*' : 'A.*';
      if (output.wants(topic) || output.wants(all)) {
        const text = writer.bar(bar);
        output.say(topic, text);
        output.say(all, text);
      }
      if (bar.seconds === 60) sayBand(bar.symbol, bar.endUs);
    },
    halt: ({ symbol }, { shownTimeUs }) => sayBand(symbol, shownTimeUs),
  };
}

/** Names of topics by kind and symbol. */
function topicsOf(symbols: readonly string[]): Readonly<Record<'T' | 'Q' | 'AM' | 'A' | 'LULD', readonly string[]>> {
  const of = (channel: string): readonly string[] => symbols.map((symbol) => `${channel}.${symbol}`);
  return { T: of('T'), Q: of('Q'), AM: of('AM'), A: of('A'), LULD: of('LULD') };
}
