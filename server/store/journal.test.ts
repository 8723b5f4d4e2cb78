import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Disk, disk } from './disk.ts';
import { HEADER_BYTES, RECORD_FRAME_BYTES } from './format.ts';
import { Journal } from './journal.ts';
import { cutTorn, parsePlace, recoverTo, type Scan, scanJournal } from './segments.ts';
import { rewrite, segments, TestFolders } from './testing/folders.ts';

const EPOCH = '00ff00ff00ff00ff';
const folders = new TestFolders();
afterAll(() => folders.clean());

/** What a folder's journal holds, and how it ends. */
function read(folder: string): { readonly payloads: string[]; readonly scan: Scan } {
  const payloads: string[] = [];
  const scan = scanJournal({ folder, onRecord: ({ payload }) => payloads.push(payload.toString('latin1')) });
  return { payloads, scan };
}

/** Why a folder's journal can't be read; '' when it can. */
function refusal(folder: string): string {
  try {
    read(folder);
    return '';
  } catch (error) {
    return String(error);
  }
}

function open(folder: string, options: { readonly segmentBytes?: number; readonly disk?: Disk } = {}): Journal {
  const { scan } = read(folder);
  cutTorn(folder, scan.end);
  return new Journal({ folder, end: scan.end, epoch: EPOCH, segmentBytes: 65_536, ...options });
}

function safe(journal: Journal, payload: string): Promise<void> {
  const ticket = journal.append(7, Buffer.from(payload, 'latin1'));
  return new Promise((resolve) => journal.whenFlushed(ticket, resolve));
}

/** Runs that each write some records and end in order; every run has a segment of its own. */
async function write(folder: string, runs: readonly (readonly string[])[]): Promise<void> {
  for (const payloads of runs) {
    const journal = open(folder);
    for (const payload of payloads) await safe(journal, payload);
    await journal.close();
  }
}

describe('a journal cut by a crash', () => {
  it('should come back with every whole record, whatever the byte at which its last segment ends', async () => {
    const made = folders.make();
    const runs = [
      ['one', 'two'],
      ['', 'three', 'a longer fourth', 'five'],
    ] as const;
    await write(made, runs);
    const last = '00000002.journal';
    const whole = readFileSync(join(made, last));
    const ends: number[] = [];
    let end = HEADER_BYTES;
    for (const payload of runs[1]) {
      end += RECORD_FRAME_BYTES + payload.length;
      ends.push(end);
    }
    expect(end).toBe(whole.length);
    const folder = folders.copy(made);
    for (let length = 0; length <= whole.length; length++) {
      // Cut short, and, as a segment is made of zeros first, with zeros where nothing was written.
      for (const bytes of [whole.subarray(0, length), Buffer.concat([whole.subarray(0, length), Buffer.alloc(700)])]) {
        writeFileSync(join(folder, last), bytes);
        const { payloads, scan } = read(folder);
        const kept = ends.filter((at) => at <= length).length;
        expect(payloads).toEqual([...runs[0], ...runs[1].slice(0, kept)]);
        const isBetween = length === 0 || ends.includes(length);
        // A tail of zeros that belong to the record isn't told from one that was never written.
        if (isBetween) expect(scan.tornBytes).toBe(0);
        else if (whole[length - 1] !== 0) expect(scan.tornBytes).toBeGreaterThan(0);
      }
    }
  });

  it('should go on behind what is whole and never show the torn bytes again', async () => {
    const folder = folders.make();
    await write(folder, [['one', 'two']]);
    rewrite(join(folder, '00000001.journal'), (bytes) => bytes.subarray(0, bytes.length - 3));
    expect(read(folder).scan.tornBytes).toBeGreaterThan(0);
    await write(folder, [['three']]);
    expect(read(folder)).toMatchObject({ payloads: ['one', 'three'], scan: { tornBytes: 0, end: { records: 2 } } });
  });

  it('should ignore a segment that was made and never written to', async () => {
    const folder = folders.make();
    await write(folder, [['one']]);
    open(folder, { segmentBytes: 4096 });
    expect(read(folder)).toMatchObject({ payloads: ['one'], scan: { tornBytes: 0 } });
    await write(folder, [['two']]);
    expect(read(folder).payloads).toEqual(['one', 'two']);
  });

  it('should agree with a list, over any sequence of appends, flushes, crashes and orderly ends', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ op: fc.constant('append' as const), size: fc.nat(300) }) },
      { weight: 2, arbitrary: fc.constant({ op: 'flush' as const, size: 0 }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('crash' as const), size: fc.nat(40) }) },
      { weight: 1, arbitrary: fc.constant({ op: 'end' as const, size: 0 }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const folder = folders.make();
        let model: string[] = [];
        let unsafe: Promise<void>[] = [];
        let journal = open(folder, { segmentBytes: 200 });
        for (const [at, { op, size }] of steps.entries()) {
          if (op === 'append') {
            const payload = String.fromCharCode(at + 1).repeat(size);
            model.push(payload);
            unsafe.push(safe(journal, payload));
            continue;
          }
          await Promise.all(unsafe);
          unsafe = [];
          if (op === 'flush') continue;
          const { segment, offset, records } = journal.end;
          await journal.close();
          if (op === 'crash' && offset > 0 && size > 0) {
            const path = join(folder, `${String(segment).padStart(8, '0')}.journal`);
            const lost = Math.min(size, offset - HEADER_BYTES);
            rewrite(path, (bytes) => bytes.subarray(0, offset - lost));
            const kept = read(folder).payloads.length;
            expect(kept).toBeLessThanOrEqual(records);
            expect(read(folder).payloads).toEqual(model.slice(0, kept));
            model = model.slice(0, kept);
          }
          journal = open(folder, { segmentBytes: 200 });
        }
        await journal.close();
        expect(read(folder).payloads).toEqual(model);
      }),
      { numRuns: 15, seed: 7 },
    );
  });
});

