import { z } from 'zod';
import type { Interval } from '../core/time.ts';
import { formatStreamId } from '../core/ids.ts';
import { toIso } from '../core/time.ts';
import { isWindowStream, type KnownStream } from '../ops/streams.ts';
import { steeringWords, type Actions } from './actions.ts';
import type { Guard } from './guard.ts';
import type { Looks } from './looks.ts';
import type { Page } from './shell.ts';

export interface Means {
  readonly guard: Guard;
  readonly actions: Actions;
  readonly looks: Looks;
}

/** What came of a form: a line for a person, or where to go on. */
export type Done = { readonly said: string } | { readonly goTo: string };

const NOTHING: Done = { said: 'Nothing was done.' };

/** Names the plan that was shown, so that what is started is what was agreed to. */
const Agreed = z.object({
  id: z.string().regex(/^bf-\d{8}-[0-9a-f]{6}$/),
  plannedAt: z.iso.datetime(),
  basis: z.string().regex(/^[0-9a-f]{32}$/),
});

/** Does what a form on a stream's page asks for, of the range that the page shows. */
export async function actOnStream(c: Page, stream: KnownStream, picked: Interval | undefined, means: Means) {
  return await guarded(c, means, async ({ do: word, ...fields }) => {
    const { actions } = means;
    if (picked === undefined) return NOTHING;
    if (word === 'heal' && isWindowStream(stream)) return { said: await actions.heal(stream, picked) };
    const agreed = Agreed.safeParse(fields);
    if (word !== 'backfill' || !agreed.success) return NOTHING;
    const range = { from: toIso(picked.from), until: toIso(picked.until) };
    await actions.startBackfill({ ...agreed.data, ...range, stream: formatStreamId(stream) });
    return { goTo: `/backfills/${agreed.data.id}` };
  });
}

/** Pauses, resumes or cancels a backfill, as a form on its page asks for. */
export async function actOnBackfill(c: Page, id: string, means: Means): Promise<Done> {
  return await guarded(c, means, async ({ do: asked }) => {
    const word = steeringWords.find((one) => one === asked);
    return word === undefined ? NOTHING : { said: await means.actions.steerBackfill(id, word) };
  });
}

type Form = Readonly<Record<string, unknown>>;

async function guarded(c: Page, { guard, looks }: Means, act: (form: Form) => Promise<Done>): Promise<Done> {
  const form = await c.req.parseBody().catch(() => ({}));
  const refusal = guard.refusal(c, form);
  if (refusal !== undefined) return { said: `Nothing was done: ${refusal}.` };
  try {
    const done = await act(form);
    looks.forget();
    return done;
  } catch (error) {
    return { said: `It did not work: ${(error as Error).message}` };
  }
}
