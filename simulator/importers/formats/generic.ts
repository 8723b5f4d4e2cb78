import { ImportError } from '../errors.ts';
import type { ArchiveFormat, ColumnPlaces, ColumnRole, LayoutOptions, Sample, TableLayout } from '../layout.ts';
import { TimeReader } from '../times.ts';
import { cellsOf } from './cells.ts';

const DELIMITERS = [',', ';', '\t', '|'];

/** What headers call the columns, in lower case without anything but letters; the likelier first. */
const ALIASES: Readonly<Partial<Record<ColumnRole, readonly string[]>>> = {
  time: ['time', 'timestamp', 'datetime', 'ts', 'date', 't', 'opentime', 'eventtime', 'unix', 'windowstart'],
  date: ['date', 'tradedate', 'day'],
  symbol: ['symbol', 'ticker', 'sym', 'instrument', 'pair', 'market', 's'],
  price: ['price', 'px', 'p', 'last', 'lastprice', 'tradeprice'],
  size: ['size', 'quantity', 'qty', 'amount', 'volume', 'vol', 'q', 'sz', 'lastsize', 'tradesize'],
  open: ['open', 'o', 'openprice'],
  high: ['high', 'h', 'highprice'],
  low: ['low', 'l', 'lowprice'],
  close: ['close', 'c', 'closeprice'],
  volume: ['volume', 'vol', 'v', 'size', 'quantity', 'qty'],
};

const TRADE_ROLES: readonly ColumnRole[] = ['time', 'date', 'symbol', 'price', 'size'];
const BAR_ROLES: readonly ColumnRole[] = ['time', 'date', 'symbol', 'open', 'high', 'low', 'close', 'volume'];
const OPTIONAL_ROLES: readonly ColumnRole[] = ['date', 'symbol', 'size', 'volume'];

/** Trades or bars with a header: columns named by the user, or guessed from the header. */
export const GENERIC_FORMAT: ArchiveFormat = { names: ['csv'], detect };

function detect(sample: Sample, options: LayoutOptions): TableLayout | undefined {
  const [header = ''] = sample.lines;
  const delimiter = DELIMITERS.toSorted((a, b) => header.split(b).length - header.split(a).length)[0] ?? ',';
  const names = cellsOf(header, delimiter);
  const isNamed = Object.keys(options.columns).length > 0;
  const isBar = placeOf('open', names, options) !== undefined && placeOf('close', names, options) !== undefined;
  const roles = isBar ? BAR_ROLES : TRADE_ROLES;
  const at: Partial<Record<ColumnRole, number>> = {};
  for (const role of roles) {
    const place =
      role === 'date' ? datePlace({ sample, names, options, at, delimiter }) : placeOf(role, names, options);
    if (place !== undefined) at[role] = place;
    else if (!OPTIONAL_ROLES.includes(role)) {
      if (isNamed) throw new ImportError('usage', missing(sample, role, names));
      return undefined;
    }
  }
  if (at.symbol === undefined && options.symbol === undefined) {
    throw new ImportError(
      'usage',
      `${sample.name}: has no column that names the symbol (header: ${names.join(', ')}); give --symbol NAME, or --column symbol=COLUMN`,
    );
  }
  const guessed = roles.filter((role) => at[role] !== undefined && options.columns[role] === undefined);
  if (guessed.length > 0 && !options.mayGuess) throw new ImportError('usage', refused({ sample, guessed, at, names }));
  const barUs = isBar ? barLength({ sample, options, at, delimiter }) : undefined;
  return {
    ...{ kind: 'table', format: 'csv', title: isBar ? 'a CSV of bars' : 'a CSV of trades', hours: 'any' },
    ...{ rows: isBar ? 'bars' : 'trades', delimiter, hasHeader: true, names, at },
    ...{ minColumns: names.length, maxColumns: names.length },
    ...{ time: { unit: 'auto', zone: options.zone }, priceShift: 0 },
    ...(at.symbol === undefined && options.symbol !== undefined && { symbol: options.symbol }),
    ...(barUs !== undefined && { barUs }),
    ...((guessed.length > 0 || (barUs !== undefined && options.barUs === undefined)) && {
      guess: guessText({ at, names, barUs, zone: options.zone }),
    }),
  };
}

