import { CommanderError } from 'commander';
import { Failure } from '../core/failures.ts';
import { redact } from '../http/redaction.ts';
import { exitCodeOf, type ExitCode } from './exit-codes.ts';
import { mayPaint, printable, type Globals } from './terminal.ts';

/** By class name, so that nothing heavy is loaded only to recognise an error. */
const byName: Readonly<Record<string, ExitCode>> = {
  UsageError: 64,
  TemporalUnreachable: 69,
  TemporalUnavailable: 69,
  TemporalStartFailed: 69,
  DataFileInUse: 69,
  PortInUse: 69,
  Interrupted: 130,
};

/** Says what went wrong in words for a person, and returns the exit code. A stack is for our own mistakes, and only on demand. */
export async function report(error: unknown, globals: Globals): Promise<ExitCode> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 64;
  const { name = '', message = String(error) } = error as Partial<Error>;
  if (name === 'ConfigError') return await reportConfig(error, globals);
  const known = error instanceof Failure ? exitCodeOf(error.name) : byName[name];
  if (known !== undefined) {
    const hint = error instanceof Failure ? `\nsluice explain ${error.name}` : '';
    process.stderr.write(`sluice: ${printable(redact(message))}${hint}\n`);
    return known;
  }
  const { code = '' } = error as { code?: string };
  if (['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EIO'].includes(code)) {
    process.stderr.write(`sluice: ${printable(message)}\n`);
    return 74;
  }
  process.stderr.write(`sluice: this is a mistake of sluice's own: ${printable(redact(message))}\n`);
  if (process.env['SLUICE_DEBUG'] === '1' && error instanceof Error)
    process.stderr.write(`${redact(error.stack ?? '')}\n`);
  else process.stderr.write('SLUICE_DEBUG=1 shows where; please report it.\n');
  return 1;
}

async function reportConfig(error: unknown, { output, color }: Globals): Promise<ExitCode> {
  const { ConfigError, formatConfigError } = await import('../config/errors.ts');
  if (!(error instanceof ConfigError)) throw error;
  if (output === 'json')
    process.stdout.write(`${JSON.stringify({ schemaVersion: '1.0', data: error.toJSON(), warnings: [] }, null, 2)}\n`);
  else process.stderr.write(`${formatConfigError(error, { color: mayPaint(process.stderr, color) })}\n`);
  return 78;
}