describe('a damaged journal', () => {
  it('should be refused for every flipped bit, with file, offset and the way out', async () => {
    const folder = folders.make();
    await write(folder, [['one', 'two'], ['four\0\0\0']]);
    for (const name of segments(folder)) {
      const path = join(folder, name);
      const sound = readFileSync(path);
      for (let bit = 0; bit < sound.length * 8; bit++) {
        const bytes = Buffer.from(sound);
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        writeFileSync(path, bytes);
        expect(refusal(folder), `${name}, bit ${bit}`).toMatch(
          /\.journal: damaged at offset \d+: .*--recover-to \d{8}\.journal:\d+/,
        );
      }
      writeFileSync(path, sound);
    }
    expect(read(folder).payloads).toHaveLength(3);
  });

  it('should be refused, or the flip told as torn, also in the zeros that nothing was written to', async () => {
    const folder = folders.make();
    await write(folder, [['one']]);
    const path = join(folder, '00000001.journal');
    const sound = Buffer.concat([readFileSync(path), Buffer.alloc(64)]);
    const used = sound.length - 64;
    for (let bit = used * 8; bit < sound.length * 8; bit++) {
      const bytes = Buffer.from(sound);
      bytes[bit >> 3] = 1 << (bit & 7);
      writeFileSync(path, bytes);
      let told: boolean;
      try {
        const { payloads, scan } = read(folder);
        expect(payloads).toEqual(['one']);
        told = scan.tornBytes > 0;
      } catch {
        told = true;
      }
      expect(told, `bit ${bit}`).toBe(true);
    }
  });

  it('should be refused when a segment is missing, doubled, exchanged or cut before the next', async () => {
    const made = folders.make();
    await write(made, [['one'], ['two'], ['six']]);
    const [first = '', second = '', third = ''] = segments(made).map((name) =>
      readFileSync(join(made, name), 'latin1'),
    );
    for (const [a, b, c] of [
      [second, first, third],
      [first, first, third],
      [first, third, second],
      [first.slice(0, -1), second, third],
      [first, second.slice(0, HEADER_BYTES), third],
    ] as const) {
      const folder = folders.make();
      for (const [at, text] of [a, b, c].entries()) {
        writeFileSync(join(folder, `0000000${at + 1}.journal`), text, 'latin1');
      }
      expect(() => read(folder)).toThrow(/damaged at offset/);
    }
    const folder = folders.make();
    writeFileSync(join(folder, '00000001.journal'), first, 'latin1');
    writeFileSync(join(folder, '00000003.journal'), third, 'latin1');
    expect(() => read(folder)).toThrow(/00000002\.journal: the segment is missing/);
  });

  it('should start again with --recover-to, and a copy of all that was cut lie aside', async () => {
    const folder = folders.make();
    await write(folder, [['one', 'two', 'three'], ['four']]);
    const path = join(folder, '00000001.journal');
    rewrite(path, (bytes) => {
      const at = bytes.indexOf('two');
      bytes[at] = 0x58;
      return bytes;
    });
    const before = segments(folder).map((name) => readFileSync(join(folder, name)));
    const place = parsePlace(/--recover-to (\S+),/.exec(refusal(folder))?.[1] ?? '');
    if (place === undefined) throw new Error(`no place in: ${refusal(folder)}`);
    expect(() => recoverTo(folder, { ...place, offset: place.offset + 1 })).toThrow(
      /nearest place before it is 00000001/,
    );
    const aside = recoverTo(folder, place);
    expect(segments(aside).map((name) => readFileSync(join(aside, name)))).toEqual(before);
    expect(read(folder).payloads).toEqual(['one']);
    await write(folder, [['five']]);
    expect(read(folder).payloads).toEqual(['one', 'five']);
    expect(readdirSync(folder)).toContain('aside-1');
  });

  it('should be cut as a whole where the first header is wrong', async () => {
    const folder = folders.make();
    await write(folder, [['one']]);
    rewrite(join(folder, '00000001.journal'), (bytes) => bytes.fill(0x41, 0, 8));
    expect(() => read(folder)).toThrow(/--recover-to 00000000\.journal:0/);
    recoverTo(folder, { segment: 0, offset: 0 });
    await write(folder, [['two']]);
    expect(read(folder).payloads).toEqual(['two']);
  });
});

