import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { expect, it } from 'vitest';
import { pack, packAny, unpackAnyAs, unpackAs } from './records.ts';

const check = TypeCompiler.Compile(Type.Object({ frame: Type.Object({ seq: Type.Integer(), data: Type.Unknown() }) }));

it('should give back every number that an event may have, packed by known shapes or without', () => {
  for (let seq = 0; seq < 300; seq++) {
    const event = { frame: { seq, data: { newsId: `e-${seq}`, counts: [seq, -1 - seq, seq * 2 ** 31] } } };
    expect(unpackAnyAs(check, packAny(event))).toEqual(event);
    expect(unpackAs(check, pack(event))).toEqual(event);
  }
});
