import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ConfigError } from '../../src/config/errors.ts';
import { loadConfig, type Config, type LoadOptions } from '../../src/config/load.ts';

/** Marked, so that everything that was printed can be searched for it. */
export const CANARY = 'canary-5f0c2a9e';

export const NOW = Date.parse('2026-11-21T09:30:00Z');

export const ENV = { SIGSCI_PASSWORD: CANARY };

/** A folder that goes away with the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-config-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function write(text: string | Uint8Array, name = 'sluice.yaml', inside = folder()): string {
  const file = join(inside, name);
  writeFileSync(file, text);
  return file;
}

export function load(text: string | Uint8Array, options: LoadOptions = {}): Config {
  return loadConfig(write(text), { env: ENV, now: () => NOW, ...options });
}

/** The ConfigError of a configuration that must not load. */
export function refusal(text: string | Uint8Array, options: LoadOptions = {}): ConfigError {
  return refusalOf(() => load(text, options));
}

export function refusalOf(attempt: () => unknown): ConfigError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the configuration was expected to be refused');
}

/** `line:column message`, a line each. */
export function places(error: ConfigError): readonly string[] {
  return error.findings.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

/** Lines 1 to 9 of a configuration that loads. What follows belongs to the source, four columns in. */
export const BASE = [
  'version: 1',
  'sources:',
  '  acme-waf:',
  '    type: signal-sciences',
  '    corp: testcorp',
  '    sites: [www.example.com]',
  '    auth:',
  '      email: ops@example.com',
  '      password: ${env:SIGSCI_PASSWORD}',
  '',
].join('\n');

/** The base with some of its text replaced, and lines added to the source (from line 10 on). */
export function changed(replace: readonly [string, string] | undefined, ...lines: readonly string[]): string {
  const base = replace === undefined ? BASE : BASE.replace(replace[0], () => replace[1]);
  return base + lines.map((line) => `    ${line}\n`).join('');
}
