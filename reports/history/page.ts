import { COMPARED } from '../../protocol/schemas/comparison.ts';
import type { History, HistorySeries } from '../../protocol/schemas/history.ts';
import { axisOf } from '../compare/axis.ts';
import { figureWords } from '../compare/words.ts';
import { chartOption } from '../facts/plot.ts';
import { htmlDocument } from '../html/document.ts';
import { type Figure, figure } from '../html/figure.ts';
import { EMPTY, html } from '../html/markup.ts';
import type { Line } from '../html/plot.ts';
import { plain } from '../words.ts';
import { changeSentence, groupedSeries, groupWords } from './words.ts';

const OWN_STYLE = `
header{padding:40px 0 0}
header h1{margin:12px 0;font-size:34px;line-height:1.15}
`;

/** The history as one page without scripts, fonts or any other file. The same history gives the same page. */
export function historyPage(history: History): string {
  const changes = history.series.flatMap((one) =>
    one.changes.map(
      (change) => html`<li>${changeSentence(one, change)} <span class="says">(${groupWords(one)})</span></li>`,
    ),
  );
  const main = html`<header><p class="brand">tapedeck history</p>
<h1>${changes.length === 0 ? 'No change was found' : `${changes.length} ${changes.length === 1 ? 'change was' : 'changes were'} found`}</h1>
<p>A dashed line is the middle of the runs between two changes. Of groups of runs without a change, at most 5 % show one in any of their metrics.</p>
${changes.length === 0 ? EMPTY : html`<ul>${changes}</ul>`}
</header>
${[...groupedSeries(history)].map(
  ([name, series], at) => html`<section aria-labelledby="group-${at}"><h2 id="group-${at}">${name}</h2>
<div class="pair">${series.map((one, index) => figure(trend(one, `trend-${at}-${index}`)))}</div></section>`,
)}
${history.leftOut.length === 0 ? EMPTY : html`<section aria-labelledby="left-out"><h2 id="left-out">Left out</h2><ul>${history.leftOut.map(({ run, why }) => html`<li>${plain(run)}: ${plain(why)}</li>`)}</ul></section>`}`;
  return htmlDocument({ title: `History of stored runs, tapedeck`, style: OWN_STYLE, main });
}

function trend(series: HistorySeries, id: string): Figure {
  const { metric, points, changes } = series;
  const values = points.map(({ value }) => value);
  const format = (value: number): string => figureWords(metric, value);
  const levels = [0, ...changes.map(({ at }) => at)].map((from, index): Line => {
    const to = changes[index]?.at ?? points.length;
    const middle = middleOf(values.slice(from, to));
    return {
      name: index === 0 ? 'middle between changes' : `middle from run ${from + 1}`,
      paint: 'second',
      dash: 'dashed',
      points: [
        [from + 1, middle],
        [Math.max(to, from + 1), middle],
      ],
    };
  });
  const lines: Line[] = [
    { name: 'runs', paint: 'first', dash: 'solid', points: values.map((value, at) => [at + 1, value]) },
    ...levels,
  ];
  const last = changes.at(-1);
  return {
    id,
    title: metric,
    says: `${COMPARED[metric].title}. ${last === undefined ? `No change in ${points.length} runs.` : `${changeSentence(series, last)}.`}`,
    plot: { lines: lines.slice(0, 2), scale: { kind: 'linear', format } },
    size: 'half',
    option: () =>
      chartOption({
        lines,
        x: { kind: 'value', min: 1, max: Math.max(2, points.length), format: String },
        y: { ...axisOf(Math.min(...values), Math.max(...values)), format },
      }),
    table: {
      head: ['run', 'commit', 'figure', ''],
      rows: points.map(({ run, commit, value }, at) => [
        plain(run),
        plain(commit),
        format(value),
        changes.some((change) => change.at === at) ? 'change' : '',
      ]),
    },
  };
}

function middleOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? 0, sorted[sorted.length >> 1] ?? 0];
  return (low + high) / 2;
}
