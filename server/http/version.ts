import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const ManifestSchema = Type.Object({ name: Type.Literal('tapedeck'), version: Type.String() });

/** This build's version, from the package's manifest; the same from source and from `dist/`. */
export const VERSION: string = readVersion(dirname(fileURLToPath(import.meta.url)));

function readVersion(folder: string): string {
  const manifest = readManifest(join(folder, 'package.json'));
  if (Value.Check(ManifestSchema, manifest)) return manifest.version;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('no package.json of tapedeck above its own source');
  return readVersion(parent);
}

function readManifest(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
