import type { z } from 'zod';
import { COLLECTION_NAME, COLLECTIONS, deprecation, DRP_VIOLATIONS, parametersOf } from './collections.ts';

/** As far as the rules look at them. */
interface Written {
  readonly collections: readonly (
    string | { readonly name: string; readonly parameters?: Readonly<Record<string, unknown>> | undefined }
  )[];
  readonly drp?: object | undefined;
  readonly ignoreValidation: boolean;
}

type Path = (string | number)[];

/** The rules that join settings; every mistake is reported at its place. */
export function checkCollections({ collections, drp, ignoreValidation }: Written, context: z.RefinementCtx): void {
  const names = collections.map((one) => (typeof one === 'string' ? one : one.name));
  const complain = (message: string, ...path: Path): void => context.addIssue({ code: 'custom', message, path });
  collections.forEach((one, i) => {
    const { name, parameters = {} } = typeof one === 'string' ? { name: one } : one;
    const at = typeof one === 'string' ? ['collections', i] : ['collections', i, 'name'];
    if (names.indexOf(name) < i) complain(`"${name}" is in the list twice`, ...at);
    else checkName(name, at, ignoreValidation, context);
    checkParameters(name, parameters, ['collections', i, 'parameters'], complain);
  });
  if (drp !== undefined && !names.includes(DRP_VIOLATIONS)) {
    complain(`is about the collection \`${DRP_VIOLATIONS}\`, which is not in \`collections\``, 'drp');
  }
}

function checkName(name: string, path: Path, ignoreValidation: boolean, context: z.RefinementCtx): void {
  const complain = (message: string): void => context.addIssue({ code: 'custom', message, path });
  if (name === 'violation/list') return complain(`"${name}" is written \`${DRP_VIOLATIONS}\` here`);
  if (!COLLECTION_NAME.test(name)) {
    return complain(`"${name}" cannot be a collection's name: expected two words and a slash, such as \`apt/threat\``);
  }
  if (COLLECTIONS.includes(name) || ignoreValidation) return;
  const deprecated = deprecation(name);
  if (deprecated !== undefined) return complain(`${deprecated}; \`ignoreValidation: true\` takes it all the same`);
  // As zod itself complains of a word that is none of those it knows: then the configuration has words for it.
  context.addIssue({ code: 'invalid_value', values: [...COLLECTIONS], input: name, path });
}

function checkParameters(
  name: string,
  parameters: Readonly<Record<string, unknown>>,
  path: Path,
  complain: (message: string, ...path: Path) => void,
): void {
  const takes: readonly string[] = parametersOf(name);
  for (const [parameter, value] of Object.entries(parameters)) {
    if (value === undefined || takes.includes(parameter)) continue;
    const list = takes.map((one) => `\`${one}\``).join(', ');
    const instead = takes.length === 0 ? 'it takes none' : `it takes ${list}`;
    complain(`\`${name}\` has no parameter \`${parameter}\`; ${instead}`, ...path, parameter);
  }
}
