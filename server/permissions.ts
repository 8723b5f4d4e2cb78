import { CHANNEL_KEYS, CHANNELS, type Channel, LOSSLESS_CHANNELS } from '../protocol/messages.ts';
import type { AccountBook } from './accountBook.ts';
import type { Subscriber } from './hub/subscriber.ts';
import { type Claims, mayUseAccount } from './identity.ts';

/** Why an identity may not read a stream, in words for the client; undefined when it may. */
export function whyNotRead(
  claims: Claims,
  stream: { readonly channel: Channel; readonly key: string },
): string | undefined {
  const { channel, key } = stream;
  const keys = CHANNEL_KEYS[channel];
  if ((keys === 'symbol' || channel === 'news') && !claims.scopes.includes('market:read')) {
    return `the channel ${channel} needs the scope market:read`;
  }
  if (keys === 'account' && !mayUseAccount(claims, key)) return `account ${JSON.stringify(key)} isn't yours`;
  return undefined;
}

/** The subscriptions that an identity may not have: asked when its scopes have changed. */
export function forbiddenSubscriptions(
  subscriber: Subscriber,
  claims: Claims,
  book: Pick<AccountBook, 'symbol'>,
): { readonly channel: Channel; readonly symbols: readonly string[] }[] {
  return CHANNELS.flatMap((channel) => {
    const symbols = [...heldKeys(subscriber, channel, book)].filter(
      (key) => whyNotRead(claims, { channel, key }) !== undefined,
    );
    return symbols.length === 0 ? [] : [{ channel, symbols }];
  });
}

/** The keys of a channel that a socket has subscribed to. */
export function heldKeys(
  subscriber: Subscriber,
  channel: Channel,
  book: Pick<AccountBook, 'symbol'>,
): ReadonlySet<string> {
  const { reading, streams, values } = subscriber;
  if (channel === 'ticker' || channel === 'trade') {
    return new Set([...reading[channel].symbols].map((symbol) => book.symbol(symbol)));
  }
  const lossless = LOSSLESS_CHANNELS.find((one) => one === channel);
  return (lossless === undefined ? values.get(channel) : streams.get(lossless)) ?? new Set();
}
