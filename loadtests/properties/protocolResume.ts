import { CHANNEL_KEYS, type Channel, LOSSLESS_CHANNELS } from '../../protocol/channels.ts';
import type { Cursor } from '../../protocol/clientFrames.ts';
import type { Received } from './protocolLink.ts';
import { LAW_LIMITS } from './protocolModel.ts';
import type { OperationOf, SinceKind } from './protocolOperations.ts';
import type { Wish } from './protocolSubscriptions.ts';
import type { Surroundings } from './protocolSurroundings.ts';

/** A subscription with its keys as they are sent. */
export type Subscribing = Omit<OperationOf<'subscribe'>, 'op' | 'client' | 'rush' | 'keys'> & {
  readonly named?: readonly string[] | undefined;
};

/** The place in streams that a client gives, by how it relates to where it stands. */
export function sinceOf(
  kind: SinceKind,
  stand: {
    readonly streams: readonly string[];
    readonly epoch: string;
    readonly at: (key: string) => number | undefined;
  },
): Cursor {
  const { streams, epoch } = stand;
  const seq: Record<string, number> = {};
  for (const key of kind === 'partial' ? streams.slice(0, 1) : streams) {
    const at = stand.at(key);
    if (at !== undefined) seq[key] = at;
    if (kind === 'older') seq[key] = Math.max(0, (at ?? 0) - 3);
    if (kind === 'oldest') seq[key] = 0;
    if (kind === 'ahead') seq[key] = (at ?? 0) + 100_000_000;
  }
  if (kind === 'other_key') return { epoch, seq: { nothing: 1 } };
  return { epoch: kind === 'other_epoch' ? 'another' : epoch, seq };
}

/** What `recovered` may say, to be asked when it has. */
export function recoveriesOf(
  wish: { readonly channel: Channel; readonly streams: readonly string[]; readonly since: Cursor | undefined },
  { truth, still }: Pick<Surroundings, 'truth' | 'still'>,
): () => ReadonlySet<unknown> {
  const { channel, streams, since } = wish;
  const no = new Set([false]);
  const named = streams.filter((key) => since !== undefined && Object.hasOwn(since.seq, key));
  if (since === undefined || since.epoch !== truth.epoch || named.length === 0) return () => no;
  if (CHANNEL_KEYS[channel] === 'channel' || channel === 'portfolio' || channel === 'position.value') return () => no;
  const isTicks = channel === 'ticker' || channel === 'trade';
  const head = (key: string): number => (isTicks ? truth.tickHead(key) : truth.head(`${channel}/${key}`));
  const reaches = (): boolean =>
    named.every((key) => {
      const [at, last] = [since.seq[key] ?? 0, head(key)];
      const isKept = !isTicks || at >= truth.firstTick(key);
      return at <= last && last - at <= LAW_LIMITS.historyEvents && isKept;
    });
  const before = reaches();
  const isStill = still();
  return () => (isTicks || isStill() ? new Set([before, reaches()]) : new Set([true, false]));
}

/** Whether a throttle is asked of a channel of which every event is sent. */
export function mayNotThrottle(channel: Channel, { throttleMs = 0, forming = false }: Subscribing): boolean {
  if (throttleMs === 0 || (forming && channel.startsWith('bar.'))) return false;
  return LOSSLESS_CHANNELS.some((lossless) => lossless === channel);
}

/** Which events of a channel a subscription is for; undefined: all. */
export function passesOf(channel: Channel, keys: readonly string[], minConfidence: number | undefined): Wish['passes'] {
  const fields = (frame: Received): Received => (frame['data'] ?? {}) as Received;
  if (channel === 'pattern' && minConfidence !== undefined) {
    return (frame) => Number(fields(frame)['confidence']) >= minConfidence;
  }
  if (channel !== 'news' || keys.includes('*')) return undefined;
  return (frame) => {
    const symbols = fields(frame)['symbols'];
    return !Array.isArray(symbols) || symbols.length === 0 || symbols.some((symbol) => keys.includes(String(symbol)));
  };
}
