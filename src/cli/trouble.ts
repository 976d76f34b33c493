import { CommanderError } from 'commander';
import { Failure } from '../core/failures.ts';
import type { LocalTrouble } from '../ops/explain.ts';
import type { RunFailure } from '../ops/run-failure.ts';
import { exitCodeOf, type ExitCode } from './exit-codes.ts';
import { print } from './output.ts';
import { harmless, mayPaint, type Globals } from './terminal.ts';

interface Known {
  readonly code: ExitCode;
  /** The key of `sluice explain`. */
  readonly explain?: LocalTrouble;
}

/** By class name, so that nothing heavy is loaded only to recognise an error. */
const byName: Readonly<Record<string, Known>> = {
  UsageError: { code: 64 },
  TemporalUnreachable: { code: 69, explain: 'temporal-unreachable' },
  TemporalUnavailable: { code: 69, explain: 'temporal-unavailable' },
  TemporalStartFailed: { code: 69, explain: 'temporal-unavailable' },
  DataFileInUse: { code: 69, explain: 'port-in-use' },
  PortInUse: { code: 69, explain: 'port-in-use' },
};

/** Says what went wrong in words for a person, and returns the exit code. A stack is for our own mistakes, and only on demand. */
export async function report(error: unknown, globals: Globals): Promise<ExitCode> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 64;
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  if (name === 'ConfigError') return await reportConfig(error, globals);
  if (name === 'Interrupted') return message.includes('SIGTERM') ? 143 : 130;
  const known: Known | undefined = error instanceof Failure ? { code: exitCodeOf(error.name) } : byName[name];
  if (known !== undefined) {
    const explain = error instanceof Failure ? error.name : known.explain;
    return complain(known.code, message, explain);
  }
  if (isSystemError(error)) return complain(74, message);
  const answer = answerOfTemporal(error);
  if (answer !== undefined) return complain(69, `the Temporal server refused: ${answer}`, 'temporal-unreachable');
  complain(1, `this is a mistake of sluice's own: ${message}`, 'internal-error');
  const isDebugged = process.env['SLUICE_DEBUG'] === '1';
  const where = isDebugged && error instanceof Error ? (error.stack ?? '') : 'SLUICE_DEBUG=1 shows where';
  process.stderr.write(`${harmless(where)}\n`);
  return 1;
}

/** One line, or what the message needs, and where more is to be read. */
export function complain(code: ExitCode, message: string, explain?: string): ExitCode {
  process.stderr.write(`sluice: ${harmless(message)}\n`);
  if (explain !== undefined) process.stderr.write(`More: sluice explain ${explain}\n`);
  return code;
}

/** How a run on the server failed. */
export function complainOfRun({ name, message }: RunFailure): ExitCode {
  return complain(exitCodeOf(name), `${name}: ${message}`, name);
}

/** What the operating system refused: a folder that may not be read, a disk that is full. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

/** gRPC's errors carry a number and the server's words; the client library wraps some of them. */
function answerOfTemporal(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('details' in error && 'code' in error && typeof error.code === 'number') return String(error.details);
  return answerOfTemporal(error.cause) ?? (error.name === 'NamespaceNotFoundError' ? error.message : undefined);
}

async function reportConfig(error: unknown, globals: Globals): Promise<ExitCode> {
  const { ConfigError, formatConfigError } = await import('../config/errors.ts');
  if (!(error instanceof ConfigError)) throw error;
  if (globals.output === 'json') print(globals, { data: error.toJSON(), text: '' });
  else process.stderr.write(`${formatConfigError(error, { color: mayPaint(process.stderr, globals) })}\n`);
  return 78;
}
