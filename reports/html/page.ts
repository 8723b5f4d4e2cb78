import type { Summary } from '../../protocol/schemas/summary.ts';
import { plain, VERDICT_WORDS } from '../words.ts';
import { chartsSection } from './charts.ts';
import { ordersSection, violationsSection } from './evidence.ts';
import { environmentSection, notesSection, repeatSection, tapeSection } from './facts.ts';
import { html, Markup } from './markup.ts';
import { STYLE } from './style.ts';
import { LATE_PATTERN_ID } from './svg.ts';
import { timeAxis } from './timeAxis.ts';
import { targetsSection, verdictSection } from './verdict.ts';

/**
 * Makes the report of a run as one page without scripts, fonts or any other file: verdict, why, targets, evidence,
 * environment, how to repeat, from top to bottom. The same summary gives the same page.
 */
export function htmlReport(summary: Summary): string {
  const axis = timeAxis(summary);
  const title = `${VERDICT_WORDS[summary.verdict].word}: ${plain(summary.scenario)}, tapedeck`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
${HATCHING}
<main>
${verdictSection(summary)}
${targetsSection(summary.rows)}
${chartsSection(summary, axis)}
${violationsSection(summary, axis)}
${ordersSection(summary)}
${tapeSection(summary)}
${environmentSection(summary)}
${notesSection(summary)}
${repeatSection(summary)}
</main>
</body>
</html>
`;
  return page.text;
}

/** The pattern of late seconds: defined once, used by every chart. */
const HATCHING = html`<svg class="hidden" width="1" height="1" aria-hidden="true"><defs><pattern id="${LATE_PATTERN_ID}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" stroke="var(--late)" stroke-width="3"/></pattern></defs></svg>`;
