import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const MOST_BYTES = 12 * 1024;

describe('the client as a page loads it', () => {
  it('should be under 12 KB, minified and gzipped, and need no package', async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('./index.ts', import.meta.url))],
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      packages: 'bundle',
      write: false,
    });
    const [file] = outputFiles;
    expect(gzipSync(file?.contents ?? new Uint8Array(MOST_BYTES)).byteLength).toBeLessThan(MOST_BYTES);
    // Neither Node's modules nor any import is left.
    expect(file?.text).not.toMatch(/\b(?:import|require)\s*\(|\bfrom\s*["']/);
  });
});
