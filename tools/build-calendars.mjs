// Writes market/calendar/usEquities.ts from fixtures/calendars/us-equities.csv, since the core reads no files, and the
// manifest of that folder. Run again after the table changes.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../fixtures/calendars/', import.meta.url);
const file = 'us-equities.csv';
const bytes = readFileSync(new URL(file, folder));
const rows = bytes
  .toString('utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','));
const quoted = (text) => (text.includes("'") ? `"${text}"` : `'${text}'`);
const days = rows.map(([date, event, time, reason]) => {
  const fields = [`date: '${date}'`, `event: '${event}'`, ...(time === '' ? [] : [`time: '${time}'`])];
  return `    { ${[...fields, `reason: ${quoted(reason)}`].join(', ')} },`;
});
const target = new URL('../market/calendar/usEquities.ts', import.meta.url);
writeFileSync(
  target,
  `// Written by tools/build-calendars.mjs from fixtures/calendars/us-equities.csv: change that, not this.
import type { CalendarTable } from './exchangeCalendar.ts';

/** The days on which NYSE and Nasdaq don't keep their usual session. */
export const US_EQUITIES: CalendarTable = {
  firstDate: '${rows[0][0].slice(0, 4)}-01-01',
  lastDate: '${rows.at(-1)[0].slice(0, 4)}-12-31',
  days: [
${days.join('\n')}
  ],
};
`,
);
const described = [
  {
    file,
    description: 'Days on which NYSE and Nasdaq do not keep their usual session, 1990 to 2030',
    origin: "compiled from the exchanges' published schedules, rules of observance and record",
    licence: 'Apache-2.0',
  },
  {
    file: 'outside-exchange-calendars.csv',
    description: 'The same days as exchange_calendars 4.13.2 has them, to compare with',
    origin: 'https://pypi.org/project/exchange-calendars/4.13.2/, calendar XNYS, written out by date',
    licence: 'Apache-2.0',
  },
  {
    file: 'outside-pandas-market-calendars.csv',
    description: 'The same days as pandas_market_calendars 5.5.0 has them, to compare with',
    origin: 'https://pypi.org/project/pandas-market-calendars/5.5.0/, calendar NYSE, written out by date',
    licence: 'MIT',
  },
];
const files = described.map((entry) => {
  const content = readFileSync(new URL(entry.file, folder));
  return { ...entry, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
});
writeFileSync(new URL('manifest.json', folder), `${JSON.stringify({ version: 1, files }, null, 2)}\n`);
console.log(`${fileURLToPath(target)}: ${rows.length} days`);
