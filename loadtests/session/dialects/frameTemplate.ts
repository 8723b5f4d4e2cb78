import type { DialectClient } from '../dialect.ts';
import { isFields } from '../fields.ts';

/**
 * Fills frames in for a client, as JSON texts. `{account}` and `{token}` stand for its own; `{symbols}` alone in a text is
 * the list of its symbols, within a longer one they are joined by commas; a frame with `{symbol}` is sent once for each.
 */
export function filledFrames(frames: readonly unknown[], client: DialectClient): string[] {
  const { account, token = '', symbols } = client;
  return frames.flatMap((frame) => {
    const own = (symbol: string): string =>
      JSON.stringify(
        filled(frame, symbols, (text) =>
          text
            .replaceAll('{symbols}', symbols.join(','))
            .replaceAll('{symbol}', symbol)
            .replaceAll('{account}', account)
            .replaceAll('{token}', token),
        ),
      );
    return JSON.stringify(frame).includes('{symbol}') ? symbols.map(own) : [own('')];
  });
}

function filled(value: unknown, symbols: readonly string[], fill: (text: string) => string): unknown {
  if (value === '{symbols}') return symbols;
  if (typeof value === 'string') return fill(value);
  if (Array.isArray(value)) return value.map((one) => filled(one, symbols, fill));
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [fill(name), filled(one, symbols, fill)]));
}
