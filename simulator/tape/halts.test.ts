import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseHeader } from './header.ts';
import { openTape, verifyTape } from './reader.ts';
import { aTrade, inFolder, openWriter } from './testTicks.ts';
import type { TapeHalt } from './types.ts';

const SOUND: readonly TapeHalt[] = [
  { symbol: 1, haltUs: 10, resumeUs: 20, reason: 'LULD pause' },
  { symbol: 0, haltUs: 15, reason: 'news pending' },
  { symbol: 1, haltUs: 20, resumeUs: 30, reason: 'LULD pause' },
];

describe('halts of a tape', () => {
  it('should come back as they were written, and be absent where there are none', () =>
    inFolder((folder) => {
      const path = join(folder, 'halts.tape');
      const writer = openWriter(path, { symbols: 2, halts: SOUND });
      writer.append(aTrade());
      const header = writer.finish();

      expect(header.halts).toEqual(SOUND);
      expect(verifyTape(path)).toEqual(header);

      const none = openWriter(path, { symbols: 2, halts: [] });
      none.append(aTrade());
      none.finish();

      expect(openTape(path).header).not.toHaveProperty('halts');
    }));

  it.each([
    ['of symbol 2, which its symbol table lacks', [{ symbol: 2, haltUs: 1, reason: 'x' }]],
    ['that ends before it begins', [{ symbol: 0, haltUs: 5, resumeUs: 5, reason: 'x' }]],
    [
      'before the one ahead of it',
      [
        { symbol: 0, haltUs: 5, resumeUs: 6, reason: 'x' },
        { symbol: 1, haltUs: 4, reason: 'x' },
      ],
    ],
    [
      'while symbol 0 is halted already',
      [
        { symbol: 0, haltUs: 5, reason: 'x' },
        { symbol: 0, haltUs: 9, reason: 'x' },
      ],
    ],
  ])('should be refused %s, by writer and reader', (fault, halts: readonly TapeHalt[]) =>
    inFolder((folder) => {
      const path = join(folder, 'halts.tape');
      const writer = openWriter(path, { symbols: 2 });
      writer.append(aTrade());
      const header = writer.finish();

      expect(() => openWriter(path, { symbols: 2, halts })).toThrow(fault);
      expect(parseHeader(JSON.stringify({ ...header, halts }))).toContain(fault);
    }),
  );
});
