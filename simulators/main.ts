import { help, readCommandLine } from './command-line.ts';

async function main(): Promise<void> {
  const { name, program, settings } = readCommandLine(process.argv.slice(2), process.env);
  if (settings === 'help') {
    process.stdout.write(help(name, program));
    return;
  }
  const { urls, hint, close } = await program.start(settings);
  process.stdout.write(`${urls.join('\n')}\n${hint}; --help tells the rest\n`);
  const stop = (): void => void close();
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

// 64: the command line was wrong (sysexits).
await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof TypeError || error instanceof SyntaxError ? 64 : 1;
});
