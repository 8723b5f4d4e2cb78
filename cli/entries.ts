import { fileURLToPath } from 'node:url';
import type { Entries } from '../loadtests/gate/run.ts';

/** The project's own programs, compiled or as sources, whichever this one is. */
export function entries(): Entries & { readonly faulty: string; readonly soakHook: string } {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const file = (path: string): string => fileURLToPath(new URL(`../${path}.${extension}`, import.meta.url));
  return {
    cli: file('cli/main'),
    proxy: file('loadtests/proxy/main'),
    swarm: file('loadtests/swarm/main'),
    probe: file('loadtests/probe/main'),
    provider: file('loadtests/feeds/main'),
    faulty: file('loadtests/faulty/main'),
    soakHook: file('loadtests/soak/restHook'),
  };
}
