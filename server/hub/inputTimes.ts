/** When an input reached the engine and when it was due, µs; `dueTimeUs` 0 for commands and feeds without a schedule. */
export interface InputTimes {
  readonly receivedTimeUs: number;
  readonly dueTimeUs: number;
}
