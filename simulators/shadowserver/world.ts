import { createCache } from '../kit/cache.ts';
import { createContent, type FileContent } from './content.ts';
import { DAY, dayOf, type Days } from './dates.ts';
import { settingsFor, type Faults } from './faults.ts';
import { createFiles, HOUR, shapeOf, type Files, type Publishing, type ReportFile } from './files.ts';
import { readId, writeId } from './ids.ts';
import type { ReportList, ShadowserverSimulator } from './simulator.ts';
import { createTruth } from './truth.ts';

/** What the vendor holds. */
export interface World extends Files, Pick<ShadowserverSimulator, 'truth'> {
  readonly lists: readonly ReportList[];
  readonly types: readonly string[];
  /** The files that are published and not yet forgotten at the present instant, by day, list and type: the order of the page's samples. */
  files(lists: readonly ReportList[], types: readonly string[], days: Days): IterableIterator<ReportFile>;
  /** Whether the file is published and not yet forgotten. */
  held(file: ReportFile): boolean;
  content(file: ReportFile): FileContent;
  /** Whether the file has no bytes yet, though it is listed. */
  isEmptyYet(file: ReportFile): boolean;
  id(file: ReportFile): string;
  /** The file that an id opens; `gone` for an id that was good once, `forged` for one that was never given. */
  open(id: string): ReportFile | 'gone' | 'forged';
}

export function createWorld(options: Publishing, faults: Faults, now: () => number): World {
  const { lists, types, seed } = options;
  // In rows that are remembered: about 40 MB.
  const contents = createCache<FileContent>(100_000, ({ count }) => Math.min(count, 256) + 1);
  const { file, load } = createFiles(options, faults, now);
  const held: World['held'] = ({ published, day }) =>
    published <= now() && Math.floor(now() / DAY) - (dayOf(day) ?? 0) <= (faults.retentionDays ?? Infinity);
  const content: World['content'] = (held) => {
    const { list, type, day, rows } = held;
    const shape = shapeOf(held, faults);
    return contents.get(JSON.stringify([list.name, type, day, rows, shape]), () =>
      createContent({ seed, list, type, day, rows, shape }),
    );
  };
  function* files(asked: readonly ReportList[], kinds: readonly string[], days: Days): IterableIterator<ReportFile> {
    // Nothing is published of a day that has not ended.
    const last = Math.min(days.last, Math.floor(now() / DAY) - 1);
    for (let day = Math.max(days.first, oldest()); day <= last; day++) {
      for (const list of asked) {
        for (const type of kinds) {
          const found = file(list, type, day);
          if (found !== undefined && held(found)) yield found;
        }
      }
    }
  }
  const oldest = (): number => Math.floor(now() / DAY) - (faults.retentionDays ?? 36_500);
  const id: World['id'] = ({ list, type, day, generation }) =>
    writeId(
      {
        day: dayOf(day) ?? 0,
        list: lists.indexOf(list),
        type: types.indexOf(type),
        generation,
        issued: faults.idLifetimeMs === null ? 0 : Math.floor(now() / 1000),
      },
      seed,
      faults.unsafeIds,
    );
  const open: World['open'] = (text) => {
    const ticket = readId(text, seed);
    const list = lists[ticket?.list ?? -1];
    const type = types[ticket?.type ?? -1];
    if (ticket === undefined || list === undefined || type === undefined) return 'forged';
    const found = file(list, type, ticket.day);
    const age = ticket.issued === 0 ? 0 : now() - ticket.issued * 1000;
    if (found === undefined || !held(found) || age >= (faults.idLifetimeMs ?? Infinity)) return 'gone';
    return ticket.generation === found.generation || faults.oldIds === 'served' ? found : 'gone';
  };
  const isEmptyYet: World['isEmptyYet'] = ({ list, type, day, name, published }) => {
    const empty = settingsFor(faults.emptyFirst, { list: list.name, type, day, file: name });
    return empty !== undefined && now() < (empty.until ?? published + (empty.hours ?? 1) * HOUR);
  };
  const truth = createTruth({ lists, types, now, file, content, id });
  return { lists, types, file, files, held, content, isEmptyYet, id, open, load, truth };
}
