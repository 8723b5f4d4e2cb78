import type { Capacity } from '../../protocol/schemas/capacity.ts';
import { htmlDocument } from '../html/document.ts';
import { EMPTY, html, type Markup } from '../html/markup.ts';
import { formatBytes, formatUtc, plain } from '../words.ts';
import { capacityCharts } from './charts.ts';
import { figuresOf } from './text.ts';
import { titleOf } from './words.ts';

/** Makes the report of a search as one page without scripts or any other file: the answer, the charts, each plateau, how to repeat it. */
export function capacityPage(capacity: Capacity): string {
  return htmlDocument({
    title: `${plain(titleOf(capacity))}, tapedeck capacity`,
    style: STYLE,
    main: [answerSection(capacity), capacityCharts(capacity), plateausSection(capacity), environmentSection(capacity)],
  });
}

const STYLE = `
.verdict.capacity h1{font-size:44px;line-height:1.15}
.answer p{margin-top:10px;font-size:18px;line-height:1.45}
.listing .held{color:var(--pass)}.listing .broken{color:var(--fail)}.listing .invalid{color:var(--invalid)}
@media screen and (max-width:760px){.verdict.capacity h1{font-size:30px}}
`;

function answerSection(capacity: Capacity): Markup {
  const { answer, scenario, targets, startedAt, durationS, commit, plateaus } = capacity;
  return html`<header class="verdict capacity">
<p class="brand">tapedeck · capacity</p>
<h1>${titleOf(capacity)}</h1>
<div class="answer">${answer.map((sentence) => html`<p>${sentence}</p>`)}</div>
<p class="which">Scenario ${scenario}, targets ${targets}: ${plateaus.length} plateaus of ${capacity.plateauS} s after ${capacity.warmUpS} s of warm-up.</p>
<p class="which">${formatUtc(Date.parse(startedAt) * 1000)} · ${(durationS / 60).toFixed(1)} min · commit ${commit}</p>
</header>
`;
}

const COLUMNS = ['load', 'outcome', 'p99', 'server CPU', 'memory', 'messages/s', 'bytes/s', 'why', 'report'];

function plateausSection({ plateaus }: Capacity): Markup {
  const rows = plateaus.map((one) => {
    const [load = '', outcome = '', ...rest] = figuresOf(one);
    const report = one.folder === '' ? EMPTY : html`<a href="${encodeURI(one.folder)}/report.html">report</a>`;
    return html`<tr><td class="number">${load}</td><td class="${one.outcome}">${outcome}</td>${rest.map((cell) => html`<td class="number">${cell}</td>`)}<td>${one.why}</td><td>${report}</td></tr>\n`;
  });
  return html`<section aria-labelledby="plateaus"><h2 id="plateaus">Plateaus</h2>
<p>In the order in which they were played. An invalid one says nothing and was played again.</p>
<div class="scroll" role="region" tabindex="0" aria-labelledby="plateaus"><table class="listing">
<thead><tr>${COLUMNS.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table></div></section>
`;
}

function environmentSection({ environment, seed, command, commit }: Capacity): Markup {
  const facts = [
    ['Processor', `${environment.cpus} × ${environment.cpuModel}`],
    ['Memory', formatBytes(environment.memoryBytes)],
    ['Platform', environment.platform],
    ['Node', environment.node],
    ['Seed', String(seed)],
  ] as const;
  return html`<section aria-labelledby="environment"><h2 id="environment">Environment</h2>
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></section>
<section aria-labelledby="repeat"><h2 id="repeat">How to repeat it</h2>
<p>At commit ${commit}:</p>
<pre tabindex="0"><code>${command}</code></pre></section>
`;
}
