import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Instrument } from '../../market/types.ts';
import { ExitCode } from '../../protocol/codes.ts';
import { PROVIDER_NAMES, type ProviderName } from '../../protocol/providers/names.ts';
import { ConfigError, readText } from '../configError.ts';
import { type Lookup, type PlacedValue, pathOf } from '../identity/config.ts';
import type { LiveFeedConfig } from './liveConfig.ts';

/** Bitcoin has more decimals of a unit than shares have. */
const COIN_QUANTITY_DECIMALS = 5;

const Name = Type.String({ minLength: 1, maxLength: 64, pattern: '^\\S+$' });
const Decimals = Type.Integer({ minimum: 0, maximum: 8 });
const Listed = Type.Object(
  {
    symbol: Name,
    priceDecimals: Type.Optional(Decimals),
    quantityDecimals: Type.Optional(Decimals),
    previousClose: Type.Optional(Type.Number({ minimum: 0, maximum: 2 ** 31 })),
    names: Type.Optional(Type.Record(Name, Name)),
  },
  { additionalProperties: false },
);
const InstrumentsSchema = Type.Array(Listed, { minItems: 1, maxItems: 10_000 });

/** What a feed asks for. */
type Wanted = Pick<LiveFeedConfig, 'instruments' | 'names'>;

/**
 * Reads what is to be asked for, from a list of symbols or a file.
 *
 * @throws ConfigError
 */
export function readInstruments({ found, file }: Lookup, providers: readonly ProviderName[]): Wanted {
  const listed = found('feedSymbols');
  const named = found('feedInstrumentsFile');
  const quantityDecimals = providers.includes('binance') ? COIN_QUANTITY_DECIMALS : 0;
  if (listed.value !== undefined && named.value !== undefined) {
    throw new ConfigError(`${listed.place} and ${named.place} are both set; keep one`, ExitCode.USAGE);
  }
  if (named.value !== undefined) {
    const path = pathOf(named, file);
    return wanted(readList(path), { place: path, quantityDecimals });
  }
  const symbols = texts(listed);
  if (symbols.length === 0) {
    const message = `a feed of providers must know what to ask for; name it by --symbols AAPL,MSFT or --instruments FILE`;
    throw new ConfigError(message, ExitCode.USAGE);
  }
  return wanted(
    symbols.map((symbol) => ({ symbol })),
    { place: listed.place, quantityDecimals },
  );
}

/** A setting that is a list of texts; empty when it isn't set. */
export function texts({ value }: PlacedValue): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function readList(path: string): readonly Static<typeof Listed>[] {
  let content: unknown;
  try {
    content = JSON.parse(readText(path, 'list of instruments'));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${path}: not readable as JSON`, ExitCode.BAD_DATA);
  }
  if (Value.Check(InstrumentsSchema, content)) return content;
  const fault = Value.Errors(InstrumentsSchema, content).First();
  const place = fault === undefined || fault.path === '' ? '' : ` at ${fault.path}`;
  const message = `${path}${place}: expected a list of {"symbol","priceDecimals","quantityDecimals","previousClose","names"}`;
  throw new ConfigError(message, ExitCode.BAD_DATA);
}

function wanted(
  list: readonly Static<typeof Listed>[],
  { place, quantityDecimals: usual }: { readonly place: string; readonly quantityDecimals: number },
): Wanted {
  const names = new Map<ProviderName, Map<string, string>>();
  const seen = new Set<string>();
  const instruments = list.map((one, index): Instrument => {
    const { symbol, priceDecimals = 2, quantityDecimals = usual, previousClose = 0 } = one;
    if (seen.has(symbol)) throw new ConfigError(`${place}: ${symbol} is named twice`, ExitCode.USAGE);
    seen.add(symbol);
    for (const [text, name] of Object.entries(one.names ?? {})) {
      const provider = PROVIDER_NAMES.find((known) => known === text);
      if (provider === undefined) {
        const message = `${place}: names of ${symbol}: ${JSON.stringify(text)} is no provider; there are ${PROVIDER_NAMES.join(', ')}`;
        throw new ConfigError(message, ExitCode.BAD_DATA);
      }
      const own = names.get(provider) ?? new Map<string, string>();
      names.set(provider, own.set(symbol, name));
    }
    const closeTicks = Math.round(previousClose * 10 ** priceDecimals);
    return { symbol, index, priceDecimals, quantityDecimals, previousClose: closeTicks };
  });
  return { instruments, ...(names.size > 0 && { names }) };
}
