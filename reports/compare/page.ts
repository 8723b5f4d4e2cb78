import { COMPARED, type ComparedRow, type Comparison } from '../../protocol/schemas/comparison.ts';
import { htmlDocument } from '../html/document.ts';
import { figure } from '../html/figure.ts';
import { type Content, EMPTY, html, type Markup, unbroken } from '../html/markup.ts';
import { formatUtc, plain } from '../words.ts';
import { blocksFigure, shapeFigure } from './figures.ts';
import { COMPARED_WORDS, chanceWords, changeWords, figureWords, powerWords, rangeWords } from './words.ts';

const OWN_STYLE = `
.arms{margin-top:16px;font-size:15px}
.metrics{width:100%;margin-top:20px;font-size:15px}
.metrics thead th{font-size:13px;font-weight:400;color:var(--muted);border-bottom:1px solid var(--rule)}
.metrics th,.metrics td{padding:10px 14px;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
.metrics .title,.metrics .reason{display:block;font-weight:400;font-size:13px;color:var(--muted)}
.whole{max-height:none;border:0}
h3{margin-top:24px}
@media print{.metrics{font-size:9pt}.metrics th,.metrics td{padding:5px 6px}}
`;

/** A comparison as one page without scripts, fonts or any other file. The same comparison gives the same page. */
export function comparisonPage(comparison: Comparison): string {
  const { word, sign, className } = COMPARED_WORDS[comparison.verdict];
  const shape = shapeFigure(comparison);
  const seen = comparison.rows.filter((row) => row.pairs > 0);
  const main = html`<header class="verdict ${className}"><p class="brand">tapedeck compare</p>
<h1><span aria-hidden="true">${sign}</span>${word}</h1>
<p class="why${comparison.why.length > 160 ? ' long' : ''}">${unbroken(plain(comparison.why))}</p>
<p class="arms"><strong>A</strong> ${comparison.arms.a}<br><strong>B</strong> ${comparison.arms.b}</p>
</header>
${metricsSection(comparison.rows)}
${
  shape === undefined && seen.length === 0
    ? EMPTY
    : html`<section aria-labelledby="evidence"><h2 id="evidence">The blocks</h2>
<p>Blocks were played in turn, so that what the machine does falls on both arms alike. A pair is two neighbours.</p>
<div class="pair">${seen.map((row) => figure(blocksFigure(comparison, row.id)))}</div>
${shape === undefined ? EMPTY : figure(shape)}</section>`
}
${machineSection(comparison)}`;
  return htmlDocument({ title: `${word}: B against A, tapedeck`, style: OWN_STYLE, main });
}

function metricsSection(rows: readonly ComparedRow[]): Markup {
  if (rows.length === 0) return EMPTY;
  const head = ['verdict', 'metric', 'A', 'B', 'change', '95 % interval', 'p', 'detectable'];
  return html`<section aria-labelledby="metrics"><h2 id="metrics">Metric by metric</h2>
<p>Changes are B’s figure against A’s: above zero, B is slower. p is adjusted for all metrics together. Detectable is the least slowdown that this run finds in 9 of 10 cases.</p>
<div class="scroll whole" role="region" tabindex="0" aria-labelledby="metrics"><table class="metrics">
<thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(metricRow)}</tbody>
</table></div></section>`;
}

function metricRow(row: ComparedRow): Markup {
  const { sign, className } = COMPARED_WORDS[row.verdict];
  const cells = [figureWords(row.id, row.a), figureWords(row.id, row.b), changeWords(row.ratio), rangeWords(row)];
  const reason = row.reason === '' ? EMPTY : html`<span class="reason">${unbroken(plain(row.reason))}</span>`;
  return html`<tr class="${className}"><td><span class="badge"><span aria-hidden="true">${sign}</span>${row.verdict}</span></td>
<th scope="row">${row.id}<span class="title">${COMPARED[row.id].title}</span>${reason}</th>
${[...cells, chanceWords(row.p), powerWords(row)].map((cell) => html`<td>${unbroken(cell)}</td>`)}</tr>\n`;
}

function machineSection(comparison: Comparison): Markup {
  const { environment: machine } = comparison;
  const uncounted = comparison.blocks.filter((block) => block.late !== '' || block.broken !== '');
  const facts: readonly (readonly [string, Content])[] = [
    ['started', formatUtc(Date.parse(comparison.startedAt) * 1000)],
    ['took', `${comparison.durationS.toFixed(0)} s`],
    ['scenario', comparison.scenario],
    ['load', comparison.load],
    ['seed', comparison.seed],
    ['least effect that counts', changeWords(comparison.minEffect)],
    ['machine', `${machine.cpus} × ${plain(machine.cpuModel)}`],
    ['Node', machine.node],
    [
      'blocks',
      `${comparison.blocks.length}; played again for the machine’s sake: ${comparison.blocks.reduce((sum, block) => sum + block.replays, 0)}`,
    ],
  ];
  return html`<section aria-labelledby="machine"><h2 id="machine">The machine and the run</h2>
${comparison.notes.map((note) => html`<p>${plain(note)}</p>`)}
${uncounted.map((block) => html`<p>A block of ${block.arm.toUpperCase()} doesn’t count: ${plain(block.late || block.broken)}.</p>`)}
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<h3>Repeat it</h3><pre><code>${plain(comparison.command)}</code></pre>
</section>`;
}
