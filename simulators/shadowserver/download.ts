import { Refusal } from '../kit/http.ts';
import type { FileContent } from './content.ts';
import { dayOf } from './dates.ts';
import { fieldsOf, type Fields } from './fields.ts';
import { shuffleKeys } from './json.ts';
import type { Call, Outcome, Parts } from './parts.ts';
import type { ReportFile } from './files.ts';

/** Rows up to which an answer has a Content-Length. */
const BUFFERED = 2000;

/** `reports/download` (shadowserver.txt:138-236): the rows of one file as JSON, values as texts. */
export function download(parts: Parts, call: Call): Outcome {
  const { world, faults, strikes } = parts;
  if (strikes.strike('downloadRemoved', faults.downloadRemoved, call.occasion) !== undefined)
    throw new Refusal(404, 'unknown method');
  if (strikes.strike('downloadFlaky', faults.downloadFlaky, call.occasion) !== undefined)
    throw new Refusal(503, 'service unavailable');
  const fields = fieldsOf(call.body, parts);
  const limit = fields.count('limit') ?? Infinity;
  const file = fileAsked(parts, call, fields);
  if (world.isEmptyYet(file)) return { json: [] };
  const content = world.content(file);
  const count = Math.min(limit, content.count);
  const record = (index: number): unknown => shuffleKeys(content.record(index), faults.shuffledKeys, file.name, index);
  if (count <= BUFFERED) return { json: Array.from({ length: count }, (_, index) => record(index)) };
  const headers = { 'Content-Type': 'application/json' };
  return { delivery: { status: 200, headers, size: null, chunks: written(record, count) } };
}

function fileAsked(parts: Parts, { body, lists }: Call, fields: Fields): ReportFile {
  const { world, report } = parts;
  const id = fields.text('id');
  if (id === undefined) return fileNamed(parts, { lists }, fields);
  const file = world.open(id);
  if (file === 'forged') report('forged-id', `reports/download: ${String(body['id']).slice(0, 80)}`);
  if (typeof file === 'string' || !lists.includes(file.list)) throw new Refusal(404, 'report not found');
  return file;
}

/** By report, date and type: in the samples only (shadowserver.txt:201). */
function fileNamed({ world, faults, report }: Parts, { lists }: Pick<Call, 'lists'>, fields: Fields): ReportFile {
  const [name, date, type] = ['report', 'date', 'type'].map((field) => fields.text(field));
  const day = dayOf(date ?? '');
  if (!faults.downloadByName || name === undefined || type === undefined || day === undefined) {
    report('bad-field', 'reports/download without an id');
    throw new Refusal(400, faults.downloadByName ? 'id, or report, date and type needed' : 'id needed');
  }
  const list = lists.find((list) => list.name === name);
  const file = list === undefined || !world.types.includes(type) ? undefined : world.file(list, type, day);
  if (file === undefined || !world.held(file)) throw new Refusal(404, 'report not found');
  return file;
}

function* written(record: (index: number) => unknown, count: FileContent['count']): IterableIterator<Buffer> {
  let text = '[';
  for (let index = 0; index < count; index++) {
    text += (index === 0 ? '' : ',') + JSON.stringify(record(index));
    if (text.length < 64 * 1024) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(`${text}]`);
}
