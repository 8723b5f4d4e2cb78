import { CHANNEL_KEYS, CHANNELS, type Channel, WHOLE_STREAM } from '../../protocol/channels.ts';
import type { ErrorCode } from '../../protocol/codes.ts';
import type { Received } from './protocolLink.ts';
import type { Key, OrderKind, TokenKind } from './protocolOperations.ts';

/** Limits under which the law is played: small, so that short sessions meet them. */
export const LAW_LIMITS = {
  maxFrameBytes: 4_096,
  maxSymbolsPerSocket: 3,
  historyEvents: 8,
  heartbeatMs: 10,
  drainMs: 40,
  /** Events wait to be written for a moment in which commands arrive. */
  flushWindowMs: 3,
  maxFlushWindowMs: 3,
  commandsPerSecond: 1_000_000,
  commandBurst: 1_000_000,
  subscriptionsPerSecond: 1_000_000,
  subscriptionBurst: 1_000_000,
  // A fast machine plays more sessions a second than one address may open.
  handshakesPerSecond: 1_000_000,
  handshakeBurst: 1_000_000,
} as const;

const SYMBOLS: ReadonlySet<string> = new Set(['S0', 'S1', 'S2', 'S3']);

/** Who a client is to the server. */
export interface Claims {
  readonly account: string;
  readonly scopes: readonly string[];
}

/** The scopes of a token that the server takes; undefined for one that it doesn't. */
export function scopesOf(token: TokenKind, other: string): readonly string[] | undefined {
  switch (token) {
    case 'full':
    case 'soon':
    case 'other_user':
      return ['market:read', 'orders:write'];
    case 'market':
      return ['market:read'];
    case 'orders':
      return ['orders:write'];
    case 'none':
      return [];
    case 'both':
      return ['market:read', 'orders:write', `account:${other}`];
    default:
      return undefined;
  }
}

/** With what a bad token is refused. */
export function tokenRefusal(token: TokenKind): { readonly code: ErrorCode; readonly close: number } {
  if (token === 'expired') return { code: 'token_expired', close: 4401 };
  return { code: token === 'absent' ? 'unauthenticated' : 'bad_token', close: 4403 };
}

export function mayUse({ account, scopes }: Claims, wanted: string): boolean {
  return wanted === account || scopes.includes(`account:${wanted}`) || scopes.includes('account:*');
}

/** Whether an identity may not read a stream. */
export function isForbidden(claims: Claims, channel: Channel, key: string): boolean {
  if (CHANNEL_KEYS[channel] === 'account') return !mayUse(claims, key);
  const isMarket = CHANNEL_KEYS[channel] === 'symbol' || channel === 'news';
  return isMarket && !claims.scopes.includes('market:read');
}

/** The keys that a command means, or with what it must be refused: any of the codes, when several apply. */
export function keysMeant(
  channel: Channel,
  named: readonly string[] | undefined,
  own: string,
): { readonly keys: readonly string[]; readonly codes: readonly ErrorCode[] } {
  const keys = [...new Set(named)];
  const unknown = keys.some((key) => !SYMBOLS.has(key));
  switch (CHANNEL_KEYS[channel]) {
    case 'symbol':
      if (named === undefined) return { keys, codes: ['bad_message'] };
      return { keys, codes: unknown ? ['unknown_symbol'] : [] };
    case 'account':
      return { keys: named === undefined ? [own] : keys, codes: [] };
    case 'whole':
      if (channel === 'system' || named === undefined || keys.includes(WHOLE_STREAM))
        return { keys: [WHOLE_STREAM], codes: [] };
      return { keys, codes: unknown ? ['unknown_symbol'] : [] };
    case 'channel': {
      if (named === undefined) return { keys, codes: ['bad_message'] };
      const isKnown = keys.every((key) => CHANNELS.some((name) => name === key));
      return { keys, codes: isKnown ? [] : ['unknown_channel'] };
    }
    case 'none':
      return { keys: [], codes: [] };
  }
}

/** With what a `get` must be refused: any of the codes. */
export function getRefusals(
  claims: Claims,
  wish: { readonly what: string; readonly symbol: string | undefined; readonly account: string },
): readonly ErrorCode[] {
  const { what, symbol, account } = wish;
  const codes: ErrorCode[] = [];
  const isSymbol = what === 'quote' || what === 'bars' || what === 'patterns';
  if ((isSymbol || what === 'news') && !claims.scopes.includes('market:read')) codes.push('forbidden');
  if (isSymbol && symbol === undefined) codes.push('bad_message');
  if (isSymbol && symbol !== undefined && !SYMBOLS.has(symbol)) codes.push('unknown_symbol');
  if (!isSymbol && what !== 'news' && !mayUse(claims, account)) codes.push('forbidden');
  return codes;
}

