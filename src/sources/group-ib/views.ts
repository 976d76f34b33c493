import type { View } from '../../core/contract.ts';
import { toIso } from '../../core/time.ts';
import { createParser, createPortion, find, type JsonValue } from '../../parser/index.ts';
import type { CollectionSettings } from './settings.ts';
import { timeAt, timePaths } from './times.ts';

/** What the collection's `keys` and `iocs` make of a record: `parsed`, one object, and `iocs`, one for each indicator. */
export function viewsOf({ name, keys, iocs }: CollectionSettings): Readonly<Record<string, View>> {
  return {
    ...(keys !== undefined && { parsed: parsedView(keys) }),
    ...(iocs !== undefined && { iocs: iocsView(name, iocs) }),
  };
}

function parsedView(keys: NonNullable<CollectionSettings['keys']>): View {
  const parser = createParser({ keys });
  return ({ bytes }) =>
    parser.parsePortion(createPortion({ count: 1, items: [read(bytes)] })).map((one) => JSON.stringify(one));
}

/** An indicator with where it comes from; how long it is good is `evaluation.ttl`, as the vendor gives it. */
function iocsView(collection: string, iocKeys: Readonly<Record<string, string>>): View {
  const parser = createParser({ iocKeys });
  const paths = timePaths(collection);
  return ({ bytes }) => {
    const item = read(bytes);
    const seen = timeAt(item, paths);
    const about = {
      collection,
      id: find(item, 'id'),
      firstSeen: seen === undefined ? null : toIso(seen),
      tlp: find(item, 'evaluation.tlp'),
      ttl: find(item, 'evaluation.ttl'),
    };
    const found = parser.getIocs(createPortion({ count: 1, items: [item] }));
    return Object.entries(found).flatMap(([kind, values]) =>
      values.map((value) => JSON.stringify({ kind, value, ...about })),
    );
  };
}

function read(bytes: Uint8Array): JsonValue {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as JsonValue;
}
