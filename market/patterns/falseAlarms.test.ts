import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { alarmTable, measureFalseAlarms } from './falseAlarms.ts';

it('should be as frequent on random walks as README.md says', () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  // When this fails after a change of a definition, the received table is the new one for README.md.
  const table = alarmTable(measureFalseAlarms({ walks: 20, bars: 2_000 }));
  const cells = (text: string) => text.replaceAll(/ *\| */g, '|').replaceAll(/-+/g, '-');
  expect(cells(readme), table).toContain(cells(table));
});
