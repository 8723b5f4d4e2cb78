import { readFileSync } from 'node:fs';
import { readDocument } from '../../docs/spec/document.ts';
import { readExample } from '../../docs/spec/example.ts';
import { type Endpoint, endpointAt } from '../../protocol/schemas/endpoints.ts';
import type { JsonObject } from './jsonSchema.ts';

const PROTOCOL = new URL('../../PROTOCOL.md', import.meta.url);
/** What stands in a generated example where PROTOCOL.md describes a token. */
const SHOWN_TOKEN = '<JWT>';

/** The first example of each frame by its name. */
type FrameExamples = ReadonlyMap<unknown, JsonObject>;

/** The examples of an endpoint that PROTOCOL.md shows, for each side. */
export function frameExamples(endpoint: Endpoint): Record<'client' | 'server', FrameExamples> {
  const found = { client: new Map<unknown, JsonObject>(), server: new Map<unknown, JsonObject>() };
  const { blocks } = readDocument(readFileSync(PROTOCOL, 'utf8'));
  for (const block of blocks.filter(({ language }) => language === 'json')) {
    let isHere = false;
    for (const step of readExample(block).steps) {
      if (step.kind === 'connect') isHere = endpointAt(step.path.split('?')[0] ?? '') === endpoint;
      if (isHere && step.kind === 'send') keep(found.client, step.text);
      if (isHere && step.kind === 'expect') keep(found.server, JSON.stringify(step.frame));
    }
  }
  return found;
}

function keep(found: Map<unknown, JsonObject>, text: string): void {
  const frame = readFrame(text);
  if (frame === undefined) return;
  const name = frame['type'] ?? frame['action'];
  if (!found.has(name)) found.set(name, frame);
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
