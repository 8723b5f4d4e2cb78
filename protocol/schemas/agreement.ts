import type { Static, TSchema } from '@sinclair/typebox';

/** A type without regard to who may write to it. */
type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

/** True for two types that are the same, optional fields included. */
type Same<A, B> = (<T>() => T extends Frozen<A> ? 1 : 2) extends <T>() => T extends Frozen<B> ? 1 : 2 ? true : false;

type Named<Frame extends { readonly type: string }, Name extends string> = Extract<Frame, { readonly type: Name }>;

/** The schemas themselves where each says what the frame's type says, else the name of the frame that differs. */
type Agreeing<Frame extends { readonly type: string }, Schemas extends Readonly<Record<Frame['type'], TSchema>>> = {
  readonly [Name in Frame['type']]: Same<Static<Schemas[Name]>, Named<Frame, Name>> extends true
    ? Schemas[Name]
    : { readonly differsFromItsType: Name };
};

/** Takes one schema for each frame of a union; doesn't compile unless each says exactly what the frame's type says. */
export function schemasOf<Frame extends { readonly type: string }>() {
  return <const Schemas extends Readonly<Record<Frame['type'], TSchema>>>(
    schemas: Schemas & Agreeing<Frame, Schemas>,
  ): Schemas => schemas;
}

/** Takes the schema of a type that is no frame; doesn't compile unless it says exactly what the type says. */
export function schemaOf<Type>() {
  return <const Schema extends TSchema>(
    schema: Schema & (Same<Static<Schema>, Type> extends true ? Schema : { readonly differsFromItsType: true }),
  ): Schema => schema;
}
