import type { TSchema } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';

/** Makes the check of a part of the wire: `Value` is the wire's own type, as far as the schema asks for it. */
export function guard<Value>(schema: TSchema): (value: unknown) => value is Value {
  const check = TypeCompiler.Compile(schema);
  return (value): value is Value => check.Check(value);
}
