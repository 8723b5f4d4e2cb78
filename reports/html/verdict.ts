import type { Row, Summary } from '../../protocol/schemas/summary.ts';
import { formatCount, formatUtc, intervalWords, measuredWords, plain, VERDICT_WORDS } from '../words.ts';
import { EMPTY, html, type Markup, unbroken } from './markup.ts';

/** Reasons longer than this are set smaller. */
const LONG_WHY = 200;

/** The page's head: the verdict large, in word, shape and colour; why; and which run it was. */
export function verdictSection(summary: Summary): Markup {
  const { word, meaning } = VERDICT_WORDS[summary.verdict];
  return html`<header class="verdict ${classOf(summary.verdict)}">
<p class="brand">tapedeck · ${summary.scenario}</p>
<h1>${sign(summary.verdict)}<span>${word}</span></h1>
<p class="meaning">${meaning}</p>
<p class="why${summary.why.length > LONG_WHY ? ' long' : ''}">${sentence(summary.why)}</p>
<p class="which">${summary.description}</p>
<p class="which">${formatUtc(Date.parse(summary.startedAt) * 1000)} · ${summary.durationS.toFixed(0)} s · load by ${summary.load} · commit ${summary.commit}</p>
</header>
`;
}

/** The table of targets; on a narrow page each row becomes a card, so every cell carries its column's name. */
export function targetsSection(rows: readonly Row[]): Markup {
  const counts = (['pass', 'fail', 'invalid', 'not applicable'] as const).flatMap((verdict) => {
    const count = rows.filter((row) => row.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${COUNT_WORDS[verdict]}`];
  });
  return html`<section aria-labelledby="targets"><h2 id="targets">Targets</h2>
<p>${rows.length === 0 ? 'No target was judged.' : `${counts.join(', ')}.`}</p>
<table class="targets" role="table" aria-labelledby="targets">
<thead role="rowgroup"><tr role="row">${COLUMNS.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map(targetRow)}</tbody>
</table>
</section>
`;
}

const COLUMNS = ['Verdict', 'Target', 'Must be', 'Measured', '95 % interval', 'Samples'];

const COUNT_WORDS: Readonly<Record<Row['verdict'], string>> = {
  pass: 'held',
  fail: 'broken',
  invalid: 'can’t be told',
  warn: 'not held, which is only told',
  'not applicable': 'not applicable',
};

function targetRow(row: Row): Markup {
  const cell = (name: string, content: Markup | string, className = ''): Markup =>
    html`<td role="cell" data-name="${name}" class="${className}">${content}</td>`;
  const reason =
    row.reason === ''
      ? EMPTY
      : html`<tr role="row" class="reason ${classOf(row.verdict)}"><td role="cell" aria-hidden="true"></td><td role="cell" colspan="5"><span class="hidden">Reason: </span>${signs(row.reason)}</td></tr>`;
  return html`<tr role="row" class="${classOf(row.verdict)}${row.reason === '' ? '' : ' explained'}">
${cell('Verdict', html`<span class="badge">${sign(row.verdict)}${VERDICT_WORDS[row.verdict].word}</span>`)}
<th role="rowheader" scope="row">${row.id}<span class="title">${row.title}</span></th>
${cell('Must be', signs(row.target))}
${cell('Measured', unbroken(measuredWords(row)), 'measured')}
${cell('95 % interval', unbroken(intervalWords(row)) || '–', row.interval === undefined ? 'none' : '')}
${cell('Samples', formatCount(row.samples), 'number')}
</tr>
${reason}`;
}

function classOf(verdict: Row['verdict']): string {
  return verdict === 'not applicable' ? 'absent' : verdict;
}

/** A full stop at the end, a capital at the start where it begins with a plain word. */
function sentence(text: string): string {
  const clean = signs(plain(text).trim());
  const ended = /[.!?]$/.test(clean) || clean === '' ? clean : `${clean}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}

/** Comparison signs as print has them, figures beside their units. */
function signs(text: string): string {
  return unbroken(text.replaceAll('<=', '≤').replaceAll('>=', '≥'));
}

/** Each verdict has a shape of its own: a disc, an octagon, a triangle, a bar. */
function sign(verdict: Row['verdict']): Markup {
  return html`<svg class="sign" viewBox="0 0 24 24" aria-hidden="true">${SIGNS[verdict]}</svg>`;
}

const SIGNS: Readonly<Record<Row['verdict'], Markup>> = {
  pass: html`<circle cx="12" cy="12" r="11" fill="currentColor"/><path d="M6.8 12.4l3.6 3.6 6.8-7.6" fill="none" stroke="var(--paper)" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/>`,
  fail: html`<path d="M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z" fill="currentColor"/><path d="M8 8l8 8M16 8l-8 8" fill="none" stroke="var(--paper)" stroke-width="2.4" stroke-linecap="round"/>`,
  invalid: html`<path d="M12 1.6L23.4 22H.6z" fill="currentColor" stroke="currentColor" stroke-linejoin="round"/><path d="M9.6 11.2a2.5 2.5 0 1 1 3.7 2.2c-.9.5-1.3 1-1.3 1.9" fill="none" stroke="var(--paper)" stroke-width="2" stroke-linecap="round"/><circle cx="12" cy="18.6" r="1.3" fill="var(--paper)"/>`,
  warn: html`<path d="M12 1L23 12L12 23L1 12z" fill="currentColor"/><path d="M12 6.5v7" stroke="var(--paper)" stroke-width="2.4" stroke-linecap="round"/><circle cx="12" cy="17" r="1.4" fill="var(--paper)"/>`,
  'not applicable': html`<path d="M4 12h16" stroke="currentColor" stroke-width="3" stroke-linecap="round"/>`,
};
