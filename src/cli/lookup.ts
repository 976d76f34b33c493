import type { Call } from './call.ts';
import type { ExitCode } from './exit-codes.ts';
import { print } from './output.ts';
import { interruptedCode, onSignals } from './signals.ts';
import { table } from './table.ts';
import { createTalk, mayPaint } from './terminal.ts';
import { complain, complainOfRun } from './trouble.ts';
import { writeLine } from './output.ts';

export async function search({ globals, args: [name = '', query = ''], options }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const { readFinds, searchSource } = await import('../ops/search.ts');
  const config = loadConfig(globals.config);
  const talk = createTalk(globals);
  const result = await searchSource(config, name, query, { talk, interrupted });
  const { workflowId, outcome, failure, left } = result;
  if (left === true) {
    talk.say(`The search goes on on the server. To stop it, cancel ${workflowId} in the Temporal UI.`);
    return interruptedCode(interrupted);
  }
  if (options['print'] === true && outcome !== undefined) {
    for await (const line of readFinds(config, name, outcome)) await writeLine(line);
  } else {
    const rows = (outcome?.collections ?? []).map(({ collection, told, records, manifest, failure: own }) => [
      collection,
      String(told),
      String(records ?? own?.name ?? ''),
      manifest ?? '',
    ]);
    const text = table(['collection', 'items', 'sealed', 'manifest'], rows, mayPaint(process.stdout, globals));
    print(globals, { data: result, text: rows.length === 0 ? '' : text });
    if (rows.length === 0 && failure === undefined) talk.say('No collection has anything on it.');
  }
  return failure === undefined ? 0 : complainOfRun(failure);
}

export async function find({ globals, args: [name = '', collection = '', id = ''] }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const { findItem } = await import('../ops/lookup.ts');
  const found = await findItem(loadConfig(globals.config), name, { collection, id }, interrupted);
  if (found === undefined) return complain(1, `${collection} has nothing by the id ${JSON.stringify(id)}`);
  await writeLine(found);
  return 0;
}

export async function file({ globals, args, options }: Call): Promise<ExitCode> {
  const [name = '', collection = '', item = '', wanted = ''] = args;
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const { keepFile } = await import('../ops/lookup.ts');
  const to = options['to'] === undefined ? undefined : String(options['to']);
  const kept = await keepFile(loadConfig(globals.config), name, { collection, item, file: wanted, to }, interrupted);
  const { present, bytes, sha256, path } = kept;
  print(globals, { data: kept, text: `${path}\n${bytes} bytes, SHA-256 ${sha256}` });
  createTalk(globals).say(present ? 'The archive had it already.' : 'It is in the archive now.');
  return 0;
}
