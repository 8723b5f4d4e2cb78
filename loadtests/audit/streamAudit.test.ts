import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type AuditResult, missingIn, type OpenGap, StreamAudit } from './streamAudit.ts';

interface Frame {
  readonly seq: number;
  readonly seqFrom: number;
}

/** Plays frames into a fresh audit that stands at `head`; what it found, with the gaps that stayed open. */
function auditAll(
  head: number,
  frames: readonly Frame[],
): { found: (AuditResult | OpenGap['kind'])[]; audit: StreamAudit } {
  const audit = new StreamAudit({ lossless: false });
  audit.onSnapshot(head, 0);
  const found = frames.map((frame) => audit.onEvent({ ...frame, live: true, atUs: 1 }));
  const faults = found.filter((result) => result !== 'ok' && result !== 'gap' && result !== 'hole_after_resume');
  return { found: [...faults, ...audit.takeGaps(1).map(({ kind }) => kind)], audit };
}

/** A clean stream: numbers without a break from `head + 1` on, some frames standing for several. */
const cleanStream = fc
  .record({
    head: fc.nat(1_000_000),
    covers: fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 9 })), {
      minLength: 3,
      maxLength: 60,
    }),
  })
  .map(({ head, covers }) => {
    let seq = head;
    const frames = covers.map((count): Frame => {
      const seqFrom = seq + 1;
      seq += count;
      return { seq, seqFrom };
    });
    return { head, frames };
  });
/** A clean stream and a place in it that isn't its last. */
const streamAndPlace = cleanStream.chain(({ head, frames }) =>
  fc.record({ head: fc.constant(head), frames: fc.constant(frames), place: fc.nat(frames.length - 2) }),
);

describe('StreamAudit, by law', () => {
  test.prop([cleanStream])('should find nothing in a clean stream and count what it covers', ({ head, frames }) => {
    const { found, audit } = auditAll(head, frames);
    const last = frames.at(-1)?.seq ?? 0;
    expect(found).toEqual([]);
    expect(audit.lastSeq).toBe(last);
    expect(audit.events).toBe(last - head);
    expect(audit.conflated).toBe(last - head - frames.length);
  });

  test.prop([streamAndPlace])('should report one lost frame as one gap', ({ head, frames, place }) => {
    expect(auditAll(head, frames.toSpliced(place, 1)).found).toEqual(['gap']);
  });

  test.prop([streamAndPlace])('should report one doubled frame as one duplicate', ({ head, frames, place }) => {
    const doubled = frames.toSpliced(place, 0, frames[place] as Frame);
    const { found, audit } = auditAll(head, doubled);
    expect(found).toEqual(['duplicate']);
    expect(audit.events).toBe((frames.at(-1)?.seq ?? 0) - head);
  });

  test.prop([streamAndPlace])('should report a swap of neighbours as one reorder', ({ head, frames, place }) => {
    const swapped = frames.toSpliced(place, 2, frames[place + 1] as Frame, frames[place] as Frame);
    const { found, audit } = auditAll(head, swapped);
    expect(found).toEqual(['reorder']);
    expect(audit.events).toBe((frames.at(-1)?.seq ?? 0) - head);
  });

  test.prop([streamAndPlace, fc.boolean()])(
    'should find any cut resumed whole to be clean',
    ({ head, frames, place }, live) => {
      const audit = new StreamAudit({ lossless: true });
      audit.onSnapshot(head, 0);
      const results = frames.map((frame, at) => {
        if (at === place) audit.onResumed({ recovered: true, epochChanged: false });
        return audit.onEvent({ ...frame, live: live || at > place + 1, atUs: 1 });
      });
      expect(new Set(results)).toEqual(new Set(['ok']));
    },
  );

  test.prop([streamAndPlace])('should tell a hole after a resume from a gap', ({ head, frames, place }) => {
    const audit = new StreamAudit({ lossless: true });
    audit.onSnapshot(head, 0);
    for (const frame of frames.slice(0, place)) audit.onEvent({ ...frame, live: true, atUs: 1 });
    audit.onResumed({ recovered: true, epochChanged: false });
    for (const frame of frames.slice(place + 1)) audit.onEvent({ ...frame, live: true, atUs: 1 });
    expect(audit.takeGaps(1).map(({ kind }) => kind)).toEqual(['hole_after_resume']);
  });
});