/** Where the date is when the column of the time has only the time of day. */
function datePlace(context: {
  readonly sample: Sample;
  readonly names: readonly string[];
  readonly options: LayoutOptions;
  readonly at: ColumnPlaces;
  readonly delimiter: string;
}): number | undefined {
  const { sample, names, options, at, delimiter } = context;
  const place = placeOf('date', names, options);
  if (options.columns.date !== undefined) return place;
  if (place === at.time) return undefined;
  const time = cellsOf(sample.lines[1] ?? '', delimiter)[at.time ?? 0] ?? '';
  return /^\d{1,2}:\d{2}|^\d{3,6}$/.test(time) ? place : undefined;
}

/** Where a role's column is: as the user named it, else by the header's own words. */
function placeOf(role: ColumnRole, names: readonly string[], options: LayoutOptions): number | undefined {
  const named = options.columns[role];
  if (named !== undefined) {
    const place = names.indexOf(named);
    if (place !== -1) return place;
    throw new ImportError(
      'usage',
      `--column ${role}=${named}: the header has no column of that name (it reads: ${names.join(', ')})`,
    );
  }
  const taken = Object.values(options.columns);
  const words = names.map((name) => (taken.includes(name) ? '' : name.toLowerCase().replace(/[^a-z]/g, '')));
  for (const alias of ALIASES[role] ?? []) {
    const place = words.indexOf(alias);
    if (place !== -1) return place;
  }
  return undefined;
}

function missing(sample: Sample, role: ColumnRole, names: readonly string[]): string {
  return `${sample.name}: no column was found for ${role} (header: ${names.join(', ')}); name it with --column ${role}=COLUMN`;
}

function refused(context: {
  readonly sample: Sample;
  readonly guessed: readonly ColumnRole[];
  readonly at: Readonly<Partial<Record<ColumnRole, number>>>;
  readonly names: readonly string[];
}): string {
  const { sample, guessed, at, names } = context;
  const named = guessed.map((role) => `--column ${role}=${quoted(names[at[role] ?? 0] ?? '')}`).join(' ');
  return `${sample.name}: columns would have to be guessed; if the guess is right, name them: ${named}`;
}

function quoted(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `"${name}"`;
}

function guessText(context: {
  readonly at: Readonly<Partial<Record<ColumnRole, number>>>;
  readonly names: readonly string[];
  readonly barUs: number | undefined;
  readonly zone: string;
}): string {
  const { at, names, barUs, zone } = context;
  const parts = Object.entries(at).map(([role, place]) => `${role}=${quoted(names[place] ?? '')}`);
  if (barUs !== undefined) parts.push(`bars of ${barUs / 1e6} s`);
  parts.push(`times without a zone are ${zone}`);
  return parts.join(', ');
}

/** The length of bars: as the user says, else the smallest step between the times of the sample. */
function barLength(context: {
  readonly sample: Sample;
  readonly options: LayoutOptions;
  readonly at: Readonly<Partial<Record<ColumnRole, number>>>;
  readonly delimiter: string;
}): number {
  const { sample, options, at, delimiter } = context;
  if (options.barUs !== undefined) return options.barUs;
  const times = new TimeReader({ unit: 'auto', zone: options.zone });
  const known = sample.lines.slice(1).map((line) => {
    const cells = cellsOf(line, delimiter);
    if (at.date !== undefined) return times.readTwo(cells[at.date] ?? '', cells[at.time ?? 0] ?? '');
    const cell = Buffer.from(cells[at.time ?? 0] ?? '');
    return times.read(cell, 0, cell.length);
  });
  const steps = known.slice(1).map((timeUs, index) => Math.abs(timeUs - (known[index] ?? Number.NaN)));
  const smallest = Math.min(...steps.filter((step) => step > 0));
  if (Number.isFinite(smallest)) return smallest;
  if (known.length > 0 && known.every(Number.isNaN)) {
    const found = cellsOf(sample.lines[1] ?? '', delimiter)[at.time ?? 0] ?? '';
    throw new ImportError('bad', `${sample.name}:2: column of the time: "${found}" is not ${times.expected}`);
  }
  throw new ImportError(
    'usage',
    `${sample.name}: nothing tells how long a bar is; give --bar LENGTH, such as --bar 1m`,
  );
}
