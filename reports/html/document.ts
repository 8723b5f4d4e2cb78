import { type Content, html, Markup } from './markup.ts';
import { STYLE } from './style.ts';
import { LATE_PATTERN_ID } from './svg.ts';

export interface Document {
  readonly title: string;
  /** CSS beside that of all pages. */
  readonly style?: string;
  readonly main: Content;
}

/** Puts a page together that needs no script, font or other file: style, the charts' shared pattern, and `main`. */
export function htmlDocument({ title, style = '', main }: Document): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(STYLE + style)}</style>
</head>
<body>
${HATCHING}
<main>
${main}
</main>
</body>
</html>
`.text;
}

/** The pattern of late seconds: defined once, used by every chart. */
const HATCHING = html`<svg class="hidden" width="1" height="1" aria-hidden="true"><defs><pattern id="${LATE_PATTERN_ID}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" stroke="var(--late)" stroke-width="3"/></pattern></defs></svg>`;
