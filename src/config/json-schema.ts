import { z } from 'zod';
import type { SourceType } from '../core/contract.ts';
import { writeLength } from '../sources/fields.ts';
import { sourceTypes, type SourceRegistry } from '../sources/index.ts';
import { commonSettings } from './common.ts';
import { SOURCE_NAME, topSettings } from './schema.ts';

type Json = Record<string, unknown>;

/**
 * A JSON schema of the configuration for editors, from the same schemas that check it. Draft 7: what editors read. References are
 * allowed wherever they are when the file is loaded; the rules that join several settings are not expressed.
 */
export function configJsonSchema(registry: SourceRegistry = sourceTypes): Json {
  const top = jsonOf(topSettings);
  const types = Object.values(registry);
  return {
    ...top,
    title: 'sluice.yaml',
    properties: {
      ...propertiesOf(top),
      sources: {
        ...propertiesOf(top)['sources'],
        minProperties: 1,
        propertyNames: { pattern: SOURCE_NAME.source },
        additionalProperties: sourceSchema(types),
      },
    },
  };
}

/** One `if`/`then` a source type: an editor then says what is wrong with this type, not that none of all types fits. */
function sourceSchema(types: readonly SourceType[]): Json {
  const about = 'The source type: which vendor this is.';
  return {
    type: 'object',
    required: ['type'],
    properties: { type: { description: about, enum: types.map(({ name }) => name) } },
    allOf: types.map((type) => ({
      if: { properties: { type: { const: type.name } }, required: ['type'] },
      // oxlint-disable-next-line unicorn/no-thenable -- JSON schema calls it so
      then: settingsOf(type),
    })),
  };
}

function settingsOf(type: SourceType): Json {
  const common = jsonOf(commonSettings(type, Date.now));
  const own = jsonOf(type.settings);
  const properties: Json = { ...propertiesOf(own), ...propertiesOf(common) };
  return {
    type: 'object',
    properties: { ...properties, ...withDefaults(propertiesOf(common), type) },
    required: [...requiredOf(common), ...requiredOf(own)],
    additionalProperties: false,
  };
}

/** Defaults that are reckoned, and so are not in the zod schema. */
function withDefaults({ schedule, limits }: Record<string, Json>, { defaults, limits: vendor }: SourceType): Json {
  const vendors = Object.entries(vendor).filter(([, value]) => Number.isFinite(value));
  return {
    schedule: withDefault(schedule, { offset: writeLength(defaults.offset) }),
    limits: withDefault(
      limits,
      Object.fromEntries(
        vendors.map(([key, value]) => [key, key.startsWith('per') ? value : writeLength(Number(value))]),
      ),
    ),
  };
}

function withDefault(schema: Json | undefined, defaults: Json): Json {
  const properties = Object.entries(schema === undefined ? {} : propertiesOf(schema)).map(([key, property]) => {
    return [key, key in defaults ? { ...property, default: defaults[key] } : property];
  });
  return { ...schema, properties: Object.fromEntries(properties) as unknown };
}

function propertiesOf(schema: Json): Record<string, Json> {
  return (schema['properties'] ?? {}) as Record<string, Json>;
}

function requiredOf(schema: Json): readonly string[] {
  return (schema['required'] ?? []) as readonly string[];
}

function jsonOf(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, {
    target: 'draft-07',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => acceptReference(jsonSchema as Json),
  });
}

const REFERENCE = { type: 'string', pattern: '\\$\\{(env|file):' };

/** What must have a form must also accept a reference, whose value has it. */
function acceptReference(schema: Json): void {
  const { type, description, default: preset, examples, ...form } = schema;
  const isForm =
    type === 'number' ||
    type === 'integer' ||
    type === 'boolean' ||
    (type === 'string' && ('pattern' in form || 'format' in form));
  if (!isForm || 'const' in form || 'enum' in form || String(form['pattern']).includes('(env|file)')) return;
  for (const key of Object.keys(schema)) delete schema[key];
  Object.assign(schema, {
    ...(description !== undefined && { description }),
    ...(preset !== undefined && { default: preset }),
    ...(examples !== undefined && { examples }),
    anyOf: [{ type, ...form }, REFERENCE],
  });
}
