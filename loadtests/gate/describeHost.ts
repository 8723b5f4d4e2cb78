import { arch, cpus, platform, release, totalmem } from 'node:os';
import type { Host } from '../../protocol/schemas/summary.ts';

/** Tells what this machine is, as reports keep it. */
export function describeHost(): Host {
  return {
    node: process.version,
    platform: `${platform()} ${release()} ${arch()}`,
    cpus: cpus().length,
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
  };
}
