import type { Summary } from '../../protocol/schemas/summary.ts';
import { plain, VERDICT_WORDS } from '../words.ts';
import { chartsSection } from './charts.ts';
import { htmlDocument } from './document.ts';
import { ordersSection, violationsSection } from './evidence.ts';
import { environmentSection, notesSection, repeatSection, tapeSection } from './facts.ts';
import { timeAxis } from './timeAxis.ts';
import { targetsSection, verdictSection } from './verdict.ts';

/**
 * Makes the report of a run as one page without scripts, fonts or any other file: verdict, why, targets, evidence,
 * environment, how to repeat, from top to bottom. The same summary gives the same page.
 */
export function htmlReport(summary: Summary): string {
  const axis = timeAxis(summary);
  return htmlDocument({
    title: `${VERDICT_WORDS[summary.verdict].word}: ${plain(summary.scenario)}, tapedeck`,
    main: [
      verdictSection(summary),
      targetsSection(summary.rows),
      chartsSection(summary, axis),
      violationsSection(summary, axis),
      ordersSection(summary),
      tapeSection(summary),
      environmentSection(summary),
      notesSection(summary),
      repeatSection(summary),
    ],
  });
}
