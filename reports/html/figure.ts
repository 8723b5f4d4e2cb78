import type { EChartsCoreOption } from 'echarts/core';
import { type Content, EMPTY, html, type Markup, unbroken } from './markup.ts';
import type { Line, Plot } from './plot.ts';
import { type Paint, renderSvg } from './svg.ts';

/** A chart with what surrounds it: heading, one sentence on what it shows, legend, and its figures as a table. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  /** What it shows, in one sentence: also what a screen reader says for the picture. */
  readonly says: string;
  readonly plot: Plot;
  /** `wide` charts are drawn twice, for wide and for narrow pages; `half` ones stand two in a row where there's room. */
  readonly size: 'wide' | 'half';
  readonly option: (narrow: boolean) => EChartsCoreOption;
  readonly table: FigureTable;
}

export interface FigureTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const WIDE = { width: 960, height: 320 };
const NARROW = { width: 400, height: 280 };
const HALF = { width: 430, height: 236 };

/** A chart and its table; a chart without a single figure says so instead. */
export function figure(chart: Figure): Markup {
  const { id, title, says, size } = chart;
  return html`<figure class="${size}" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title">${title}</h3>
<p class="says">${unbroken(says)}</p>
${isEmpty(chart) ? html`<p class="nothing">Nothing was measured.</p>` : [legend(chart.plot), drawings(chart), dataTable(chart)]}
</figure>
`;
}

/** Whether a chart has no figure to show. */
export function isEmpty({ plot }: Figure): boolean {
  const lines = plot.lines.every((line) => line.points.every(([, y]) => y === null));
  return lines && (plot.cells ?? []).every(({ rects }) => rects.length === 0);
}

function drawings(chart: Figure): Content {
  const label = `Chart: ${chart.title}. ${chart.says} The figures are in the table below it.`;
  const draw = (narrow: boolean, box: { width: number; height: number }, className: string): Markup =>
    renderSvg(chart.option(narrow), { ...box, id: `${chart.id}-${narrow ? 'n' : 'w'}`, label, className });
  if (chart.size === 'half') return draw(true, HALF, 'chart');
  return [draw(false, WIDE, 'chart when-wide'), draw(true, NARROW, 'chart when-narrow')];
}

const DASHES: Readonly<Record<Line['dash'], string>> = { solid: '', dashed: '6 4', dotted: '2 3' };

function legend({ lines, cells = [] }: Plot): Markup {
  const shown = lines.filter((line) => line.points.some(([, y]) => y !== null));
  const areas = cells.filter(({ rects }) => rects.length > 0);
  if (lines.length === 1 && areas.length === 0) return EMPTY;
  return html`<ul class="legend">${shown.map(({ name, paint, dash }) => html`<li>${swatch(paint, dash)}${name}</li>`)}${areas.map(
    ({ name, paint }) => html`<li>${cellSwatch(paint)}${name}</li>`,
  )}</ul>`;
}

function cellSwatch(paint: Paint): Markup {
  return html`<svg class="swatch cell" viewBox="0 0 12 12" aria-hidden="true"><path d="M0 0H12V12H0Z" fill="var(--${paint})"/></svg>`;
}

function swatch(paint: Paint, dash: Line['dash']): Markup {
  return html`<svg class="swatch" viewBox="0 0 26 10" aria-hidden="true"><path d="M0 5H26" stroke="var(--${paint})" stroke-width="2.5" stroke-dasharray="${DASHES[dash]}"/></svg>`;
}

function dataTable({ id, title, table }: Figure): Markup {
  if (table.rows.length === 0) return EMPTY;
  return html`<details><summary>Figures of “${title}”</summary>
<div class="scroll" role="region" tabindex="0" aria-labelledby="${id}-title"><table class="figures">
<thead><tr>${table.head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${table.rows.map(([first, ...rest]) => html`<tr><th scope="row">${first ?? ''}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody>
</table></div></details>`;
}
