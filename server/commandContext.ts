import type { Refusal } from '../protocol/codecs/json.ts';
import type { ServerEvent } from './dialects/dialect.ts';
import { type Claims, mayUseAccount } from './identity.ts';
import type { Session, SessionServices } from './session.ts';

/** Who commands, what the command may touch, and who hears the answer: a socket's session, or an HTTP request. */
export interface AnswerContext extends Omit<SessionServices, 'admit'> {
  readonly session: Pick<Session, 'tell' | 'refuse'>;
  readonly claims: Claims;
}

/** The same for the commands that only a socket can give. */
export interface CommandContext extends AnswerContext, SessionServices {
  readonly session: Session;
}

/** Tells what was read just now, once all of it is safe: what a client is told must be there again after a crash. */
export function tellSafe({ loop, session }: CommandContext, event: ServerEvent): void {
  loop.whenSafe(() => {
    if (!session.isEnded) session.tell(event);
  });
}

/** Whether accounts may be shown; false after a refusal: when the journal has failed, they may be what a restart won't find. */
export function mayShowAccounts(context: AnswerContext, frame: { readonly id?: number }): boolean {
  if (context.loop.failure === undefined) return true;
  refuse(context, frame, { code: 'internal', message: 'the journal has failed; see /api/health' });
  return false;
}

/** Answers a command with an error. */
export function refuse(
  context: AnswerContext,
  frame: { readonly id?: number },
  error: Pick<Refusal, 'code' | 'message'>,
  retryAfterMs = 0,
): void {
  context.session.refuse({ type: 'refusal', ...idOf(frame), ...error }, { retryAfterMs });
}

/** The `id` that an answer repeats, if there is one. */
export function idOf(frame: { readonly id?: number }): { readonly id?: number } {
  return frame.id === undefined ? {} : { id: frame.id };
}

/** The account that a command is for, absent one's own; undefined after a refusal. */
export function accountOf(
  context: AnswerContext,
  frame: { readonly id?: number; readonly account?: string },
): string | undefined {
  const { claims } = context;
  const { account = claims.account } = frame;
  if (mayUseAccount(claims, account)) return account;
  refuse(context, frame, { code: 'forbidden', message: `account ${JSON.stringify(account)} isn't yours` });
  return undefined;
}

/** Indices of the symbols, or undefined after a refusal. */
export function indicesOf(
  context: AnswerContext,
  frame: { readonly id?: number },
  symbols: readonly string[],
): number[] | undefined {
  const indices: number[] = [];
  for (const symbol of symbols) {
    const instrument = context.book.instrument(symbol);
    if (instrument === undefined) {
      refuse(context, frame, { code: 'unknown_symbol', message: `unknown symbol ${JSON.stringify(symbol)}` });
      return undefined;
    }
    indices.push(instrument.index);
  }
  return indices;
}

/** Whether market data may be read; false after a refusal. */
export function mayReadMarket(context: AnswerContext, frame: { readonly id?: number }, what: string): boolean {
  if (context.claims.scopes.includes('market:read')) return true;
  refuse(context, frame, { code: 'forbidden', message: `${what} needs the scope market:read` });
  return false;
}
