export type { CommandContext } from './commandContext.ts';

import { runAlertCommand } from './alertCommands.ts';
import { type CommandContext, idOf } from './commandContext.ts';
import type { ClientRequest } from './dialects/dialect.ts';
import { onceSafe } from './firstStates.ts';
import { runOrderCommand } from './orderCommands.ts';
import { answerGet } from './queries.ts';
import { subscribe, unsubscribe } from './subscriptions.ts';

/** A client's request once it is known who asks. */
export type Command = Exclude<ClientRequest, { readonly type: 'auth' | 'refresh' | 'refusal' }>;

/** Carries out one command of a session and answers it; orders are answered after the engine's next turn. */
export function runCommand(context: CommandContext, command: Command): void {
  const { session, clock } = context;
  switch (command.type) {
    case 'ping':
      session.tell({ type: 'pong', ...idOf(command), serverTimeUs: clock.nowUs() });
      return;
    case 'subscribe':
      onceSafe(context, command, (states) => subscribe(context, command, states));
      return;
    case 'unsubscribe':
      whenSafe(context, () => unsubscribe(context, command));
      return;
    case 'get':
      answerGet(context, command);
      return;
    case 'alert.set':
    case 'alert.clear':
      runAlertCommand(context, command);
      return;
    case 'presence.set':
      context.hub.presence.set(context.claims.user, command.state);
      session.tell({ type: 'presence.accepted', ...idOf(command), state: command.state });
      return;
    default:
      runOrderCommand(context, command);
  }
}

/** Goes on once all that was taken is safe, in the order in which commands came. */
function whenSafe({ loop, session }: CommandContext, answer: () => void): void {
  loop.whenSafe(() => {
    if (!session.isEnded) answer();
  });
}
