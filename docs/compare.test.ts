import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareCommand } from '../cli/compare.ts';
import { historyCommand } from '../cli/history.ts';
import { COMPARED_METRICS } from '../protocol/schemas/comparison.ts';

const page = readFileSync(new URL('compare.md', import.meta.url), 'utf8');
const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.trim().split('\n'));

/** A line's words as a shell gives them, without the program's name. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '').slice(2);
}

describe('docs/compare.md', () => {
  it.each(lines)('should be understood: %s', (line) => {
    const [name, ...args] = wordsOf(line);
    const command = name === 'compare' ? compareCommand() : historyCommand();
    expect(line).toMatch(/^npx tapedeck (compare|history)\b/);
    command.exitOverride();
    const { unknown } = command.parseOptions(args);
    expect(unknown).toEqual([]);
  });

  it('should name every metric and the exit codes', () => {
    for (const metric of COMPARED_METRICS) expect(page).toContain(`\`${metric}\``);
    for (const verdict of ['same', 'faster', 'slower', 'fail', "can't tell"])
      expect(page).toContain(`| \`${verdict}\``);
  });
});
