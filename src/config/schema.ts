import { z } from 'zod';
import { secret } from '../sources/fields.ts';

/** `host:port`, with an IPv6 address in brackets; a name without a scheme. */
const ADDRESS = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/;

const address = (description: string, example: string) =>
  z
    .string()
    .superRefine((text, context) => {
      if (ADDRESS.test(text) && isPort(Number(text.slice(text.lastIndexOf(':') + 1)))) return;
      const scheme = /^\w+:\/\//.test(text) ? ' without a scheme' : '';
      context.addIssue({
        code: 'custom',
        message: `expected \`host:port\`${scheme}, such as \`${example}\`, found "${text}"`,
      });
    })
    .meta({ description, pattern: ADDRESS.source });

const port = (about: string) => z.int().min(1).max(65_535).meta({ description: about });

function isPort(number: number): boolean {
  return number >= 1 && number <= 65_535;
}

const temporal = z
  .strictObject({
    address: address(
      'The Temporal cluster, `host:port`. Absent: `sluice up` brings a server of its own.',
      'temporal.example.com:7233',
    ).optional(),
    namespace: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, {
        error: ({ input }) => `expected the name of a Temporal namespace, found "${String(input)}"`,
      })
      .default('default')
      .meta({ description: 'The Temporal namespace.' }),
    tls: z.boolean().optional().meta({ description: 'Whether to speak TLS with the cluster; with `apiKey` it is on.' }),
    apiKey: secret('The API key for the cluster: a reference.').optional(),
    ui: z
      .string()
      .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), {
        error: 'expected an address that begins with https:// or http://',
      })
      .optional()
      .meta({ description: "The address of the cluster's web page, for links.", pattern: '^https?://' }),
    port: port('The port of the server that `sluice up` brings.').default(7233),
    uiPort: port("The port of that server's web page.").default(8233),
  })
  .meta({ description: 'Where Temporal is. Absent: `sluice up` brings a server of its own on this machine.' });

const metrics = z
  .strictObject({
    listen: address('Where `/metrics`, `/livez` and `/readyz` answer, `host:port`.', '127.0.0.1:9464'),
  })
  .meta({ description: 'Metrics and health of `up` and of each `worker`, for Prometheus. Absent: none are served.' });

/** What the whole file is; each source is checked by its own type's schema. */
export const topSettings = z.strictObject({
  version: z
    .literal(1, {
      error: ({ input }) =>
        input === undefined ? undefined : 'this sluice reads version 1 of the configuration: `version: 1`',
    })
    .meta({ description: 'The version of the configuration: 1.' }),
  data: z
    .string()
    .min(1)
    .default('./data')
    .meta({ description: 'The folder of the embedded ledger, archive and Temporal database, relative to this file.' }),
  temporal: temporal.prefault({}),
  metrics: metrics.optional(),
  sources: z
    .record(z.string(), z.unknown())
    .meta({ description: 'The accounts to pull from, each under a name of its own.' }),
});

export type TopSettings = z.output<typeof topSettings>;

/** A source's name is part of ids, paths and metrics. */
export const SOURCE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Keys that the design has and this version has not. */
export const plannedKeys: ReadonlySet<string> = new Set(['destinations', 'ledger', 'archive']);
