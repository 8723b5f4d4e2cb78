import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Tick, TickKind } from '../../market/types.ts';
import { openTape, verifyTape } from './reader.ts';
import { aTrade, drain, inFolder } from './testTicks.ts';

/** A file as this program wrote it when version 1 was made; never to be made anew. */
const FILE = `
  VEFQRURFQ0sBAAAABAAAAKIDAAAAAAAABgEAAAAAAAADAAAAJAIAAH4BAAAAAAAA/+JNjpi+kX8hO1wmMnVgpucdtNlAng5TBAAAAAQAAAAEAA
  AACAAAAAIAAAAFAAAABAAAAAAAAADoAwAAAAAAAAAKCgoAAwECoJwBnJwBBQoIDAMHB84BkQORAwQAAAAEAAAABAAAAAgAAAADAAAABQAAAAYA
  AAAEAAAAEAQAAAAAAAAACgoKAQMAA5acAZScARYDFBggBwfUAQeRA5EDkQMAAAEAAQAAAAEAAAABAAAAAwAAAAEAAAABAAAAAgAAAAAAAAA4BA
  AAAAAAAAABjpwBJAeRA0gAAAAAAAAA6AMAAAAAAAAGBAAAAAAAAEMAAAAEAAAAuyN32gtzRHCLAAAAAAAAABAEAAAAAAAALgQAAAAAAABKAAAA
  BAAAAHZGQ0fgEP7A1QAAAAAAAAA4BAAAAAAAADgEAAAAAAAAMQAAAAEAAABDK6yco75AmXsidmVyc2lvbiI6MSwibmFtZSI6InRlc3QiLCJzZW
  VkIjo3LCJvcmlnaW4iOnsia2luZCI6InJlY29yZGVkIiwiZGVzY3JpcHRpb24iOiJtYWRlIGJ5IGEgdGVzdCIsInNvdXJjZXMiOltdfSwiaW5z
  dHJ1bWVudHMiOlt7InN5bWJvbCI6IlMwIiwiaW5kZXgiOjAsInByaWNlRGVjaW1hbHMiOjIsInF1YW50aXR5RGVjaW1hbHMiOjAsInByZXZpb3
  VzQ2xvc2UiOjEwMDAwfSx7InN5bWJvbCI6IlMxIiwiaW5kZXgiOjEsInByaWNlRGVjaW1hbHMiOjIsInF1YW50aXR5RGVjaW1hbHMiOjAsInBy
  ZXZpb3VzQ2xvc2UiOjEwMDAwfV0sInNlc3Npb25EYXRlIjoiMjAyMC0wMy0xNiIsInNlc3Npb25PcGVuVXMiOjAsInNlc3Npb25DbG9zZVVzIj
  oxMDAwMDAwLCJmaXJzdEV2ZW50VXMiOjEwMDAsImxhc3RFdmVudFVzIjoxMDgwLCJldmVudHMiOjksInRyYWRlcyI6MywicXVvdGVzIjo2LCJz
  aGEyNTYiOiJhMjUzOGEyOWYwMDdhZDVkZGNlZDEyNmI5NTI4MmNkMTA5YWE5OGY1ZmI4YTI0Yzk5ODkyYzI0MmQ1NmNmYTBjIiwiZXZlbnRIYX
  NoIjoiMzE3ODRhMTdhMmM4NmNmMSJ9
`;

/** What is on it: symbols in turn, a quote for two of three events, one flag. */
const TICKS: readonly Tick[] = Array.from({ length: 9 }, (_, at) => {
  const common = { symbol: at % 2, eventTimeUs: 1_000 + at * 10 };
  if (at % 3 === 0) return aTrade({ ...common, price: 10_000 + at, size: 100 + at, flags: at === 6 ? 1 : 0 });
  const sizes = { bidSize: 300, askSize: 20_000 };
  return aTrade({ ...common, kind: TickKind.QUOTE, bid: 9_999 - at, ask: 10_001 + at, ...sizes });
});

it('should read a file of version 1 for ever', () =>
  inFolder((folder) => {
    const path = join(folder, 'version-1.tape');
    writeFileSync(path, Buffer.from(FILE, 'base64'));
    const tape = openTape(path);

    expect(drain(tape.cursor())).toEqual(TICKS);
    expect(drain(tape.cursor(1_050))).toEqual(TICKS.slice(5));
    expect(verifyTape(path)).toMatchObject({ version: 1, events: 9, eventHash: '31784a17a2c86cf1' });
    tape.close();
  }));
