import type { GeneratorPlan } from '../../../protocol/generatorPlan.ts';
import type { Codec, CustomRules, PlanDialect } from '../../../protocol/serverUnderTest.ts';
import { TapeStream } from '../../audit/tapeMatch.ts';
import type { Dialect, DialectClient } from '../dialect.ts';
import { nativeDialect } from '../native.ts';
import { aiTradingV2Dialect } from './aiTradingV2.ts';
import { customDialect } from './custom.ts';
import { paiidDialect } from './paiid.ts';
import type { PlayedTape } from './tapeTickers.ts';
import { tickstockDialect } from './tickstock.ts';
import { us001Dialect } from './us001.ts';

interface Played extends PlayedTape {
  readonly codec: Codec | undefined;
  readonly custom: CustomRules | undefined;
}

/** What a plan without rules, which none is, would be read by: nothing is a price. */
const NO_RULES: CustomRules = { frames: [], symbol: '' };

const MAKERS: Readonly<Record<PlanDialect, (client: DialectClient, played: Played) => Dialect>> = {
  native: (_, { codec }) => nativeDialect(codec),
  'ai-trading-v2': aiTradingV2Dialect,
  'us-001': us001Dialect,
  paiid: paiidDialect,
  tickstock: tickstockDialect,
  custom: (client, played) => customDialect(client, played.custom ?? NO_RULES, played),
};

/** Makes what makes a client's dialect; what clients can share, the tape, is read once. */
export function dialectsOf(
  plan: Pick<GeneratorPlan, 'dialect' | 'codec' | 'schedule' | 'tape' | 'custom' | 'timedBy'>,
): (client: DialectClient) => Dialect {
  const { dialect, codec, schedule, custom, timedBy, tape = [] } = plan;
  const streams = new Map(tape.map((symbol) => [symbol.symbol, new TapeStream(symbol)]));
  return (client) => MAKERS[dialect](client, { schedule, streams, codec, custom, timedBy });
}
