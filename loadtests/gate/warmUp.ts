import type { RunEvidence } from '../judge/evidence.ts';
import type { GeneratorData, Windows } from '../judge/merge.ts';

/**
 * A run's evidence without the latencies of its first seconds, in which a server that has just started is slower than it
 * will be. Connecting lies before the tape and stays, and so do promises that aren't of time: what was lost is lost.
 */
export function withoutWarmUp(evidence: RunEvidence, discardS: number): RunEvidence {
  if (discardS <= 0) return evidence;
  const kept = (windows: Windows): Windows =>
    new Map([...windows].filter(([second]) => second < 0 || second >= discardS));
  const generators = evidence.generators.map(
    (data): GeneratorData => ({
      ...data,
      metrics: new Map([...data.metrics].map(([metric, windows]) => [metric, kept(windows)])),
      clients: data.clients.map((client) => ({
        ...client,
        tickBySecond: client.tickBySecond.filter(([second]) => second < 0 || second >= discardS),
      })),
    }),
  );
  const { inside } = evidence;
  if (inside === undefined) return { ...evidence, generators };
  return {
    ...evidence,
    generators,
    inside: { ...inside, process: kept(inside.process), publish: kept(inside.publish) },
  };
}
