/** Sockets of one VU: few enough that one event loop keeps up, many enough that VUs (1 to 5 MB each) stay few. */
const CLIENTS_PER_VU = 25;

/**
 * VUs for so many clients. With `segments` (k6's `--execution-segment`, instances that share a test) their number is a
 * multiple of it: k6 deals VUs to instances like cards, as we deal clients to VUs, so that instance i of n then has every
 * n-th client, as segment i/n of the swarm has.
 */
export function vusFor(clients: number, segments = 1): number {
  const enough = Math.max(1, Math.ceil(clients / CLIENTS_PER_VU));
  return Math.ceil(enough / segments) * segments;
}

/** Instances that share the test, as the environment variable `TAPEDECK_SEGMENTS` says; 1 without it. @throws Error in one line when it is no count */
export function segmentsOf(env: Readonly<Record<string, string | undefined>>): number {
  const text = env['TAPEDECK_SEGMENTS'] ?? '1';
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new Error(`TAPEDECK_SEGMENTS is '${text}': give the number of k6 instances that share the test, like 4`);
}
