import { z } from 'zod';
import { createDocument } from 'zod-openapi';
import { axisStates } from '../core/axis.ts';

const time = z.iso.datetime().meta({ description: 'ISO 8601, UTC' });
const state = z.enum([...axisStates, 'current']);

const Failure = z
  .object({ name: z.string().meta({ description: 'See `sluice explain`.' }), message: z.string() })
  .meta({ id: 'Failure' });
const Gap = z
  .object({
    stream: z.string(),
    from: time,
    until: time,
    state: z.string(),
    deadline: time.nullable().meta({ description: 'When the vendor forgets its first instant.' }),
  })
  .meta({ id: 'Gap', description: 'A stretch that should be held and is not. Half-open.' });
const base = {
  stream: z.string().meta({ description: '`<source>/<stream>`' }),
  state: z.string(),
  nextRun: time,
  hourly: z.array(z.number()).meta({ description: 'Records by hour, the last 24, oldest first.' }),
  failure: Failure.nullable(),
};
const position = { position: z.string().nullable(), ahead: z.number().nullable(), endedAt: time.nullable() };
const Stream = z
  .discriminatedUnion('shape', [
    z.object({
      ...base,
      shape: z.literal('window'),
      watermark: time,
      lagSeconds: z.number(),
      deadline: time.nullable(),
      cliff: time.meta({ description: 'Before it the vendor has nothing any more.' }),
      gaps: z.array(Gap),
    }),
    z.object({ ...base, shape: z.literal('sequence'), ...position }),
    z.object({
      ...base,
      shape: z.literal('report'),
      ...position,
      days: z.array(z.object({ day: z.iso.date(), files: z.number(), records: z.number() })),
    }),
  ])
  .meta({ id: 'Stream' });
const Run = z
  .object({ from: time, until: time, state })
  .meta({ id: 'Run', description: 'A stretch of one state. Half-open.' });
const Summary = z
  .object({ sentence: z.string(), streams: z.number(), current: z.number(), at: time })
  .meta({ id: 'Summary' });
const Slice = z
  .looseObject({
    from: time,
    until: time,
    state: z.string(),
    records: z.number().optional(),
    digest: z.string().optional(),
    manifest: z.string().optional(),
    sealedAt: time.optional(),
  })
  .meta({ id: 'Slice' });

export const schemas = { Stream, Gap, Run, Summary, Slice };

/** What every answer is wrapped in. It grows within a major version, and never shrinks. */
export function envelope<T>(data: T, warnings: readonly string[] = []) {
  return { schemaVersion: '1.0', data, warnings };
}

const answer = (data: z.ZodType) => ({
  '200': {
    description: 'the data',
    content: {
      'application/json': {
        schema: z.object({ schemaVersion: z.literal('1.0'), data, warnings: z.array(z.string()) }),
      },
    },
  },
});

const which = z.object({ source: z.string(), stream: z.string() });
const range = z.object({ from: time.optional(), until: time.optional() });

const get = (summary: string, data: z.ZodType, requestParams: object = {}) => ({
  get: { summary, requestParams, responses: answer(data) },
});

/** The API's description, from the schemas that its types come from. */
export function openApi(): object {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'sluice',
      version: '1.0',
      description: 'Which minutes are held, which can still be had, and which are lost. From the ledger alone.',
    },
    servers: [{ url: '/api/v1' }],
    paths: {
      '/summary': get('One sentence, and how many streams are current', Summary),
      '/streams': get('Every stream', z.array(Stream)),
      '/streams/{source}/{stream}': get('One stream', Stream, { path: which }),
      '/coverage/{source}/{stream}': get('The axis of a window stream, by default of the last 24 hours', z.array(Run), {
        path: which,
        query: range,
      }),
      '/slices/{source}/{stream}': get('What the ledger holds of a window stream, the newest 1,000', z.array(Slice), {
        path: which,
        query: range,
      }),
      '/gaps': get('Every gap, the nearest deadline first', z.array(Gap)),
    },
  });
}
