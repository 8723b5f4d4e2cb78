import { plain } from '../words.ts';

/** Text that is HTML already; everything else is escaped by {@link html}. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Markup | readonly Content[];

/** Builds HTML from a template: literals stand as they are, values are escaped and freed of control characters unless they are {@link Markup}. Lists are joined. */
export function html(literals: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let text = literals[0] ?? '';
  values.forEach((value, at) => {
    text += toHtml(value) + (literals[at + 1] ?? '');
  });
  return new Markup(text);
}

/** Nothing. */
export const EMPTY = new Markup('');

function toHtml(value: Content): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(toHtml).join('');
  return escapeHtml(plain(String(value)));
}

/** Keeps figures and their units on one line: `99 %`, `4.20 ms`. */
export function unbroken(text: string): string {
  return text
    .replace(/(\d) (?=(?:%|µs|ms|s|x|MB|GB)(?![\p{L}\p{N}]))/gu, '$1\u00a0')
    .replace(/([<>≤≥]) (?=\d)/g, '$1\u00a0');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Makes a text safe in an element's content and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
