import { spawn } from 'node:child_process';
import { UsageError } from '../ops/usage-error.ts';
import type { Call } from './call.ts';
import type { ExitCode } from './exit-codes.ts';
import { print } from './output.ts';
import { quietTemporal } from './running.ts';
import { table } from './table.ts';
import { createTalk, harmless, mayPaint } from './terminal.ts';
import { complain } from './trouble.ts';

export async function replay({ globals, args: [workflowId], options }: Call): Promise<ExitCode> {
  const { file, run } = options;
  if ((workflowId === undefined) === (file === undefined)) {
    throw new UsageError('expected either the id of a workflow, or --file with its history');
  }
  const { replayFile, replayWorkflow } = await import('../ops/replay.ts');
  await quietTemporal();
  const replayed =
    workflowId === undefined
      ? await replayFile(String(file))
      : await replayWorkflow(await loadedConfig(globals.config), workflowId, run === undefined ? run : String(run));
  const { type, events, mismatch } = replayed;
  const verdict = mismatch === undefined ? 'fits the present code' : 'does not fit the present code';
  const text = `${workflowId ?? String(file)}: ${type}, ${events} events: ${verdict}`;
  print(globals, { data: { ...replayed, fits: mismatch === undefined }, text: harmless(text) });
  return mismatch === undefined ? 0 : complain(1, `history-mismatch: ${mismatch}`, 'history-mismatch');
}

async function loadedConfig(file: string) {
  const { loadConfig } = await import('../config/load.ts');
  return loadConfig(file);
}

export async function open({ globals, args: [name], options }: Call): Promise<ExitCode> {
  const { linksOf } = await import('../ops/links.ts');
  const links = linksOf(await loadedConfig(globals.config), name, options['failed'] === true);
  const [first] = links;
  if (first === undefined) {
    throw new UsageError(
      'the address of the Temporal UI is not known: `temporal: { ui: https://… }` in the configuration says it',
    );
  }
  const rows = links.map(({ about, url }) => [about, url]);
  print(globals, { data: links, text: table(['page', 'address'], rows, mayPaint(process.stdout, globals)) });
  if (options['print'] === true || globals.output === 'json' || !process.stdout.isTTY) return 0;
  if (!(await show(first.url))) createTalk(globals).say('No browser could be started; the address stands above.');
  return 0;
}

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Whether a browser was started; it goes on by itself. The address is an argument of its own, never a line for a shell. */
async function show(url: string): Promise<boolean> {
  const [program, ...first] = openers[process.platform] ?? ['xdg-open'];
  return await new Promise((resolve) => {
    const child = spawn(program, [...first, url], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
