import {
  isCollection,
  isScalar,
  LineCounter,
  parseDocument,
  Parser,
  visit,
  type CST,
  type Document,
  type YAMLError,
} from 'yaml';
import { createPositions, type Positions, type Stretch } from './positions.ts';
import { createReport, type Report } from './report.ts';
import { DEEPEST, plantTree } from './tree.ts';

/** A configuration file, parsed: plain maps, lists and scalars, and where each of them stands. */
export interface ConfigDocument {
  readonly value: unknown;
  readonly positions: Positions;
  readonly report: Report;
}

/** Parses the text of a configuration. Throws a ConfigError when it is not YAML, of what is wrong the first: the rest follows from it. */
export function parseConfig(file: string, text: string): ConfigDocument {
  const lineCounter = new LineCounter();
  const positions = createPositions(lineCounter);
  const report = createReport(file, text, positions);
  const document = parseYaml(text, lineCounter, report);
  const [error] = document.errors;
  if (error !== undefined) {
    reportSyntax(error, document, text, report);
    report.end();
  }
  for (const warning of document.warnings) {
    const suggestion = 'Leave the tag out; quote the value if it begins with `!`.';
    report.addAt(stretchOf(warning), 'YAML tags (`!name`) mean nothing here', { suggestion, guess: true });
  }
  const value = plantTree({ document, text, positions, report });
  return { value, positions, report };
}

function parseYaml(text: string, lineCounter: LineCounter, report: Report): Document {
  const deep = tooDeep(text);
  if (deep !== undefined) {
    report.addAt({ start: deep, end: deep }, `nested more than ${DEEPEST} levels deep, which no configuration is`, {
      guess: true,
    });
    report.end();
  }
  // Keys that are there twice are found in the tree, where the first one's line is known.
  return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
}

/**
 * The offset of what is nested too deep. The parser's second stage, and what comes after it, are recursive, and a process that has
 * exhausted its stack may die rather than throw; the first stage, which this uses, is not.
 */
function tooDeep(text: string): number | undefined {
  const open: { readonly token: CST.Token; readonly depth: number }[] = [];
  for (const token of new Parser().parse(text)) open.push({ token, depth: 0 });
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const { token, depth } = one;
    if (depth > DEEPEST) return token.offset;
    const inner = 'items' in token ? token.items.flatMap(({ key, value }) => [key, value]) : [];
    if (token.type === 'document') inner.push(token.value);
    for (const next of inner) if (next) open.push({ token: next, depth: depth + 1 });
  }
  return undefined;
}

function stretchOf({ pos }: YAMLError): Stretch {
  return { start: pos[0], end: pos[1] };
}

function reportSyntax(error: YAMLError, document: Document, text: string, report: Report): void {
  const reference = unquotedReference(error, text);
  if (reference === undefined) {
    report.addAt(opening(error, document) ?? stretchOf(error), wordsFor(error), { guess: true });
    return;
  }
  const written = text.slice(reference.start, reference.end);
  // A default may be a secret.
  const quoted = written.includes(':-') ? 'Quote it' : `Quote it: \`"${written}"\``;
  report.addAt(reference, 'a reference inside `{ }` or `[ ]` must be quoted: there its braces are YAML', {
    suggestion: `${quoted}, or use block style, a key on a line of its own.`,
    guess: true,
  });
}

/** The `${…}` outside quotes, in flow style, that the parser stumbled over: on the line of the error, the last that begins before it. */
function unquotedReference({ code, pos }: YAMLError, text: string): Stretch | undefined {
  if (!['UNEXPECTED_TOKEN', 'MISSING_CHAR', 'BAD_INDENT'].includes(code)) return undefined;
  const offset = pos[0];
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const found = text.indexOf('\n', offset);
  const line = text.slice(start, found === -1 ? text.length : found);
  const references = [...line.matchAll(/\$\{[^}\s]*\}?/g)]
    .map((match) => ({ start: start + match.index, end: start + match.index + match[0].length }))
    .filter((one) => isInFlow(text.slice(0, one.start)));
  return references.findLast((one) => one.start <= offset) ?? references[0];
}

/** Whether a `{` or `[` is open at the end of this text, and no quote. */
function isInFlow(before: string): boolean {
  const plain = before.replace(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\$\{[^}\n]*\}|(?<=^|\s)#.*/g, '');
  const depth = (plain.match(/[{[]/g) ?? []).length - (plain.match(/[}\]]/g) ?? []).length;
  return depth > 0 && !/["'][^"'\n]*$/.test(plain);
}

/** Where a quote or bracket that is never closed was opened; the parser only tells where it gave up. */
function opening(error: YAMLError, document: Document): Stretch | undefined {
  const isQuote = isOpenQuote(error);
  if (!isQuote && !isOpenBracket(error)) return undefined;
  let opened: Stretch | undefined;
  visit(document, {
    Node(_, node) {
      const isSuspect = isQuote
        ? isScalar(node) && node.type?.startsWith('QUOTE') === true
        : isCollection(node) && node.flow === true;
      if (isSuspect && node.range && node.range[1] >= error.pos[0])
        opened = { start: node.range[0], end: node.range[0] + 1 };
    },
  });
  return opened;
}

const isOpenQuote = ({ message }: YAMLError): boolean => message.startsWith('Missing closing');
const isOpenBracket = ({ code, message }: YAMLError): boolean => code === 'BAD_INDENT' && message.startsWith('Flow');

/** By the parser's codes: its messages quote what is in the file, and that may be a secret. */
const WORDS: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  TAB_AS_INDENT: 'a tab at the beginning of a line: YAML is indented with spaces',
  MULTIPLE_DOCS: 'a second document begins here (`---`); a configuration is one',
  BLOCK_AS_IMPLICIT_KEY: 'a second `: ` in one line: quote the value, or put the inner map on lines of its own',
  MULTILINE_IMPLICIT_KEY: 'expected `key: value`; the `:` is missing',
  MISSING_CHAR: 'something is missing before this: a `,`, a `:` or a blank',
  BAD_SCALAR_START: 'a value cannot begin with this character; quote it',
  BAD_DQ_ESCAPE: 'an escape that YAML does not know; write the value in single quotes',
  BAD_INDENT: 'the indentation does not fit the lines around it',
  UNEXPECTED_TOKEN: 'YAML does not expect this here',
};

function wordsFor(error: YAMLError): string {
  if (isOpenQuote(error)) return 'a quote is opened here and not closed';
  if (isOpenBracket(error)) return 'a bracket is opened here and not closed, or its lines are not indented enough';
  return WORDS[error.code] ?? 'is not YAML';
}
