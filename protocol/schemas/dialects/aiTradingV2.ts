import { Type } from '@sinclair/typebox';
import { SymbolName } from './parts.ts';

/** Frames of an AI-Trading-V2 client, by `action`. Other fields are ignored. */
export const AI_TRADING_V2_CLIENT = {
  subscribe_ticker: Type.Object({ action: Type.Literal('subscribe_ticker'), symbol: SymbolName }),
  unsubscribe_ticker: Type.Object({ action: Type.Literal('unsubscribe_ticker'), symbol: SymbolName }),
  get_positions: Type.Object({ action: Type.Literal('get_positions') }),
  get_portfolio: Type.Object({ action: Type.Literal('get_portfolio') }),
};
