/** What an event or a snapshot says of its stream. `gap` and `hole_after_resume` open a gap, which may still be filled: see {@link StreamAudit.takeGaps}. */
export type AuditResult = 'ok' | 'gap' | 'duplicate' | 'reorder' | 'hole_after_resume' | 'repeat_after_resume';

/**
 * Numbers of a stream that haven't come, from `fromSeq` to `toSeq`, noticed when `nextSeq` came in their place. As
 * `heartbeat_head` they are those that a head had announced, beside the one that {@link StreamAudit.onHead} told.
 */
export interface OpenGap {
  readonly kind: 'gap' | 'hole_after_resume' | 'heartbeat_head';
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly nextSeq: number;
  /** When it was noticed, µs; by a heartbeat, if one did. */
  readonly atUs: number;
}

/** How many messages a gap stands for. */
export function missingIn({ fromSeq, toSeq }: OpenGap): number {
  return toSeq - fromSeq + 1;
}

/** One event as the audit sees it. */
export interface AuditedEvent {
  readonly seq: number;
  /** First number that the event covers; equal to `seq` for one that isn't conflated. */
  readonly seqFrom: number;
  /** False when the event was due before this subscription was confirmed: after a resume such events are the history. */
  readonly live: boolean;
  readonly atUs: number;
}

/** Heartbeats in a row that must show the same lead of the head before a stream's tail counts as lost. */
const HEARTBEATS_BEFORE_LOST = 3;
/** Gaps that one stream keeps open; beyond it the oldest can't be taken back any more. */
const MAX_OPEN_GAPS = 64;
const NO_GAPS: readonly OpenGap[] = [];

/**
 * Audits one stream by its sequence numbers: gaps, repeats, order, continuity after a resume, and tails that a heartbeat
 * announces and nobody sends. Each fault is found once, and as what it is: a swap of two neighbours is one `reorder`,
 * not a gap and a duplicate.
 */
export class StreamAudit {
  /** True for class A: a snapshot in place of a resume is a loss, unless it stands where the stream stood. */
  readonly #lossless: boolean;
  #expected = -1;
  #firstSeq = -1;
  #events = 0;
  #conflated = 0;
  /** The next event is the first since a resume. */
  #resuming = false;
  #wasResumed = false;
  /** A snapshot may set a new base once: at the first subscription, and after `recovered: false`. */
  #awaitsSnapshot = true;
  #epochChanged = false;
  #gaps: readonly OpenGap[] = NO_GAPS;
  #announcedHead = -1;
  #seqAtAnnouncement = -1;
  #heartbeatsBehind = 0;
  #lostHead = -1;
  #lostAtUs = -1;
  /** The last number that a head was told for: each stands for one, the rest for a gap when something comes after them. */
  #toldSeq = -1;

  constructor(options: { readonly lossless: boolean }) {
    this.#lossless = options.lossless;
  }

  /** The number that must come next; -1 before the stream's base is known. */
  get expectedSeq(): number {
    return this.#expected;
  }
  /** The last number seen, or the snapshot's; -1 before the stream's base is known. */
  get lastSeq(): number {
    return this.#expected < 0 ? -1 : this.#expected - 1;
  }
  /** Head of the stream when it was first subscribed: the first event due to this client has the number after it. -1 when nothing came. */
  get firstSeq(): number {
    return this.#firstSeq;
  }
  /** Events seen, conflated ones by what they cover, repeats left out. */
  get events(): number {
    return this.#events;
  }
  /** Of {@link events}, those that came only as part of another. */
  get conflated(): number {
    return this.#conflated;
  }
  get openGaps(): number {
    return this.#gaps.length;
  }

