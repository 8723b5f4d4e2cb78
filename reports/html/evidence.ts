import type { Summary, Violation } from '../../protocol/schemas/summary.ts';
import { explainedBy } from '../explain.ts';
import { formatCount, formatUtc, violationCount } from '../words.ts';
import { EMPTY, html, type Markup } from './markup.ts';
import type { Mark, TimeAxis } from './timeAxis.ts';

/** Violations shown on the page; the others are in summary.json. */
const MOST_SHOWN = 200;
const MOST_DETAIL = 300;

/** Lost, doubled, late and altered messages, one by one, each with the fault on the time axis that may explain it. */
export function violationsSection(summary: Summary, axis: TimeAxis): Markup {
  const total = violationCount(summary);
  const { counts, listed } = summary.violations;
  if (total === 0 && listed.length === 0) {
    return html`<section aria-labelledby="violations"><h2 id="violations">Broken promises</h2>
<p>No message was lost, doubled, reordered or altered, and no connection broke without a plan.</p></section>
`;
  }
  const shown = listed.slice(0, MOST_SHOWN);
  const kinds = Object.entries(counts).filter(([, count]) => count > 0);
  const rest = Math.max(total, listed.length) - shown.length;
  return html`<section aria-labelledby="violations"><h2 id="violations">Broken promises</h2>
<p>${kinds.map(([kind, count]) => `${formatCount(count)} ${kindWords(kind)}`).join(', ')}. ${explainedWords(shown, axis.marks)}</p>
<div class="scroll" role="region" tabindex="0" aria-labelledby="violations"><table class="listing">
<thead><tr><th scope="col">Second</th><th scope="col">Market time</th><th scope="col">What</th><th scope="col">Stream</th><th scope="col">Client</th><th scope="col">Expected seq</th><th scope="col">Got seq</th><th scope="col">Explained by</th><th scope="col">In words</th></tr></thead>
<tbody>${shown.map((violation) => violationRow(violation, axis.marks, summary))}</tbody>
</table></div>
${rest > 0 ? html`<p>${formatCount(rest)} more were counted; summary.json lists up to ${formatCount(listed.length)}.</p>` : EMPTY}</section>
`;
}

function violationRow(violation: Violation, marks: readonly Mark[], { tape }: Summary): Markup {
  const fault = explainedBy(violation.atS, marks);
  const explained = fault === undefined ? 'unexplained' : `${fault.letter}: ${fault.label}`;
  const marketUs = tape.fromUs + violation.atS * tape.speed * 1e6;
  return html`<tr><td class="number">${violation.atS.toFixed(3)}</td><td class="number">${formatUtc(marketUs).slice(11)}</td><td>${kindWords(violation.violation)}</td><td>${violation.stream || '–'}</td><td>${violation.client} (${violation.generator})</td><td class="number">${violation.expectedSeq}</td><td class="number">${violation.seq}</td><td>${explained}</td><td>${clip(violation.detail)}</td></tr>
`;
}

/** How many of what is listed lie beside a fault, in a sentence. */
function explainedWords(listed: readonly Violation[], marks: readonly Mark[]): string {
  if (listed.length === 0) return '';
  const explained = listed.filter(({ atS }) => explainedBy(atS, marks) !== undefined).length;
  if (explained === 0) return 'No fault on the time axis explains any of those listed.';
  const rest = listed.length - explained;
  return `Of the ${formatCount(listed.length)} listed, ${formatCount(explained)} lie beside a fault on the time axis, ${rest === 0 ? 'none is' : `${formatCount(rest)} are`} unexplained. A promise holds through faults too: a fault says where to look, it excuses nothing.`;
}

function kindWords(kind: string): string {
  return kind.replaceAll('_', ' ');
}

function clip(text: string): string {
  return text.length > MOST_DETAIL ? `${text.slice(0, MOST_DETAIL)}…` : text;
}

/** What became of the orders, held against the oracle. */
export function ordersSection({ orders }: Summary): Markup {
  if (orders.placed === 0) return EMPTY;
  const wrong = orders.triggersExpected !== orders.triggersSeen || orders.wrongTick > 0;
  const facts: [string, number][] = [
    ['Placed', orders.placed],
    ['Accepted', orders.accepted],
    ['Rejected', orders.rejected],
    ['Triggers the oracle expects', orders.triggersExpected],
    ['Triggers seen', orders.triggersSeen],
    ['On another tick than the oracle’s', orders.wrongTick],
  ];
  return html`<section aria-labelledby="orders"><h2 id="orders">Orders</h2>
<p>${wrong ? 'Not every order triggered as the oracle, a second engine written apart from the server’s, predicted.' : 'Every order triggered on exactly the tick that the oracle, a second engine written apart from the server’s, predicted.'}</p>
<dl class="numbers">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${formatCount(value)}</dd></div>`)}</dl>
</section>
`;
}
