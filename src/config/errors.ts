import { printable, redact } from '../http/redaction.ts';

/** One mistake in a configuration. */
export interface Finding {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number;
  /** Where in the configuration: `sources.acme-waf.sites[0]`; empty for the whole file. */
  readonly path: string;
  /** What was expected and what was found. */
  readonly message: string;
  /** How to mend it. */
  readonly suggestion?: string;
  /** The line, and a caret below the place; absent when the file could not be read. Secrets written into the file are masked. */
  readonly excerpt?: string;
}

/** The configuration cannot be used. All mistakes at once, in the order of the file. Exit code 78. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly exitCode = 78;
  readonly file: string;
  readonly findings: readonly Finding[];

  constructor(file: string, findings: readonly Finding[]) {
    const clean = findings.map(redacted).toSorted((a, b) => a.line - b.line || a.column - b.column);
    super(clean.map((finding) => `${finding.file}:${finding.line}:${finding.column} ${sentence(finding)}`).join('\n'));
    this.file = file;
    this.findings = clean;
  }

  toJSON(): { readonly error: 'config-invalid'; readonly file: string; readonly findings: readonly Finding[] } {
    return { error: 'config-invalid', file: this.file, findings: this.findings };
  }
}

/** Messages are made without secrets; this is for what an author of a source type overlooked. */
function redacted(finding: Finding): Finding {
  return {
    ...finding,
    message: printable(redact(finding.message)),
    ...(finding.suggestion !== undefined && { suggestion: printable(redact(finding.suggestion)) }),
    ...(finding.excerpt !== undefined && { excerpt: redact(finding.excerpt) }),
  };
}

function sentence({ path, message }: Finding): string {
  return path === '' ? message : `${path}: ${message}`;
}

/** For people: each finding with its place, the line with a caret, and how to mend it; then how many there are. */
export function formatConfigError(error: ConfigError, { color }: { readonly color: boolean }): string {
  const paint = (code: number, text: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const blocks = error.findings.map((finding) => {
    const place =
      finding.excerpt === undefined && finding.line === 1
        ? finding.file
        : `${finding.file}:${finding.line}:${finding.column}`;
    const lines = [`${paint(1, place)} ${paint(31, sentence(finding))}`];
    if (finding.excerpt !== undefined) lines.push(...finding.excerpt.split('\n').map((line) => `    ${line}`));
    if (finding.suggestion !== undefined) lines.push(`  ${paint(36, finding.suggestion)}`);
    return lines.join('\n');
  });
  const count = error.findings.length;
  return [
    ...blocks,
    `${count} ${count === 1 ? 'mistake' : 'mistakes'} in the configuration; nothing was started.`,
  ].join('\n\n');
}
