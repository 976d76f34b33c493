import type { Complaint } from '../core/contract.ts';
import { parseConfig } from './document.ts';
import { nearest } from '../core/nearest.ts';
import { readConfigFile } from './read.ts';

/**
 * Says where in the file stands what a vendor would refuse.
 * @throws ConfigError with every complaint at its line and column; nothing when there are none
 */
export function placeComplaints(file: string, complaints: readonly (Complaint & { readonly source: string })[]): void {
  const { report } = parseConfig(file, readConfigFile(file));
  for (const { source, path, message, known = [] } of complaints) {
    const found = /[`"]([^`"]*)[`"]/.exec(message)?.[1];
    const meant = found === undefined ? undefined : nearest(found, known);
    const suggestion =
      meant === undefined ? listOf(known) : `Did you mean \`${meant}\`? \`sluice discover ${source}\` lists them all.`;
    report.add(['sources', source, ...path], message, { suggestion });
  }
  report.end();
}

/** The vendor's list as it is, when it is short enough to read. */
function listOf(known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const shown = known.slice(0, 12).map((one) => `\`${one}\``);
  return `The vendor has: ${shown.join(', ')}${known.length > shown.length ? ', …' : ''}.`;
}
