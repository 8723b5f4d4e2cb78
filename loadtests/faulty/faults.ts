import { bothLegs, earlyTriggers, lateCancels, lateTriggers, noAnswers } from './orders.ts';
import { double, drop, halfSilent, resumeHole, resumeRepeat, swap, withoutPatterns } from './sequence.ts';
import {
  delay,
  jitter,
  latePatterns,
  lateSubscriptions,
  noHeartbeats,
  servedLast,
  slip,
  slowCadence,
  stall,
} from './timing.ts';
import { type Fault, pass } from './types.ts';

/**
 * The ways in which a back end can misbehave, planted on purpose to prove the instrument. Each is a filter over the
 * frames that a sound server sends to one connection: pure, with the time as an argument, so that it runs on real
 * sockets and on a virtual clock alike.
 */
const DELAY_US = 140_000;
const DIES_AFTER_US = 12_000_000;
const LEAK_BYTES_PER_S = 160 * 1024 * 1024;

const latency = (statistic: number | 'mean') =>
  ({ kind: 'latency', metric: 'tick', statistic, planted: 'ticker' }) as const;

const meanLatency = latency('mean');

/** How the loss of a message may show, apart from a resume. */
const LOST = ['gap', 'heartbeat_head', 'missing_tail', 'missing_bar', 'missing_pattern'] as const;

/** Every fault by its name; `none` is a sound back end behind the same front. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  none: { description: 'a sound server', verdict: 'pass', rows: [], truths: [], filter: pass },
  delay: {
    description: 'delays each message by 140 ms',
    verdict: 'fail',
    rows: ['tick'],
    truths: [latency(50), meanLatency],
    filter: delay(DELAY_US),
  },
  jitter: {
    description: 'delays messages by 0 to 240 ms, changing four times a second',
    verdict: 'fail',
    rows: ['tick'],
    truths: [meanLatency],
    filter: jitter,
  },
  stall: {
    description: 'stalls for 300 ms every 5 s',
    verdict: 'fail',
    rows: ['tick'],
    truths: [latency(99.9)],
    filter: stall,
  },
  slip: {
    description: 'lets its schedule slip while each message looks fresh',
    verdict: 'fail',
    rows: ['tick'],
    truths: [meanLatency],
    filter: slip,
  },
  drop: {
    description: 'drops 1 message in 1000',
    verdict: 'fail',
    rows: ['loss'],
    truths: [{ kind: 'violations', of: [...LOST, 'hole_after_resume'], planted: 'drop' }],
    filter: drop,
  },
  double: {
    description: 'doubles 1 message in 1000',
    verdict: 'fail',
    rows: ['loss'],
    truths: [{ kind: 'violations', of: ['duplicate', 'repeat_after_resume'], planted: 'double' }],
    filter: double,
  },
  reorder: {
    description: 'reorders 1 message in 1000',
    verdict: 'fail',
    rows: ['loss'],
    truths: [{ kind: 'violations', of: ['reorder', 'duplicate', 'repeat_after_resume'], planted: 'swap' }],
    filter: swap,
  },
  'half-silent': {
    description: 'falls silent for half of the symbols after 5 s',
    verdict: 'fail',
    rows: ['loss'],
    truths: [{ kind: 'violations', of: ['missing_tail'], planted: 'silent' }],
    filter: halfSilent,
  },
  'late-trigger': {
    description: 'triggers one tick late',
    verdict: 'fail',
    rows: ['trigger'],
    truths: [{ kind: 'triggers', of: ['late', 'early'], planted: 'late' }],
    filter: lateTriggers,
  },
  'early-trigger': {
    description: 'triggers one tick early',
    verdict: 'fail',
    rows: ['trigger'],
    truths: [{ kind: 'triggers', of: ['early', 'late'], planted: 'early' }],
    filter: earlyTriggers,
  },
  'both-legs': {
    description: 'triggers both legs of an OCO list',
    verdict: 'fail',
    rows: ['trigger'],
    truths: [{ kind: 'triggers', of: ['both_legs'], planted: 'leg' }],
    filter: bothLegs,
  },
  'late-cancel': {
    description: 'cancels the other leg of an OCO list one tick late',
    verdict: 'fail',
    rows: ['trigger'],
    truths: [{ kind: 'triggers', of: ['wrong_cancel'], planted: 'cancel' }],
    filter: lateCancels,
  },
  'late-subscription': {
    description: 'answers a new subscription to tickers after 6 s, with what was due meanwhile in the snapshot',
    verdict: 'fail',
    rows: ['errors'],
    truths: [{ kind: 'violations', of: ['no_answer'], planted: 'subscription' }],
    filter: lateSubscriptions,
  },
  'late-answers': {
    description: "answers orders only after the test's end",
    verdict: 'fail',
    rows: ['trigger', 'errors'],
    truths: [{ kind: 'unanswered', planted: 'answer' }],
    filter: noAnswers,
  },
  'resume-hole': {
    description: 'resumes with a hole',
    verdict: 'fail',
    rows: ['resume'],
    truths: [{ kind: 'violations', of: ['hole_after_resume', ...LOST], planted: 'hole' }],
    filter: resumeHole,
  },
  'resume-repeat': {
    description: 'resumes with repeats',
    verdict: 'fail',
    rows: ['resume'],
    truths: [{ kind: 'violations', of: ['repeat_after_resume', 'duplicate'], planted: 'repeat' }],
    filter: resumeRepeat,
  },
  'late-pattern': {
    description: 'tells each pattern 1.5 s late',
    verdict: 'fail',
    rows: ['pattern'],
    truths: [{ kind: 'latency', metric: 'pattern', statistic: 50, planted: 'pattern' }],
    filter: latePatterns,
  },
  'no-pattern': {
    description: 'tells no pattern',
    verdict: 'fail',
    rows: ['loss', 'pattern'],
    truths: [],
    filter: withoutPatterns,
  },
  'slow-cadence': {
    description: 'tells positions every 1.3 s',
    verdict: 'fail',
    rows: ['cadence'],
    truths: [{ kind: 'interval', metric: 'cadence', periodUs: 1_000_000, planted: 'position.value' }],
    filter: slowCadence,
  },
  'no-heartbeat': {
    description: 'sends no heartbeat for 6 s',
    verdict: 'fail',
    rows: ['heartbeat'],
    truths: [{ kind: 'interval', metric: 'heartbeat', periodUs: 0, planted: 'heartbeat' }],
    filter: noHeartbeats,
  },
  'served-last': {
    description: 'serves one client in 20 60 ms after the others',
    verdict: 'fail',
    rows: ['fairness'],
    truths: [{ kind: 'served last', planted: 'last' }],
    filter: servedLast,
  },
  leak: {
    description: 'keeps 160 MB more each second',
    verdict: 'fail',
    rows: ['memory'],
    truths: [{ kind: 'memory', bytesPerS: LEAK_BYTES_PER_S }],
    filter: pass,
    leakBytesPerS: LEAK_BYTES_PER_S,
  },
  death: {
    description: 'dies after 12 s',
    verdict: 'fail',
    rows: [],
    why: 'ended in mid-run',
    truths: [{ kind: 'death', afterUs: DIES_AFTER_US }],
    filter: pass,
    diesAfterUs: DIES_AFTER_US,
  },
  mute: {
    description: 'accepts connections and never answers',
    verdict: 'fail',
    rows: ['connect'],
    truths: [],
    filter: () => ({ onFrame: () => [] }),
  },
};
