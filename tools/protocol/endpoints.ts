import type { TSchema } from '@sinclair/typebox';
import { AI_TRADING_V2_CLIENT } from '../../protocol/schemas/dialects/aiTradingV2.ts';
import { PAIID_CLIENT } from '../../protocol/schemas/dialects/paiid.ts';
import { TICKSTOCK_CLIENT } from '../../protocol/schemas/dialects/tickstock.ts';
import { US_001_CLIENT } from '../../protocol/schemas/dialects/us001.ts';
import { CLIENT_FRAME_SCHEMAS } from '../../protocol/schemas/frames.ts';
import { SERVER_FRAME_SCHEMAS } from '../../protocol/schemas/serverFrames.ts';

type Frames = Readonly<Record<string, TSchema>>;

/** A WebSocket endpoint and the frames that it speaks, by their names. */
export interface Endpoint {
  readonly dialect: string;
  readonly title: string;
  readonly address: string;
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
    description: 'All channels, with sequence numbers and resume. See [The native stream](#the-native-stream).',
    client: CLIENT_FRAME_SCHEMAS,
    server: SERVER_FRAME_SCHEMAS,
  },
  {
    dialect: 'ai-trading-v2',
    title: 'AI-Trading-V2',
    address: '/api/ws/realtime',
    description: 'Prices, orders, positions and portfolio for clients of AI-Trading-V2.',
    client: AI_TRADING_V2_CLIENT,
    server: {},
  },
  {
    dialect: 'us-001',
    title: 'US-001',
    address: '/ws/stocks/{ticker}',
    description: 'One ticker a socket, for clients of US-001.',
    parameters: { ticker: 'the symbol' },
    client: US_001_CLIENT,
    server: {},
  },
  {
    dialect: 'paiid',
    title: 'PaiiD',
    address: '/ws',
    description: "A user's subscriptions, positions and alerts, for clients of PaiiD.",
    query: { user_id: "the token's `sub`; on `/ws/{user_id}` it is in the path" },
    client: PAIID_CLIENT,
    server: {},
  },
  {
    dialect: 'tickstock',
    title: 'TickStock',
    address: '/patterns/realtime',
    description: 'Patterns as they are found, for clients of TickStock.',
    client: TICKSTOCK_CLIENT,
    server: {},
  },
];
