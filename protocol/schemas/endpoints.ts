import type { TSchema } from '@sinclair/typebox';
import { AI_TRADING_V2_CLIENT } from './dialects/aiTradingV2.ts';
import { AI_TRADING_V2_SERVER } from './dialects/aiTradingV2Server.ts';
import { PAIID_CLIENT } from './dialects/paiid.ts';
import { PAIID_SERVER } from './dialects/paiidServer.ts';
import { TICKSTOCK_CLIENT } from './dialects/tickstock.ts';
import { TICKSTOCK_SERVER } from './dialects/tickstockServer.ts';
import { US_001_CLIENT } from './dialects/us001.ts';
import { US_001_SERVER } from './dialects/us001Server.ts';
import { CLIENT_FRAME_SCHEMAS } from './frames.ts';
import { SERVER_FRAME_SCHEMAS } from './serverFrames.ts';

type Frames = Readonly<Record<string, TSchema>>;

/** A WebSocket endpoint and the frames that it speaks, by their names. */
export interface Endpoint {
  readonly dialect: string;
  readonly title: string;
  readonly address: string;
  /** Another address of the same. */
  readonly alias?: string;
  readonly description: string;
  /** Parts of the address. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Query parameters beside `token`. */
  readonly query?: Readonly<Record<string, string>>;
  readonly client: Frames;
  readonly server: Frames;
}

/** Every WebSocket endpoint, the native one first. */
export const ENDPOINTS: readonly [Endpoint, ...Endpoint[]] = [
  {
    dialect: 'native',
    title: 'Native stream',
    address: '/v1/stream',
    description: 'All channels, with sequence numbers and resume: see [The native stream](#the-native-stream).',
    client: CLIENT_FRAME_SCHEMAS,
    server: SERVER_FRAME_SCHEMAS,
  },
  {
    dialect: 'ai-trading-v2',
    title: 'AI-Trading-V2',
    address: '/api/ws/realtime',
    description:
      'Prices, orders, positions and portfolio for clients of AI-Trading-V2: see [The AI-Trading-V2 dialect](#the-ai-trading-v2-dialect).',
    client: AI_TRADING_V2_CLIENT,
    server: AI_TRADING_V2_SERVER,
  },
  {
    dialect: 'us-001',
    title: 'US-001',
    address: '/ws/stocks/{ticker}',
    description: 'One ticker a socket, for clients of US-001: see [The US-001 dialect](#the-us-001-dialect).',
    parameters: { ticker: 'the symbol' },
    client: US_001_CLIENT,
    server: US_001_SERVER,
  },
  {
    dialect: 'paiid',
    title: 'PaiiD',
    address: '/ws',
    alias: '/ws/{user_id}',
    description:
      "A user's prices, positions and alerts, for clients of PaiiD: see [The PaiiD dialect](#the-paiid-dialect).",
    query: { user_id: "the token's `sub`; or in the path, `/ws/{user_id}`" },
    client: PAIID_CLIENT,
    server: PAIID_SERVER,
  },
  {
    dialect: 'tickstock',
    title: 'TickStock',
    address: '/patterns/realtime',
    description:
      'Patterns as they are found, for clients of TickStock: see [The TickStock dialect](#the-tickstock-dialect).',
    client: TICKSTOCK_CLIENT,
    server: TICKSTOCK_SERVER,
  },
];

/** The endpoint that a URL's path leads to; undefined for one that isn't a WebSocket's. */
export function endpointAt(path: string): Endpoint | undefined {
  return ENDPOINTS.find(({ address, alias }) => isAt(path, address) || (alias !== undefined && isAt(path, alias)));
}

function isAt(path: string, address: string): boolean {
  return new RegExp(`^${address.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
}