/** The name of a key, as it is sent. */
export function keyNamed(key: Key, accounts: { readonly own: string; readonly other: string }): string {
  return key === 'own' || key === 'other' ? accounts[key] : key;
}

const priceText = (ticks: number): string => (ticks / 100).toFixed(2);

/** The terms of an order of a kind while S0 trades at `last` ticks, and why it must be refused if it must. */
export function orderTerms(
  kind: OrderKind,
  last: number,
): { readonly terms: object; readonly reason?: string; readonly code?: ErrorCode } {
  const base = { symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '2' };
  const below = priceText(Math.round(last * 0.97));
  const above = priceText(Math.round(last * 1.03));
  switch (kind) {
    case 'market_buy':
      return { terms: base };
    case 'market_sell':
      return { terms: { ...base, side: 'SELL' } };
    case 'stop_sell':
      return { terms: { ...base, side: 'SELL', orderType: 'STOP_MARKET', triggerPrice: below } };
    case 'stop_buy':
      return { terms: { ...base, orderType: 'STOP_MARKET', triggerPrice: above } };
    case 'trail_sell': {
      const trailingOffset = { kind: 'bp', value: '100' };
      return { terms: { ...base, side: 'SELL', orderType: 'TRAILING_STOP_MARKET', trailingOffset } };
    }
    case 'limit_buy':
      return { terms: { ...base, orderType: 'LIMIT', limitPrice: below } };
    case 'target_sell':
      return { terms: { ...base, side: 'SELL', orderType: 'TAKE_PROFIT', triggerPrice: above } };
    case 'bad_quantity':
      return { terms: { ...base, quantity: '0' }, reason: 'bad_quantity' };
    case 'bad_price':
      return { terms: { ...base, orderType: 'STOP_MARKET', triggerPrice: `${above}5` }, reason: 'bad_price' };
    case 'wrong_side':
      return { terms: { ...base, orderType: 'STOP_MARKET', triggerPrice: below }, reason: 'wrong_side_of_market' };
    case 'no_market':
      return { terms: { ...base, symbol: 'S3' }, reason: 'no_market' };
    case 'unknown_symbol':
      return { terms: { ...base, symbol: 'NONESUCH' }, reason: 'unknown_symbol' };
    case 'malformed':
      return { terms: { ...base, quantity: 2 }, code: 'bad_message' };
  }
}

/** Two exits, or an entry with two exits, around `last` ticks. */
export function listTerms(contingency: 'OCO' | 'BRACKET', name: string, last: number): readonly object[] {
  const exit = { symbol: 'S0', side: 'SELL', quantity: '2' };
  const target = {
    ...exit,
    orderType: 'TAKE_PROFIT',
    triggerPrice: priceText(Math.round(last * 1.03)),
    clientOrderId: `${name}-t`,
  };
  const stop = {
    ...exit,
    orderType: 'STOP_MARKET',
    triggerPrice: priceText(Math.round(last * 0.97)),
    clientOrderId: `${name}-s`,
  };
  const entry = { ...exit, side: 'BUY', orderType: 'MARKET', clientOrderId: `${name}-e` };
  return contingency === 'OCO' ? [target, stop] : [entry, target, stop];
}

/** What is wrong with an answer that has to be an error of one of these codes. */
export function needsError(codes: readonly string[]): (answer: Received) => string | undefined {
  return ({ type, code }) =>
    type === 'error' && codes.includes(String(code))
      ? undefined
      : `expected error ${codes.join(' or ')}, not ${type} ${code ?? ''}`;
}

/** What is wrong with an answer that has to be of a type, with these fields. */
export function needs(type: string, fields: Received = {}): (answer: Received) => string | undefined {
  return (answer) => {
    if (answer['type'] !== type)
      return `expected ${type}, not ${answer['type']} ${answer['code'] ?? ''} ${answer['reason'] ?? ''}`;
    const wrong = Object.entries(fields).find(
      ([name, value]) => JSON.stringify(answer[name]) !== JSON.stringify(value),
    );
    return wrong === undefined ? undefined : `expected ${wrong[0]} ${JSON.stringify(wrong[1])}`;
  };
}