describe('StreamAudit', () => {
  const one = (seq: number, live = true) => ({ seq, seqFrom: seq, live, atUs: seq });

  it('should take its base from the first event where no snapshot came', () => {
    const audit = new StreamAudit({ lossless: false });
    expect(audit.onEvent(one(41))).toBe('ok');
    expect(audit.onEvent(one(42))).toBe('ok');
    expect(audit).toMatchObject({ firstSeq: 40, lastSeq: 42, events: 2 });
  });

  it('should keep what is left of a gap that is filled in part', () => {
    const audit = new StreamAudit({ lossless: false });
    audit.onSnapshot(0, 0);
    expect(audit.onEvent(one(9))).toBe('gap');
    expect(audit.onEvent(one(5))).toBe('reorder');
    expect(audit.takeGaps(9).map(({ fromSeq, toSeq }) => [fromSeq, toSeq])).toEqual([
      [1, 4],
      [6, 8],
    ]);
  });

  it('should not let a snapshot out of turn hide a loss', () => {
    const audit = new StreamAudit({ lossless: false });
    audit.onSnapshot(10, 0);
    expect(audit.onSnapshot(10, 0)).toBe('ok');
    expect(audit.onSnapshot(12, 0)).toBe('gap');
    expect(audit.takeGaps(0)).toMatchObject([{ fromSeq: 11, toSeq: 12 }]);
  });

  it('should let a snapshot take the place of a history for class B alone', () => {
    for (const lossless of [false, true]) {
      const audit = new StreamAudit({ lossless });
      audit.onSnapshot(10, 0);
      audit.onResumed({ recovered: false, epochChanged: false });
      expect(audit.onSnapshot(15, 0)).toBe(lossless ? 'hole_after_resume' : 'ok');
      expect(audit.onEvent(one(16))).toBe('ok');
    }
  });

  it('should take a snapshot that stands where the stream stood as no loss', () => {
    const audit = new StreamAudit({ lossless: true });
    audit.onSnapshot(10, 0);
    audit.onResumed({ recovered: false, epochChanged: false });
    expect(audit.onSnapshot(10, 0)).toBe('ok');
  });

  it('should report a history that begins too early, and one that comes after the first live event', () => {
    const audit = new StreamAudit({ lossless: true });
    audit.onSnapshot(10, 0);
    audit.onResumed({ recovered: true, epochChanged: false });
    expect(audit.onEvent(one(10, false))).toBe('repeat_after_resume');
    expect(audit.onEvent(one(11, false))).toBe('ok');
    expect(audit.onEvent(one(12))).toBe('ok');
    expect(audit.onEvent(one(11, false))).toBe('repeat_after_resume');
    expect(audit.onEvent(one(12))).toBe('duplicate');
  });

  it('should report a lost tail at the third heartbeat that shows it, and not again as a gap', () => {
    const audit = new StreamAudit({ lossless: false });
    audit.onSnapshot(0, 0);
    audit.onEvent(one(1));
    expect([2, 3, 4, 5].map((atUs) => audit.onHead(2, atUs))).toEqual([false, false, true, false]);
    expect(audit.onEvent(one(3))).toBe('ok');
    expect(audit.openGaps).toBe(0);
  });

  it('should tell of several announced messages the others once the stream goes on without them', () => {
    const audit = new StreamAudit({ lossless: false });
    audit.onSnapshot(0, 0);
    expect([2, 3, 4].map((atUs) => audit.onHead(200, atUs))).toEqual([false, false, true]);
    for (const seq of [1, 2, 3]) expect(audit.onEvent(one(seq))).toBe('ok');
    expect(audit.onEvent(one(251))).toBe('gap');

    const gaps = audit.takeGaps(251);
    expect(gaps).toMatchObject([
      { kind: 'heartbeat_head', fromSeq: 4, toSeq: 200, atUs: 4 },
      { kind: 'gap', fromSeq: 201, toSeq: 250, atUs: 251 },
    ]);
    expect(gaps.map(missingIn)).toEqual([197, 50]);
  });

  it('should count an announced message once, whether a heartbeat or what came after it told of it', () => {
    const audit = new StreamAudit({ lossless: false });
    audit.onSnapshot(0, 0);
    for (const atUs of [2, 3, 4]) audit.onHead(10, atUs);
    expect(audit.onEvent(one(11))).toBe('ok');

    expect(audit.takeGaps(11).map(missingIn)).toEqual([9]);
  });

  it('should have heard nothing of a stream that stands where it must without having said so', () => {
    const audit = new StreamAudit({ lossless: false });
    audit.onSettled(7);
    expect(audit).toMatchObject({ firstSeq: -1, lastSeq: 7, events: 0 });

    audit.onSettled(9);
    expect(audit.lastSeq).toBe(7);
  });

  it('should wait for a stream that is behind its head but moves', () => {
    const audit = new StreamAudit({ lossless: false });
    audit.onSnapshot(0, 0);
    const lost = [1, 2, 3, 4, 5].map((seq) => {
      audit.onEvent(one(seq));
      return audit.onHead(seq + 3, seq);
    });
    expect(lost).not.toContain(true);
  });
});
