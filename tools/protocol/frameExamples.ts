import { readFileSync } from 'node:fs';
import { readDocument } from '../../docs/spec/document.ts';
import { readExample } from '../../docs/spec/example.ts';
import type { JsonObject } from './jsonSchema.ts';

const PROTOCOL = new URL('../../PROTOCOL.md', import.meta.url);
/** What stands in a generated example where PROTOCOL.md describes a token. */
const SHOWN_TOKEN = '<JWT>';

/** For each side of an endpoint the first example of each frame that PROTOCOL.md shows, by the frame's name. */
export type FrameExamples = ReadonlyMap<string, JsonObject>;

/** Reads the examples of one endpoint. @param name reads a frame's name out of it */
export function frameExamples(
  address: string,
  name: (frame: JsonObject) => unknown,
): Record<'client' | 'server', FrameExamples> {
  const found = { client: new Map<string, JsonObject>(), server: new Map<string, JsonObject>() };
  const { blocks } = readDocument(readFileSync(PROTOCOL, 'utf8'));
  for (const block of blocks.filter(({ language }) => language === 'json')) {
    let path = '';
    for (const step of readExample(block).steps) {
      if (step.kind === 'connect') path = step.path;
      if (!isAt(path, address)) continue;
      if (step.kind === 'send') keep(found.client, step.text, name);
      if (step.kind === 'expect') keep(found.server, JSON.stringify(step.frame), name);
    }
  }
  return found;
}

function isAt(path: string, address: string): boolean {
  const pattern = address.replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(path.split('?')[0] ?? '');
}

function keep(found: Map<string, JsonObject>, text: string, name: (frame: JsonObject) => unknown): void {
  const frame = readFrame(text);
  const key = frame === undefined ? undefined : name(frame);
  if (frame !== undefined && typeof key === 'string' && !found.has(key)) found.set(key, frame);
}

/** A frame as it is shown; undefined for a text that shows a fault. */
function readFrame(text: string): JsonObject | undefined {
  try {
    const frame = JSON.parse(text.replaceAll(/<JWT of [^>]*>/g, SHOWN_TOKEN));
    return typeof frame === 'object' && frame !== null && !Array.isArray(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}
