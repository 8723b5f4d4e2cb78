import type { Clock } from '../protocol/clock.ts';
import type { AccountBook } from './accountBook.ts';
import type { Dialect, ServerEvent } from './dialects/dialect.ts';
import type { Gateway } from './gateway.ts';

/** Sends positions and portfolios at the intervals that dialects promise; each account is computed once for all its sockets. */
export function openStandingReports(parts: {
  readonly dialects: readonly Dialect[];
  readonly gateway: Gateway;
  readonly book: AccountBook;
  readonly clock: Clock;
}): NodeJS.Timeout[] {
  const { dialects, gateway, book, clock } = parts;
  const every = (dialect: Dialect, intervalMs: number, read: (account: string) => ServerEvent): NodeJS.Timeout[] => {
    if (intervalMs === 0) return [];
    const report = (): void => {
      const texts = new Map<string, string | undefined>();
      for (const { claims, subscriber } of gateway.welcomed(dialect)) {
        if (claims === undefined) continue;
        const { account } = claims;
        if (!texts.has(account)) texts.set(account, dialect.write(read(account)));
        const text = texts.get(account);
        if (text !== undefined) subscriber.send(text);
      }
    };
    return [setInterval(report, intervalMs)];
  };
  return dialects.flatMap((dialect) => [
    ...every(dialect, dialect.standing.positionsEveryMs, (account) => ({
      type: 'position.value',
      account,
      asOfUs: clock.nowUs(),
      computeUs: 0,
      data: book.positions(account),
    })),
    ...every(dialect, dialect.standing.portfolioEveryMs, (account) => ({
      type: 'portfolio',
      account,
      asOfUs: clock.nowUs(),
      computeUs: 0,
      data: book.portfolio(account),
    })),
  ]);
}
