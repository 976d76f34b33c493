import type { z } from 'zod';
import { globalRegistry } from 'zod';
import { fieldKind, type FieldKind } from '../sources/fields.ts';
import type { Path } from './positions.ts';

type Schema = z.core.$ZodType;

/**
 * Every schema that may apply at a path below these ones, wrappers (`optional`, `default`) with what they wrap, of a union each member.
 * What the configuration needs to know before zod has parsed it: which fields are secrets, and which keys there could be.
 */
export function schemasAt(roots: readonly Schema[], path: Path): readonly Schema[] {
  return path.reduce<readonly Schema[]>(
    (schemas, key) => schemas.flatMap((schema) => below(schema, key)),
    roots.flatMap(layers),
  );
}

/** A schema, and what is inside it at the same place. */
function layers(schema: Schema): readonly Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'pipe') return [schema, ...layers(def.in)];
  if (def.type === 'lazy') return [schema, ...layers(def.getter())];
  if (def.type === 'union') return [schema, ...def.options.flatMap(layers)];
  if (def.type === 'intersection') return [schema, ...layers(def.left), ...layers(def.right)];
  return 'innerType' in def ? [schema, ...layers(def.innerType)] : [schema];
}

function below(schema: Schema, key: PropertyKey): readonly Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'array') return layers(def.element);
  if (def.type === 'record') return layers(def.valueType);
  if (def.type !== 'object') return [];
  const inner = Object.hasOwn(def.shape, key) ? def.shape[String(key)] : def.catchall;
  return inner === undefined ? [] : layers(inner);
}

/** The keys that a map at this place may have. */
export function keysOf(schemas: readonly Schema[]): readonly string[] {
  return schemas.flatMap((schema) => {
    const { def } = (schema as z.core.$ZodTypes)._zod;
    return def.type === 'object' ? Object.keys(def.shape) : [];
  });
}

export function kindOf(schemas: readonly Schema[]): FieldKind | undefined {
  return schemas.map(fieldKind).find((kind) => kind !== undefined);
}

/** What the first schema that is described says. */
export function descriptionOf(schemas: readonly Schema[]): string | undefined {
  return schemas.map((schema) => globalRegistry.get(schema)?.description).find((text) => text !== undefined);
}

/** zod's names of the types that a value at this place may have. */
export function typesOf(schemas: readonly Schema[]): ReadonlySet<string> {
  return new Set(schemas.map((schema) => (schema as z.core.$ZodTypes)._zod.def.type));
}
