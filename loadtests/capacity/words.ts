import { VARIED_UNITS, type Varied } from '../../protocol/schemas/capacity.ts';

/** A load with its unit. */
export function loadWords(vary: Varied, load: number): string {
  return `${Math.round(load).toLocaleString('en-US')} ${VARIED_UNITS[vary]}`;
}

/** Bytes as MB or GB, powers of 2. */
export function bytesWords(bytes: number): string {
  const mb = bytes / 2 ** 20;
  return mb >= 1024 ? `${(mb / 1024).toFixed(1)} GB` : `${mb.toFixed(mb >= 10 ? 0 : 1)} MB`;
}

/** Bytes a second as bits a second, as networks are sold. */
export function bandwidthWords(bytesPerS: number): string {
  const mbit = (bytesPerS * 8) / 1e6;
  return mbit >= 1000 ? `${(mbit / 1000).toFixed(1)} Gbit/s` : `${mbit.toFixed(mbit >= 10 ? 0 : 1)} Mbit/s`;
}
