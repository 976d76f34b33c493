import type { Config } from '../config/load.ts';
import { SECOND } from '../core/time.ts';
import type { Trial } from '../ops/try-source.ts';
import type { Call } from './call.ts';
import { exitCodeOf, gravestOf, type ExitCode } from './exit-codes.ts';
import { print } from './output.ts';
import { onSignals } from './signals.ts';
import { table } from './table.ts';
import { createTalk, harmless, mayPaint, paint, type Globals } from './terminal.ts';
import { complain, complainOfRun } from './trouble.ts';

export async function discover({ globals, args: [name = ''] }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const { discoverSource } = await import('../ops/discover.ts');
  const listings = await discoverSource(loadConfig(globals.config), name, interrupted);
  const isPainted = mayPaint(process.stdout, globals);
  const blocks = (listings ?? []).map(({ about, setting, entries }) => {
    const head = `${paint('bold', about, isPainted)} ${paint('dim', `(${setting})`, isPainted)}`;
    return [head, ...entries.map((entry) => `  ${entry}`)].join('\n');
  });
  print(globals, { data: listings ?? [], text: blocks.join('\n\n') });
  if (listings === undefined) createTalk(globals).say(`${name}: this type of source has no lists to choose from`);
  return 0;
}

export async function test({ globals, args: [name = ''] }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const { trySource } = await import('../ops/try-source.ts');
  const { skew, ...trial } = await trySource(loadConfig(globals.config), name, interrupted);
  print(globals, { data: { ...trial, clockSkewSeconds: skew / SECOND }, text: trialText(trial, globals) });
  for (const { stream, ...refusal } of trial.refusals) {
    complainOfRun({ ...refusal, message: `${name}/${stream}: ${refusal.message}` });
  }
  if (trial.refusals.length === 0) createTalk(globals).say(`${name} works. Nothing was written or delivered.`);
  return gravestOf(trial.refusals.map((refusal) => exitCodeOf(refusal.name)));
}

function trialText({ source, type, lines, rateHeaders, sample }: Omit<Trial, 'skew'>, globals: Globals): string {
  const isPainted = mayPaint(process.stdout, globals);
  const rates = Object.entries(rateHeaders).map(([header, value]) => `${header}: ${value}`);
  const head = [
    paint('bold', `${source} (${type})`, isPainted),
    ...lines.map((line) => `  ${line}`),
    `  rate headers: ${rates.length === 0 ? 'none sent' : rates.join(', ')}`,
  ];
  const records = sample?.records ?? [];
  const title =
    sample === undefined ? [] : ['', paint('bold', `${source}/${sample.stream} ${sample.asked}`, isPainted)];
  const rows = records.length === 0 && sample !== undefined ? ['(no records)'] : records;
  return harmless([...head, ...title, ...rows.map((row) => `  ${row}`)].join('\n'));
}

/** `config check --online`: what the vendors refuse is said like any other mistake in the file. */
export async function checkOnline(globals: Globals, config: Config): Promise<ExitCode> {
  const interrupted = onSignals();
  const { reviewConfig } = await import('../ops/discover.ts');
  const { placeComplaints } = await import('../config/complaints.ts');
  const reviews = await reviewConfig(config, interrupted);
  placeComplaints(
    globals.config,
    reviews.flatMap(({ source, complaints }) => complaints.map((complaint) => ({ ...complaint, source }))),
  );
  const said = { ok: 'as the vendor has it', unasked: 'the vendor has no lists to compare with', complaints: '' };
  const rows = reviews.map(({ source, result, failure }) => [
    source,
    result === 'failed' ? `not checked: ${failure?.name ?? ''}` : said[result],
  ]);
  print(globals, { data: reviews, text: table(['source', 'online'], rows, mayPaint(process.stdout, globals)) });
  const failures = reviews.flatMap(({ failure }) => failure ?? []);
  for (const { name, message } of failures) complain(exitCodeOf(name), `${name}: ${message}`, name);
  return gravestOf(failures.map(({ name }) => exitCodeOf(name)));
}
