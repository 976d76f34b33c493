import { z } from 'zod';
import { createDocument } from 'zod-openapi';
import { alarmKinds } from '../core/alarms.ts';
import { axisStates } from '../core/axis.ts';
import { backfillStates } from '../core/backfill.ts';

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
const Alarm = z
  .object({
    stream: z.string().nullable().meta({ description: 'None: it concerns the whole.' }),
    kind: z.enum(alarmKinds).meta({ description: 'See `sluice explain`.' }),
    message: z.string(),
    since: time,
  })
  .meta({ id: 'Alarm', description: 'What the watchdog found and cannot heal, or what somebody should know.' });
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

const Backfill = z
  .looseObject({
    id: z.string(),
    workflowId: z.string(),
    stream: z.string(),
    shape: z.string(),
    from: time,
    until: time,
    state: z.enum(backfillStates),
    failure: Failure.optional().meta({ description: 'Why it was paused, where a failure did so.' }),
    createdAt: time,
    changedAt: time,
    endedAt: time.nullable(),
    cursor: z.string().nullable().meta({ description: 'Where its own reader stands, of sequences and reports.' }),
    sealed: z.number().meta({ description: 'Slices of its range that were sealed since it began.' }),
    records: z.number(),
    windows: z.number().optional(),
    left: z.number().optional().meta({ description: 'Windows that are neither held nor lost.' }),
    failing: z.number().optional(),
    heldSeconds: z.number().optional(),
    lostMinutes: z.number().optional(),
    etaSeconds: z.number().optional(),
  })
  .meta({ id: 'Backfill' });
const part = z.object({ from: time, until: time });
const Plan = z
  .object({
    id: z.string(),
    stream: z.string(),
    shape: z.string(),
    from: time,
    until: time,
    plannedAt: time,
    basis: z.string().meta({ description: 'Differs once the coverage or the configuration does.' }),
    windows: z
      .object({
        seconds: z.number(),
        all: z.number(),
        toExtract: z.number(),
        held: z.number(),
        joined: z.number().meta({ description: 'Wanted already: joined, never doubled.' }),
        joinedBackfills: z.array(z.string()),
        lost: z.number(),
        lostMinutes: z.number(),
        salvage: z.array(part.extend({ lost: part })),
        deadline: time.nullable(),
        lanes: z.number(),
      })
      .optional(),
    reader: z.string().optional(),
    estimate: z.object({
      from: z.enum(['history', 'floor']),
      requests: z.number().nullable(),
      seconds: z.object({ usual: z.number(), slow: z.number() }).nullable(),
    }),
  })
  .meta({ id: 'Plan', description: 'What a backfill of a range would do. Nothing is asked or written.' });

export const schemas = { Stream, Gap, Alarm, Run, Summary, Slice, Backfill, Plan };

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
export function openApi(): ReturnType<typeof createDocument> {
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
      '/backfills': get('Backfills, the newest first', z.array(Backfill)),
      '/backfills/{id}': get('One backfill', Backfill, { path: z.object({ id: z.string() }) }),
      '/plan/{source}/{stream}': get('What a backfill of a range would do, by default of the last 24 hours', Plan, {
        path: which,
        query: range,
      }),
      '/gaps': get('Every gap, the nearest deadline first', z.array(Gap)),
      '/alarms': get('The alarms that stand, the latest first', z.array(Alarm)),
    },
  });
}
