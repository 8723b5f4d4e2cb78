import type { TapeFacts } from '../../protocol/tapeFacts.ts';
import { htmlDocument } from '../html/document.ts';
import { figure } from '../html/figure.ts';
import { type Content, html, type Markup } from '../html/markup.ts';
import { formatCount, formatShare, plain } from '../words.ts';
import { arrivalFigures, correlationFigures, courseFigure, decimals } from './figures.ts';

const OWN_STYLE = `
header h1{margin:12px 0;font-size:34px;line-height:1.15;letter-spacing:-.02em}
header{padding:40px 0 0}
.kind{margin-top:16px;padding:12px 16px;background:var(--invalid-soft);border-left:4px solid var(--invalid);max-width:none}
.kind.recorded{background:var(--soft);border-color:var(--muted)}
@media print{.figures th,.figures td{white-space:normal;padding:4px 6px}}
`;

/** Makes the report on a tape's stylised facts as one page without scripts, fonts or any other file. The same facts give the same page. */
export function factsPage(facts: TapeFacts): string {
  const { tape } = facts;
  const title = `Stylised facts of ${plain(tape.name)}`;
  return htmlDocument({
    title: `${title}, ${tape.kind}, tapedeck`,
    style: OWN_STYLE,
    main: html`${headSection(facts, title)}
${returnsSection(facts)}
<section aria-labelledby="day"><h2 id="day">The course of the day and the arrival of events</h2>
${figure(courseFigure(facts))}
<div class="pair">${arrivalFigures(facts).map(figure)}</div>
</section>
${spreadsSection(facts)}
${auctionsSection(facts)}
${tapeSection(facts)}`,
  });
}

function headSection({ tape, source }: TapeFacts, title: string): Markup {
  const origin = source.isOrigin ? 'the real prices that it was made from' : 'real prices that it was not made from';
  const kind =
    tape.kind === 'derived'
      ? html`<p class="kind"><strong>Derived.</strong> These ticks never happened: they are made from real returns. ${tape.description}</p>`
      : html`<p class="kind recorded"><strong>Recorded.</strong> ${tape.description}</p>`;
  return html`<header><p class="brand">tapedeck</p>
<h1>${title}</h1>
<p>What markets have in common, measured on this tape (${formatCount(tape.events)} events of ${formatCount(tape.symbols)} symbols, session of ${tape.sessionDate}) beside ${origin}: ${source.file}, ${formatCount(source.days)} days from ${source.firstDate} to ${source.lastDate}.</p>
${kind}
</header>`;
}

function returnsSection(facts: TapeFacts): Markup {
  const rows = facts.returns.map((one) => [
    one.name,
    formatCount(one.returns),
    decimals(one.kurtosis),
    decimals(one.kurtosisOfFive),
    decimals(one.autocorrelation[0] ?? 0),
    decimals(one.absoluteAutocorrelation[0] ?? 0),
    decimals(meanOf(one.absoluteAutocorrelation.slice(0, 10))),
  ]);
  const head = ['returns', 'number', 'kurtosis', 'of five', 'memory', 'of size', 'to lag 10'];
  return html`<section aria-labelledby="tails"><h2 id="tails">Tails and memory</h2>
<p>A normal distribution has a kurtosis of 3; markets have more. The tape’s returns are by minute with the usual course of the day taken out, of middles of quotes. A real day plays for a minute of the tape, so the two are held side by side. Kurtosis also of sums of five returns; memory is the autocorrelation at lag 1, of the returns and of their size, and of their size in the mean to lag 10.</p>
${table(head, rows, 'tails')}
<div class="pair">${correlationFigures(facts).map(figure)}</div>
</section>`;
}

function spreadsSection({ priceLevels }: TapeFacts): Markup {
  const rows = priceLevels.map((level) => [
    level.toPrice === undefined ? `${level.fromPrice} and over` : `${level.fromPrice} to ${level.toPrice}`,
    formatCount(level.symbols),
    decimals(level.spreadTicks),
    decimals(level.spreadBp),
    formatCount(level.quoteSize),
    formatCount(level.tradeSize),
  ]);
  const head = ['price', 'symbols', 'spread, ticks', 'spread, bp', 'at the bid or ask', 'a trade'];
  return html`<section aria-labelledby="spreads"><h2 id="spreads">Spreads and sizes by price</h2>
<p>Means over the symbols of a price level; sizes in shares. The source has no quotes to compare with.</p>
${rows.length === 0 ? html`<p>The tape has no quotes.</p>` : table(head, rows, 'spreads')}
</section>`;
}

function auctionsSection({ auctions }: TapeFacts): Markup {
  const { openings, closings } = auctions;
  const words =
    openings + closings === 0
      ? 'No trade of the tape is flagged as one of an auction.'
      : `${formatCount(openings)} opening auctions with ${formatShare(auctions.openingShare)} of all shares traded, ${formatCount(closings)} closing auctions with ${formatShare(auctions.closingShare)}.`;
  return html`<section aria-labelledby="auctions"><h2 id="auctions">Auctions</h2>
<p>${words}</p>
</section>`;
}

function tapeSection({ tape }: TapeFacts): Markup {
  const facts: readonly (readonly [string, Content])[] = [
    ['tape', tape.name],
    ['kind', tape.kind],
    ['session', tape.sessionDate],
    ['events', `${formatCount(tape.events)}: ${formatCount(tape.trades)} trades, ${formatCount(tape.quotes)} quotes`],
    ['event hash', html`<code>${tape.eventHash}</code>`],
  ];
  return html`<section aria-labelledby="tape"><h2 id="tape">The tape</h2>
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</section>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[], label: string): Markup {
  return html`<div class="scroll" role="region" tabindex="0" aria-labelledby="${label}"><table class="figures">
<thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(([first, ...rest]) => html`<tr><th scope="row">${first ?? ''}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody>
</table></div>`;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
