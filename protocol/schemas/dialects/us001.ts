import { Type } from '@sinclair/typebox';

/** Frames of a US-001 client, by `type`. Other fields are ignored. */
export const US_001_CLIENT = {
  ping: Type.Object({
    type: Type.Literal('ping'),
    timestamp: Type.Optional(
      Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: "The client's own time; repeated." }),
    ),
  }),
  pong: Type.Object({ type: Type.Literal('pong') }, { description: 'Answers a heartbeat; nothing follows.' }),
};
