import type { Scenario } from '../../protocol/schemas/scenario.ts';
import { openTape } from '../../simulator/tape/reader.ts';
import { type PlayedPart, unknownPart } from '../gate/part.ts';
import type { CommandUnderTest, UrlUnderTest } from '../gate/underTest.ts';

/** What is known of what a server's own feed gives it: its symbols, and for how long it is listened to. */
export function ownFeedPart(
  underTest: CommandUnderTest | UrlUnderTest,
  run: { scenario: Scenario; tapePath: string },
): PlayedPart {
  const symbols = underTest.symbols ?? tapeSymbolsOf(run.tapePath);
  return unknownPart(symbols, { fromUs: 0, toUs: Math.round(run.scenario.tape.durationS * 1e6) });
}

function tapeSymbolsOf(path: string): string[] {
  const reader = openTape(path);
  reader.close();
  return reader.header.instruments.map(({ symbol }) => symbol);
}
