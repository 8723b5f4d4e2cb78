import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { FeedLap } from '../server/feeds/lapFeed.ts';

const LineSchema = TypeCompiler.Compile(
  Type.Object({
    lap: Type.Object({
      fromUs: Type.Number(),
      toUs: Type.Number(),
      shiftUs: Type.Number(),
      speed: Type.Number({ exclusiveMinimum: 0 }),
      startAtUs: Type.Number(),
      clockUs: Type.Optional(Type.Number()),
    }),
  }),
);

/** The laps that a soak asks for, one line of JSON each: `{"lap":{"fromUs":..,"toUs":..,"shiftUs":..,"speed":..,"startAtUs":..}}`; other lines are left out. */
export async function* lapsFrom(input: Readable): AsyncGenerator<FeedLap> {
  for await (const line of createInterface({ input })) {
    const message = parsed(line);
    if (LineSchema.Check(message)) yield message.lap;
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
