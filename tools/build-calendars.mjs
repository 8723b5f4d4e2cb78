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
const entry = {
  file,
  description: 'Days on which NYSE and Nasdaq do not keep their usual session, 2000 to 2030',
  origin: "compiled from the exchanges' published schedules and rules of observance",
  licence: 'Apache-2.0',
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
};
writeFileSync(new URL('manifest.json', folder), `${JSON.stringify({ version: 1, files: [entry] }, null, 2)}\n`);
console.log(`${fileURLToPath(target)}: ${rows.length} days`);
