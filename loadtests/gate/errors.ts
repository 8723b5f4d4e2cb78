/** A server, a proxy or a generator that didn't start or answer: one line. */
export class GateError extends Error {
  override readonly name = 'GateError';
}
