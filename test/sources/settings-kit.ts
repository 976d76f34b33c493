import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { ConfigError } from '../../src/config/errors.ts';
import { loadConfig, type Config } from '../../src/config/load.ts';
import type { SourceRegistry } from '../../src/sources/index.ts';

/** What every secret of these tests begins with: no message may hold it. */
const CANARY = 'canary-5f0c2a9e';

/** Loads texts of configurations with a source of the type under test, `id`, whose secret is in the environment as `variable`. */
export function settingsKit(registry: SourceRegistry, id: string, variable: string) {
  function loaded(text: string): Config {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-settings-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'sluice.yaml');
    writeFileSync(file, text);
    return loadConfig(file, { registry, env: { [variable]: CANARY } });
  }
  return {
    loaded,
    settings: (text: string): Record<string, unknown> => ({ ...loaded(text).sources.get(id)?.settings }),
    /** `line:column message | suggestion` of each. */
    mistakes: (text: string): readonly string[] => {
      try {
        loaded(text);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        expect(error.message).not.toContain('canary');
        return error.findings.map(({ line, column, message, suggestion }) =>
          [`${line}:${column} ${message}`, suggestion].filter(Boolean).join(' | '),
        );
      }
      throw new Error('the configuration was expected to be refused');
    },
  };
}