  /** Takes an event. Numbers must be whole and `seqFrom <= seq`: the caller has checked the frame. */
  onEvent(event: AuditedEvent): AuditResult {
    const { seq, seqFrom } = event;
    if (seqFrom === this.#expected) {
      this.#resuming = false;
      this.#events += seq - seqFrom + 1;
      this.#conflated += seq - seqFrom;
      this.#expected = seq + 1;
      return 'ok';
    }
    const resumed = this.#resuming || (this.#wasResumed && !event.live);
    this.#resuming = false;
    if (this.#expected < 0) {
      this.#expected = seqFrom;
      this.#firstSeq = seqFrom - 1;
    }
    if (seq < this.#expected) return this.#takeOld(seqFrom, seq, resumed);
    const from = Math.max(seqFrom, this.#expected);
    const result =
      seqFrom < this.#expected ? (resumed ? 'repeat_after_resume' : 'duplicate') : this.#missedBefore(event, resumed);
    this.#count(from, seq);
    this.#expected = seq + 1;
    return result;
  }

  /** Tells that the stream was subscribed anew with a cursor; `recovered` false means that a snapshot takes the history's place. */
  onResumed(resume: { readonly recovered: boolean; readonly epochChanged: boolean }): void {
    this.#wasResumed = true;
    this.#resuming = resume.recovered;
    this.#awaitsSnapshot = !resume.recovered;
    this.#epochChanged = resume.epochChanged;
    this.#heartbeatsBehind = 0;
  }

  /**
   * Takes a snapshot that stands at `seq`. One that wasn't due and jumps ahead is a gap: it can't hide a loss. One that
   * takes a history's place and lies behind where the stream stood makes numbers repeat.
   */
  onSnapshot(seq: number, atUs: number): AuditResult {
    if (this.#expected < 0) {
      this.#expected = seq + 1;
      this.#firstSeq = seq;
      this.#awaitsSnapshot = false;
      return 'ok';
    }
    const last = this.#expected - 1;
    const rebases = this.#awaitsSnapshot && this.#wasResumed;
    this.#awaitsSnapshot = false;
    if (rebases && !this.#lossless && (seq >= last || this.#epochChanged)) {
      this.#expected = seq + 1;
      return 'ok';
    }
    if (rebases && (seq < last || (seq === last && this.#epochChanged))) {
      this.#expected = seq + 1;
      return 'repeat_after_resume';
    }
    if (seq <= last) return 'ok';
    const resumed = rebases || this.#resuming;
    this.#resuming = false;
    const result = this.#missedBefore({ seq, seqFrom: seq + 1, live: true, atUs }, resumed);
    this.#expected = seq + 1;
    return result;
  }

  /** Sets the base of a stream that stands at `seq` without having said so: nothing of it was heard. */
  onSettled(seq: number): void {
    if (this.#expected < 0) this.#expected = seq + 1;
  }

  /**
   * Takes the head that a heartbeat announces. True, once, when the stream has stood still below an announced head for
   * longer than two heartbeats: the number that was next is lost, and isn't reported as a gap later. Of the others that were
   * announced then, those are that haven't come when the stream goes on.
   */
  onHead(head: number, atUs: number): boolean {
    const last = this.lastSeq;
    if (head <= Math.max(0, last)) {
      this.#heartbeatsBehind = 0;
      return false;
    }
    if (this.#heartbeatsBehind === 0 || last !== this.#seqAtAnnouncement) {
      this.#heartbeatsBehind = 1;
      this.#seqAtAnnouncement = last;
      this.#announcedHead = head;
      return false;
    }
    this.#heartbeatsBehind += 1;
    if (this.#heartbeatsBehind !== HEARTBEATS_BEFORE_LOST || this.#announcedHead <= this.#lostHead) return false;
    this.#lostHead = this.#announcedHead;
    this.#lostAtUs = atUs;
    this.#toldSeq = Math.max(this.#toldSeq, last, 0) + 1;
    return true;
  }

  /** Takes out the gaps that were noticed at or before `untilUs`: nothing has filled them, they are final. */
  takeGaps(untilUs: number): readonly OpenGap[] {
    if (this.#gaps.length === 0) return NO_GAPS;
    const final = this.#gaps.filter((gap) => gap.atUs <= untilUs);
    if (final.length > 0) this.#gaps = this.#gaps.filter((gap) => gap.atUs > untilUs);
    return final;
  }

  /** The oldest open gap, taken out, when there are more than may stay open. */
  takeSurplusGap(): OpenGap | undefined {
    if (this.#gaps.length <= MAX_OPEN_GAPS) return undefined;
    const [oldest, ...rest] = this.#gaps;
    this.#gaps = rest;
    return oldest;
  }

  #missedBefore(event: AuditedEvent, resumed: boolean): AuditResult {
    const { seq: nextSeq, atUs } = event;
    const toSeq = event.seqFrom - 1;
    // What a heartbeat's head has already proved lost is not lost a second time.
    const told = { fromSeq: Math.max(this.#expected, this.#toldSeq + 1), toSeq: Math.min(toSeq, this.#lostHead) };
    this.#open({ kind: 'heartbeat_head', ...told, nextSeq, atUs: this.#lostAtUs });
    const kind = resumed ? 'hole_after_resume' : 'gap';
    const fromSeq = Math.max(this.#expected, this.#lostHead + 1);
    return this.#open({ kind, fromSeq, toSeq, nextSeq, atUs }) ? kind : 'ok';
  }

  /** False when nothing is missing. */
  #open(gap: OpenGap): boolean {
    if (gap.fromSeq > gap.toSeq) return false;
    this.#gaps = [...this.#gaps, gap];
    return true;
  }

  /** An event below the expected number: the missing piece of a gap, or a repeat. */
  #takeOld(seqFrom: number, seq: number, resumed: boolean): AuditResult {
    const hit = this.#gaps.some((gap) => gap.fromSeq <= seq && gap.toSeq >= seqFrom);
    if (!hit) return resumed ? 'repeat_after_resume' : 'duplicate';
    const left: OpenGap[] = [];
    for (const gap of this.#gaps) {
      if (gap.fromSeq > seq || gap.toSeq < seqFrom) {
        left.push(gap);
        continue;
      }
      this.#count(Math.max(gap.fromSeq, seqFrom), Math.min(gap.toSeq, seq));
      if (gap.fromSeq < seqFrom) left.push({ ...gap, toSeq: seqFrom - 1 });
      if (gap.toSeq > seq) left.push({ ...gap, fromSeq: seq + 1 });
    }
    this.#gaps = left;
    return 'reorder';
  }

  #count(fromSeq: number, toSeq: number): void {
    this.#events += toSeq - fromSeq + 1;
    this.#conflated += toSeq - fromSeq;
  }
}
