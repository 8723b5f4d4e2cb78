import type { Summary } from '../../protocol/schemas/summary.ts';
import { formatBytes, formatCount, formatUs, formatUtc } from '../words.ts';
import { EMPTY, html, type Markup } from './markup.ts';

/** The tape that was played, with its origin (which says itself whether prices are derived) and the hashes by which a repetition is recognised. */
export function tapeSection({ tape, seed }: Summary): Markup {
  return html`<section aria-labelledby="tape"><h2 id="tape">Tape</h2>
<p>${formatCount(tape.eventsPlayed)} events of ${formatCount(tape.symbols)} symbols at ${tape.speed} × market pace, from ${formatUtc(tape.fromUs)} to ${formatUtc(tape.toUs)}.</p>
${facts([
  ['Origin', tape.origin],
  ['Seed', String(seed)],
  ['File', tape.path],
  ['SHA-256', code(tape.sha256)],
  ['Hash of the events played', code(tape.eventHash)],
  [
    'Hash of events, commands and effects',
    tape.runHash === '' ? 'not seen: the server isn’t ours' : code(tape.runHash),
  ],
])}</section>
`;
}

/** Where the run was made. */
export function environmentSection({ environment, load, commit }: Summary): Markup {
  return html`<section aria-labelledby="environment"><h2 id="environment">Environment</h2>
${facts([
  ['Load made by', load],
  ['Server’s transport', environment.transport],
  ['Commit', code(commit)],
  ['Node', environment.node],
  ['Platform', environment.platform],
  ['Processor', `${environment.cpus} × ${environment.cpuModel}`],
  ['Memory', formatBytes(environment.memoryBytes)],
  [
    'Error of the clocks',
    environment.clockErrorUs < 1 ? 'below 1 µs' : `at most ${formatUs(environment.clockErrorUs)}`,
  ],
])}</section>
`;
}

/** What the run has to say beside its figures. */
export function notesSection({ notes }: Summary): Markup {
  if (notes.length === 0) return EMPTY;
  return html`<section aria-labelledby="notes"><h2 id="notes">Notes</h2>
<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul></section>
`;
}

/** The one command that repeats the run. */
export function repeatSection({ command, commit }: Summary): Markup {
  return html`<section aria-labelledby="repeat"><h2 id="repeat">How to repeat it</h2>
<p>At commit ${commit}:</p>
<pre tabindex="0"><code>${command}</code></pre></section>
`;
}

function facts(pairs: readonly (readonly [string, string | Markup])[]): Markup {
  return html`<dl class="facts">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function code(text: string): Markup {
  return html`<code>${text}</code>`;
}
