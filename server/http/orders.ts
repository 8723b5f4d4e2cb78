import type { Static } from '@sinclair/typebox';
import type { AcceptedFrame } from '../../protocol/messages.ts';
import type { PlaceAnyBodySchema } from '../../protocol/schemas/http.ts';
import { HTTP_ROUTES } from '../../protocol/schemas/httpRoutes.ts';
import type { AnswerContext } from '../commandContext.ts';
import { type Claims, mayUseAccount } from '../identity.ts';
import { type OrderCommand, runOrderCommand } from '../orderCommands.ts';
import { orderData } from '../wire.ts';
import { HttpProblem, type HttpResponse } from './problem.ts';
import { type BoundRoute, bind, type HttpServices, json, whenSafe } from './route.ts';

/** A name that an order can have, as in the body of a new one. */
const CLIENT_ORDER_ID = /^[!-~]{1,64}$/;

/** The routes of orders: the commands of the stream by other means, with the same rules. */
export function orderRoutes(services: HttpServices) {
  const run = (claims: Claims, command: OrderCommand) => accepted(services, claims, command);
  return {
    listOrders: bind(HTTP_ROUTES.listOrders, async ({ claims, query }) => {
      const account = accountOf(claims, query.account);
      const orders = services.book.workingOrders(account);
      await whenSafe(services);
      return json(200, { account, orders });
    }),
    getOrder: bind(HTTP_ROUTES.getOrder, async ({ claims, query, name }) => {
      const account = accountOf(claims, query.account);
      const order = services.loop.engine.order(account, name);
      const instrument = services.book.instruments[order?.symbol ?? -1];
      if (order === undefined || instrument === undefined) {
        throw new HttpProblem(
          'unknown_order',
          `account ${JSON.stringify(account)} has no order ${JSON.stringify(name)}`,
        );
      }
      const data = orderData(order, instrument);
      await whenSafe(services);
      return json(200, { data });
    }),
    placeOrder: bind(HTTP_ROUTES.placeOrder, async ({ claims, body }) => {
      const answer = await run(claims, commandOf(body));
      if (answer.duplicate) return orderAnswer(200, answer);
      const location = `/api/orders/${encodeURIComponent(answer.data.clientOrderId)}`;
      return orderAnswer(201, answer, { location });
    }),
    modifyOrder: bind(HTTP_ROUTES.modifyOrder, async ({ claims, body, query, name }) => {
      if (body.clientOrderId !== undefined && body.clientOrderId !== name) {
        throw new HttpProblem('bad_message', '"clientOrderId" is another than the one in the path');
      }
      const command = {
        ...ownAccount(query.account),
        ...body,
        type: 'order.modify',
        clientOrderId: idOf(name),
      } as const;
      return orderAnswer(200, await run(claims, command));
    }),
    cancelOrder: bind(HTTP_ROUTES.cancelOrder, async ({ claims, query, name }) => {
      const command = { ...ownAccount(query.account), type: 'order.cancel', clientOrderId: idOf(name) } as const;
      return orderAnswer(200, await run(claims, command));
    }),
  } satisfies Readonly<Record<string, BoundRoute>>;
}

/** The account that a request is for, absent one's own. @throws HttpProblem when it isn't the identity's to use */
export function accountOf(claims: Claims, account = claims.account): string {
  if (mayUseAccount(claims, account)) return account;
  throw new HttpProblem('forbidden', `account ${JSON.stringify(account)} isn't yours`);
}

function commandOf(body: Static<typeof PlaceAnyBodySchema>): OrderCommand {
  return 'orders' in body ? { ...body, type: 'order.placeList' } : { ...body, type: 'order.place' };
}

function ownAccount(account: string | undefined): { readonly account?: string } {
  return account === undefined ? {} : { account };
}

function idOf(name: string): string {
  if (CLIENT_ORDER_ID.test(name)) return name;
  throw new HttpProblem('bad_message', 'a clientOrderId has 1 to 64 printable ASCII characters');
}

/** Gives the engine a command; rejects with an {@link HttpProblem} when it isn't taken. */
function accepted(services: HttpServices, claims: Claims, command: OrderCommand): Promise<AcceptedFrame> {
  return new Promise((resolve, reject) => {
    const session: AnswerContext['session'] = {
      tell: (event) => {
        if (event.type === 'order.accepted') resolve(event);
      },
      refuse: ({ code, message }, more) => reject(new HttpProblem(code, message, more)),
    };
    runOrderCommand({ ...services, claims, session }, command);
  });
}

function orderAnswer(
  status: number,
  { data, duplicate, orders }: AcceptedFrame,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return json(status, { data, duplicate, ...(orders !== undefined && { orders }) }, headers);
}
