import type { RunProgress } from '../loadtests/gate/run.ts';

/** What a long command shows while it works: one line that changes on a terminal, a line now and then elsewhere. */
export interface Progress {
  /** A line that stays. */
  readonly say: (line: string) => void;
  /** A passing state. */
  readonly show: (state: string) => void;
  readonly run: (progress: RunProgress) => void;
  readonly done: () => void;
}

/** Without a terminal a passing state is printed at most this often. */
const PLAIN_EVERY_MS = 10_000;

/** Opens the progress on a stream; `write` order is kept with what `say` prints. */
export function openProgress(stream: NodeJS.WriteStream): Progress {
  const live = stream.isTTY === true;
  let shownMs = Number.NEGATIVE_INFINITY;
  let phase = '';
  const clear = (): void => {
    if (live) stream.write('\r\u001b[2K');
  };
  const show = (state: string): void => {
    if (live) {
      clear();
      stream.write(state.slice(0, Math.max(20, (stream.columns ?? 80) - 1)));
      return;
    }
    const nowMs = performance.now();
    if (nowMs - shownMs < PLAIN_EVERY_MS) return;
    shownMs = nowMs;
    stream.write(`${state}\n`);
  };
  return {
    say: (line) => {
      clear();
      stream.write(`${line}\n`);
    },
    show,
    run: (progress) => {
      if (progress.phase !== phase) shownMs = Number.NEGATIVE_INFINITY;
      phase = progress.phase;
      show(progress.secondsLeft > 0 ? `${progress.detail}, ${progress.secondsLeft} s left` : progress.detail);
    },
    done: clear,
  };
}