describe('group commit', () => {
  it('should gather all that comes while the disk is busy into one flush, and tell in order', async () => {
    const folder = folders.make();
    let syncs = 0;
    const counting: Disk = {
      ...disk,
      sync: (file, done) => {
        syncs++;
        disk.sync(file, done);
      },
    };
    const journal = open(folder, { disk: counting, segmentBytes: 1 << 16 });
    const told: number[] = [];
    const waits: Promise<void>[] = [];
    for (let at = 0; at < 500; at++) {
      const ticket = journal.append(1, Buffer.from(`record ${at}`));
      waits.push(
        new Promise((resolve) =>
          journal.whenFlushed(ticket, () => {
            told.push(ticket);
            resolve();
          }),
        ),
      );
      if (at === 250) await waits[0];
    }
    await Promise.all(waits);
    expect(syncs).toBe(2);
    expect(told).toEqual(Array.from({ length: 500 }, (_, at) => at + 1));
    await journal.close();
    expect(read(folder).payloads).toHaveLength(500);
  });

  it('should go on in a new segment when one is full', async () => {
    const folder = folders.make();
    const journal = open(folder, { segmentBytes: 1000 });
    for (let at = 0; segments(folder).length < 4; at++) await safe(journal, `record ${at} ${'x'.repeat(100)}`);
    const { records } = journal.end;
    await journal.close();
    expect(read(folder).scan.end.records).toBe(records);
  });

  it.each([
    { call: 'write', code: 'ENOSPC' },
    { call: 'sync', code: 'EIO' },
  ] as const)('should acknowledge nothing any more after a failing $call, and say so', async ({ call, code }) => {
    const folder = folders.make();
    let isFailing = false;
    const fault = (): Error => Object.assign(new Error('planted'), { code });
    const failing: Disk = {
      write: (file, what, done) => {
        if (isFailing && call === 'write') done(fault());
        else disk.write(file, what, done);
      },
      sync: (file, done) => {
        if (isFailing && call === 'sync') done(fault());
        else disk.sync(file, done);
      },
    };
    const failed = deferred<string>();
    const { scan } = read(folder);
    const journal = new Journal({
      folder,
      end: scan.end,
      epoch: EPOCH,
      segmentBytes: 65_536,
      disk: failing,
      onFailure: failed.resolve,
    });
    await safe(journal, 'one');
    isFailing = true;
    const told: string[] = [];
    for (const payload of ['two', 'three']) {
      journal.whenFlushed(journal.append(1, Buffer.from(payload)), () => told.push(payload));
    }
    const reason = await failed.promise;
    isFailing = false;
    journal.whenFlushed(journal.append(1, Buffer.from('four')), () => told.push('four'));
    await journal.close();
    expect(reason).toContain(code);
    expect(journal.health).toEqual({ status: 'failed', reason });
    expect(told).toEqual([]);
    expect(journal.flushed).toBe(1);
    const { payloads } = read(folder);
    expect(payloads[0]).toBe('one');
    expect(payloads).not.toContain('four');
  });
});

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
