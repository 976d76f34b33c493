import type { Finding } from '../ops/doctor/index.ts';
import type { Call } from './call.ts';
import { exitCodeOf, gravestOf, type ExitCode } from './exit-codes.ts';
import { print } from './output.ts';
import { onSignals } from './signals.ts';
import { table } from './table.ts';
import { createTalk, mayPaint, type Color } from './terminal.ts';

const looks: Readonly<Record<Finding['result'], { readonly text: string; readonly color: Color }>> = {
  ok: { text: '✓ ok', color: 'green' },
  warn: { text: '! warn', color: 'yellow' },
  fail: { text: '✗ fail', color: 'red' },
};

const codes: Readonly<Record<Exclude<Finding['area'], 'vendor'>, ExitCode>> = { machine: 1, temporal: 69, data: 74 };

/** `sluice doctor`. A warning is no failure: the exit code is that of the gravest failure. */
export async function doctor({ globals, options }: Call): Promise<ExitCode> {
  const signal = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const { examine } = await import('../ops/doctor/index.ts');
  const findings = await examine(loadConfig(globals.config), { offline: options['offline'] === true, signal });
  const rows = findings.map(({ about, result, found, fix }) => [
    looks[result],
    about,
    fix === undefined ? found : `${found.replace(/\.$/, '')}. ${fix}`,
  ]);
  print(globals, { data: findings, text: table(['', 'what', 'found'], rows, mayPaint(process.stdout, globals)) });
  const count = (result: Finding['result']): number => findings.filter((one) => one.result === result).length;
  createTalk(globals).say(`${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed.`);
  return gravestOf(findings.filter(({ result }) => result === 'fail').map(codeOf));
}

function codeOf({ area, failure }: Finding): ExitCode {
  if (area === 'vendor') return failure === undefined ? 1 : exitCodeOf(failure);
  return codes[area];
}
