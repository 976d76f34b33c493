import type { FileContent } from './content.ts';
import { dayOf } from './dates.ts';
import type { ReportList, TruthFile } from './simulator.ts';
import type { ReportFile } from './files.ts';

interface Holdings {
  readonly lists: readonly ReportList[];
  readonly types: readonly string[];
  readonly now: () => number;
  file(list: ReportList, type: string, day: number): ReportFile | undefined;
  content(file: ReportFile): FileContent;
  id(file: ReportFile): string;
}

/** What was published of a day by now, those included that the vendor has forgotten since. */
export function createTruth(world: Holdings): (list: string | null, type: string | null, day: string) => TruthFile[] {
  return (list, type, day) => {
    const number = dayOf(day);
    if (number === undefined) throw new RangeError(`no such day: ${day}`);
    const files = world.lists
      .filter(({ name }) => list === null || name === list)
      .flatMap((one) =>
        world.types.filter((kind) => type === null || kind === type).map((kind) => world.file(one, kind, number)),
      );
    return files
      .filter((file) => file !== undefined)
      .filter(({ published }) => published <= world.now())
      .map((file) => truthOf(file, world.content(file), world.id(file)));
  };
}

function truthOf({ name, list, type, day, published }: ReportFile, content: FileContent, id: string): TruthFile {
  const each = function* <Item>(make: (index: number) => Item): IterableIterator<Item> {
    for (let index = 0; index < content.count; index++) yield make(index);
  };
  return {
    file: name,
    list: list.name,
    type,
    day,
    published,
    id,
    get size() {
      return content.size;
    },
    get sha256() {
      return content.sha256;
    },
    count: content.count,
    header: content.header,
    rows: () => each((index) => content.record(index)),
    cells: () => each((index) => content.cells(index)),
  };
}
