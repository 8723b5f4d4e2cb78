import type { Summary } from '../../protocol/schemas/summary.ts';
import { Histogram } from '../histogram.ts';
import { curveFigure, type Look } from '../html/curve.ts';
import { htmlDocument } from '../html/document.ts';
import { type Figure, figure } from '../html/figure.ts';
import { EMPTY, html, type Markup, unbroken } from '../html/markup.ts';
import { formatUs, formatUtc, plain, VERDICT_WORDS } from '../words.ts';
import { type DiffSide, diffRuns, type LatencyDiff, type RunDiff } from './diff.ts';
import { DIFFERENCE_HEAD, figuresWords, intervalsWords, ROW_HEAD, ratioWords } from './words.ts';

const OWN_STYLE = `
header h1{margin:12px 0;font-size:34px;line-height:1.15;letter-spacing:-.02em}
header{padding:40px 0 0}
.warning{margin-top:16px;padding:12px 16px;background:var(--invalid-soft);border-left:4px solid var(--invalid);max-width:none}
.listing td:last-child{min-width:0}
.scroll{max-height:none}
`;

/** Makes two runs side by side as one page without scripts or any other file. The same summaries give the same page. */
export function diffPage(a: Summary, b: Summary): string {
  const diff = diffRuns(a, b);
  return htmlDocument({
    title: `${plain(a.scenario)} and ${plain(b.scenario)} side by side, tapedeck`,
    style: OWN_STYLE,
    main: [head(diff), targets(diff), curves(a, b, diff), differences(diff), repeat(diff)],
  });
}

function head(diff: RunDiff): Markup {
  return html`<header><p class="brand">tapedeck</p>
<h1>Two runs side by side</h1>
<p class="warning">${diff.warning}</p>
<dl class="facts">${side('A', diff.a)}${side('B', diff.b)}</dl>
</header>
`;
}

function side(name: string, of: DiffSide): Markup {
  const { word, sign } = VERDICT_WORDS[of.verdict];
  return html`<div><dt>${name}: ${sign} ${word}</dt><dd>${of.scenario}, ${formatUtc(Date.parse(of.startedAt) * 1000)}, commit <code>${of.commit}</code>: ${of.why}</dd></div>`;
}

function targets({ rows }: RunDiff): Markup {
  const lines = rows.map((row) => [
    row.id,
    unbroken(figuresWords(row.a)),
    unbroken(figuresWords(row.b)),
    ratioWords(row.ratio),
    intervalsWords(row.intervals),
  ]);
  return html`<section aria-labelledby="targets"><h2 id="targets">Targets</h2>
${listing('targets', ROW_HEAD, lines)}</section>
`;
}

const LOOKS: readonly [Look, Look] = [
  { name: 'A', paint: 'first', dash: 'solid' },
  { name: 'B', paint: 'second', dash: 'dashed' },
];

function curves(a: Summary, b: Summary, { latencies }: RunDiff): Markup {
  if (latencies.length === 0) return EMPTY;
  const figures = latencies.flatMap((latency): Figure[] => {
    const [jsonA, jsonB] = [a.histograms[latency.metric], b.histograms[latency.metric]];
    if (jsonA === undefined || jsonB === undefined) return [];
    const both = [
      { look: LOOKS[0], histogram: Histogram.fromJSON(jsonA) },
      { look: LOOKS[1], histogram: Histogram.fromJSON(jsonB) },
    ];
    const id = `percentiles-${latency.metric.replace(/\W/g, '-')}`;
    return [{ ...curveFigure(both, undefined), id, title: latency.metric, says: says(latency), size: 'half' as const }];
  });
  return html`<section aria-labelledby="latencies"><h2 id="latencies">Latencies by percentile</h2>
<div class="pair">${figures.map(figure)}</div></section>
`;
}

function says({ percentiles }: LatencyDiff): string {
  const words = percentiles.map(
    ({ name, aUs, bUs, ratio }) => `${name} ${formatUs(aUs)} and ${formatUs(bUs)} (${ratioWords(ratio)})`,
  );
  return `A and B: ${words.join(', ')}.`;
}

function differences(diff: RunDiff): Markup {
  const lines = diff.differences.map(({ name, a, b }) => [name, a, b]);
  return html`<section aria-labelledby="differences"><h2 id="differences">What else differs</h2>
${lines.length === 0 ? html`<p>Scenario, seed, commit, tape, load and machine are the same.</p>` : listing('differences', DIFFERENCE_HEAD, lines)}</section>
`;
}

function repeat({ a, b }: RunDiff): Markup {
  return html`<section aria-labelledby="repeat"><h2 id="repeat">How to repeat them</h2>
<p>A, at commit ${a.commit}:</p>
<pre tabindex="0"><code>${a.command}</code></pre>
<p>B, at commit ${b.commit}:</p>
<pre tabindex="0"><code>${b.command}</code></pre></section>
`;
}

function listing(id: string, columns: readonly string[], rows: readonly (readonly string[])[]): Markup {
  return html`<div class="scroll" role="region" tabindex="0" aria-labelledby="${id}"><table class="listing">
<thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(([first = '', ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody>
</table></div>`;
}
