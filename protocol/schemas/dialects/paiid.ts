import { Type } from '@sinclair/typebox';
import { Symbols } from './parts.ts';

/** Frames of a PaiiD client, by `type`. Other fields are ignored. */
export const PAIID_CLIENT = {
  subscribe: Type.Object({ type: Type.Literal('subscribe'), symbols: Symbols }),
  unsubscribe: Type.Object({ type: Type.Literal('unsubscribe'), symbols: Symbols }),
  ping: Type.Object({ type: Type.Literal('ping') }),
};
