/** A fenced block of a document. */
export interface Block {
  /** Line of its first line of text, 1-based. */
  readonly line: number;
  readonly language: string;
  /** What follows the language on the fence. */
  readonly info: string;
  readonly text: string;
}

/** A table of a document, cells as they are written. */
export interface Table {
  /** Text of the heading that it stands under, without back-quotes. */
  readonly heading: string;
  /** The heading's anchor, as in a link. */
  readonly anchor: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface MarkdownDocument {
  readonly blocks: readonly Block[];
  readonly tables: readonly Table[];
  /** Anchors of all headings. */
  readonly anchors: ReadonlySet<string>;
}

/** Reads the fenced blocks, tables and headings of a Markdown text. */
export function readDocument(markdown: string): MarkdownDocument {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  const tables: Table[] = [];
  const anchors = new Set<string>();
  let heading = '';
  let anchor = '';
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const fence = /^```(\w*) *(.*)$/.exec(line);
    if (fence !== null) {
      const end = lines.indexOf('```', at + 1);
      if (end < 0) throw new Error(`the block at line ${at + 1} has no end`);
      const [, language = '', info = ''] = fence;
      blocks.push({ line: at + 2, language, info, text: lines.slice(at + 1, end).join('\n') });
      at = end;
    } else if (/^#+ /.test(line)) {
      heading = line.replace(/^#+ /, '').replaceAll('`', '');
      anchor = freeAnchor(heading, anchors);
      anchors.add(anchor);
    } else if (line.startsWith('|')) {
      const end = lines.findIndex((other, index) => index > at && !other.startsWith('|'));
      const [header = [], , ...rows] = lines.slice(at, end).map(cellsOf);
      tables.push({ heading, anchor, header, rows });
      at = end - 1;
    }
  }
  return { blocks, tables, anchors };
}

/** The text of a cell that is code, without its back-quotes. */
export function codeOf(cell: string | undefined): string {
  return /^`(.*)`$/.exec(cell ?? '')?.[1] ?? cell ?? '';
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}

/** The anchor that a heading gets: a second one of the same words has a number. */
function freeAnchor(heading: string, taken: ReadonlySet<string>): string {
  const words = heading
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
  let anchor = words;
  for (let more = 1; taken.has(anchor); more++) anchor = `${words}-${more}`;
  return anchor;
}
