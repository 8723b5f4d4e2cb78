import { type Case, DIALECTS, type DialectName } from './case.ts';
import { aiTradingV2Cases } from './dialects/aiTradingV2.ts';
import { paiidCases } from './dialects/paiid.ts';
import { tickstockCases } from './dialects/tickstock.ts';
import { us001Cases } from './dialects/us001.ts';
import { httpCases } from './http/health.ts';
import { orderRouteCases } from './http/orders.ts';
import { pollCases } from './http/polls.ts';
import { routeCases } from './http/routes.ts';
import { connectionCases } from './native/connection.ts';
import { drainCases } from './native/drain.ts';
import { eventCases } from './native/events.ts';
import { frameCases } from './native/frames.ts';
import { orderCases } from './native/orders.ts';
import { refusalCases } from './native/refusals.ts';
import { resumeCases } from './native/resume.ts';
import { slowCases } from './native/slow.ts';
import { subscribeCases } from './native/subscribe.ts';
import { triggerCases } from './native/triggers.ts';

/** Every case, by dialect and theme. */
export const CASES: readonly Case[] = [
  ...connectionCases,
  ...frameCases,
  ...subscribeCases,
  ...resumeCases,
  ...orderCases,
  ...triggerCases,
  ...refusalCases,
  ...eventCases,
  ...slowCases,
  ...drainCases,
  ...aiTradingV2Cases,
  ...us001Cases,
  ...paiidCases,
  ...tickstockCases,
  ...httpCases,
  ...routeCases,
  ...orderRouteCases,
  ...pollCases,
];

/** The cases of dialects and names; a name may hold `*` for any text. */
export function chooseCases(wish: {
  readonly dialects?: readonly DialectName[] | undefined;
  readonly only?: readonly string[] | undefined;
}): Case[] {
  const { dialects = DIALECTS, only = ['*'] } = wish;
  const patterns = only.map((glob) => new RegExp(`^${glob.split('*').map(escaped).join('.*')}$`));
  return CASES.filter(({ name, dialect }) => dialects.includes(dialect) && patterns.some((one) => one.test(name)));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
