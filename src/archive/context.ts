import type { RecordContext } from '../core/contract.ts';

/** The text of a record without a context. */
export const NO_CONTEXT = '';

/**
 * Contexts as texts that are equal when the contexts are: JSON with its keys in order. The records of a page share the object, so it is
 * written once for each.
 */
export function contextTexts(): (context: RecordContext | undefined) => string {
  const known = new Map<RecordContext, string>();
  return (context) => {
    if (context === undefined) return NO_CONTEXT;
    const text = known.get(context) ?? textOf(context);
    known.set(context, text);
    return text;
  };
}

function textOf(context: RecordContext): string {
  const entries = Object.entries(context).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries));
}

/** The inverse: `undefined` for {@link NO_CONTEXT}. */
export function contextOf(text: string): RecordContext | undefined {
  return text === NO_CONTEXT ? undefined : (JSON.parse(text) as RecordContext);
}
