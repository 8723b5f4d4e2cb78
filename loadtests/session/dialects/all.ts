import type { Codec, DialectName, GeneratorPlan } from '../../../protocol/run.ts';
import { TapeStream } from '../../audit/tapeMatch.ts';
import type { Dialect, DialectClient } from '../dialect.ts';
import { nativeDialect } from '../native.ts';
import { aiTradingV2Dialect } from './aiTradingV2.ts';
import { paiidDialect } from './paiid.ts';
import type { PlayedTape } from './tapeTickers.ts';
import { tickstockDialect } from './tickstock.ts';
import { us001Dialect } from './us001.ts';

interface Played extends PlayedTape {
  readonly codec: Codec | undefined;
}

const MAKERS: Readonly<Record<DialectName, (client: DialectClient, played: Played) => Dialect>> = {
  native: (_, { codec }) => nativeDialect(codec),
  'ai-trading-v2': aiTradingV2Dialect,
  'us-001': us001Dialect,
  paiid: paiidDialect,
  tickstock: tickstockDialect,
};

/** Makes what makes a client's dialect; what clients can share, the tape, is read once. */
export function dialectsOf(
  plan: Pick<GeneratorPlan, 'dialect' | 'codec' | 'schedule' | 'tape'>,
): (client: DialectClient) => Dialect {
  const { dialect, codec, schedule, tape = [] } = plan;
  const streams = new Map(tape.map((symbol) => [symbol.symbol, new TapeStream(symbol)]));
  return (client) => MAKERS[dialect](client, { schedule, streams, codec });
}
