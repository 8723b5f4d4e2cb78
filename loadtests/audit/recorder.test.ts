import { expect, it } from 'vitest';
import type { GeneratorLine, WindowLine } from '../../protocol/run.ts';
import type { Recorder } from './recorder.ts';
import { START_US, testRecorder } from './testRecorder.ts';

function recorderWithLines(): { recorder: Recorder; lines: GeneratorLine[]; windows: () => WindowLine[] } {
  const { recorder, lines } = testRecorder();
  return { recorder, lines, windows: () => lines.filter((line) => line.kind === 'window') };
}

it('should tell finished seconds alone, each once with its connections', () => {
  const { recorder, windows } = recorderWithLines();
  recorder.recordTick(START_US - 500_000, 10, 5);
  recorder.recordTick(START_US + 500_000, 20, 5);
  recorder.recordTick(START_US + 3_200_000, 30, 5);
  recorder.flush(START_US + 3_500_000, 7);
  expect(windows().map(({ second, connected }) => [second, connected])).toEqual([
    [-1, 7],
    [0, 7],
    [1, 7],
    [2, 7],
  ]);
  recorder.end(START_US + 3_900_000, 7);
  expect(windows().at(-1)).toMatchObject({ second: 3, connected: 7, histograms: { tick: { count: 1, max: 30 } } });
});

it('should tell what comes late to a second in another line of it, without counting connections twice', () => {
  const { recorder, windows } = recorderWithLines();
  recorder.recordTick(START_US + 100, 10, 5);
  recorder.flush(START_US + 1_500_000, 3);
  recorder.recordTick(START_US + 200, 1_400_000, 5);
  recorder.flush(START_US + 2_500_000, 3);
  const first = windows().filter(({ second }) => second === 0);
  expect(first.map(({ connected, histograms }) => [connected, histograms.tick?.max])).toEqual([
    [3, 10],
    [0, 1_400_000],
  ]);
});

it('should count for how many messages violations stand, those that it does not list too', () => {
  const { recorder, lines } = recorderWithLines();
  const lost = { client: 1, stream: 's', expectedSeq: 1, seq: 4, atUs: 1, detail: '' };
  for (const messages of [3, 1, 17]) recorder.violation({ ...lost, violation: 'gap', messages });
  recorder.violation({ ...lost, violation: 'duplicate' });
  recorder.end(START_US, 0);

  expect(lines[0]).toMatchObject({ violation: 'gap', messages: 3 });
  expect(lines.at(-1)).toMatchObject({ violations: { gap: 3, duplicate: 1 }, violationMessages: { gap: 21 } });
});

it('should end with how many lines it told of each kind, and tell nothing after', () => {
  const { recorder, lines } = recorderWithLines();
  const lost = { client: 1, stream: 's', expectedSeq: 1, seq: 4, atUs: 1, detail: '' };
  recorder.violation({ ...lost, violation: 'gap' });
  recorder.countReceived(START_US + 1);
  recorder.flush(START_US + 2_500_000, 1);
  recorder.end(START_US + 2_600_000, 1);
  const told = [...lines];
  recorder.violation({ ...lost, violation: 'unplanned_close' });

  expect(lines).toEqual(told);
  expect(told.at(-1)).toMatchObject({ kind: 'end', lines: { window: 3, violation: 1, order: 0, client: 0 } });
});

it('should list the first violations, count all, and end with the best clock sample', () => {
  const { recorder, lines } = recorderWithLines();
  for (let seq = 0; seq < 5; seq++) {
    recorder.violation({ violation: 'gap', client: 1, stream: 's', expectedSeq: seq, seq, atUs: 1, detail: '' });
  }
  recorder.clockSample({ sentUs: 100, serverUs: 1_000, receivedUs: 300 });
  recorder.clockSample({ sentUs: 100, serverUs: 170, receivedUs: 200 });
  recorder.dueTimeError(12.6);
  recorder.end(START_US, 0);
  expect(lines.filter(({ kind }) => kind === 'violation')).toHaveLength(2);
  expect(lines.at(-1)).toEqual({
    kind: 'end',
    generator: 'swarm',
    violations: { gap: 5 },
    dueTimeErrorUs: 13,
    clockOffsetUs: 20,
    clockErrorUs: 50,
    lines: { window: 0, violation: 2, order: 0, client: 0 },
  });
});
