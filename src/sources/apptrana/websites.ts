import type { Complaint, Listing } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import type { HttpResponse } from '../../http/client.ts';
import { requireJson } from '../answers.ts';
import { saidBy } from './answers.ts';
import type { Client } from './client.ts';

/** For `sluice discover`: the websites that the account has. */
export async function discover(client: Client, signal: AbortSignal): Promise<readonly Listing[]> {
  return [{ about: 'websites', setting: 'websites', entries: await listWebsites(client, signal) }];
}

/** For `sluice config check --online`: configured websites that the account does not have. The vendor answers these with a refusal, or with nothing. */
export async function review(
  client: Client,
  websites: readonly string[],
  signal: AbortSignal,
): Promise<readonly Complaint[]> {
  await client.authenticate(signal);
  if (websites.length === 0) return [];
  const known = await listWebsites(client, signal);
  const lower = new Set(known.map((name) => name.toLowerCase()));
  return websites.flatMap((name, i) => {
    if (lower.has(name.toLowerCase())) return [];
    return [{ path: ['websites', i], message: `the account has no website \`${name}\``, known }];
  });
}

async function listWebsites(client: Client, signal: AbortSignal): Promise<readonly string[]> {
  const answer = await client.websites(signal);
  requireJson(answer, 'the list of websites');
  const names = namesIn(parse(answer));
  if (names !== undefined) return [...new Set(names)].toSorted();
  throw new UnexpectedAnswer(`the list of websites: no list of names in it: ${saidBy(answer)}`, { body: answer.body });
}

function parse(answer: HttpResponse): unknown {
  try {
    return JSON.parse(answer.body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Members that may hold a website's name, the likeliest first. */
const NAMES = ['websiteName', 'website', 'siteName', 'domainName', 'domain', 'hostName', 'host', 'name', 'url'];

/**
 * The shape is nowhere documented. It is an array of names, or of objects with a name, wherever in the answer; one that is called after websites
 * rather than another, and messages are none.
 */
function namesIn(value: unknown): readonly string[] | undefined {
  const lists = arraysIn(value).flatMap(({ key, list }) => {
    const names = list.map(nameOf);
    return names.every((name) => name !== undefined) ? [{ key, names }] : [];
  });
  const called = lists.find(({ key }) => /site|domain/i.test(key));
  const filled = lists.find(({ names }) => names.length > 0);
  return (called ?? filled ?? lists[0])?.names;
}

interface Found {
  readonly key: string;
  readonly list: readonly unknown[];
}

/** Every array of an answer, the outer ones first, under the name of its member; what is in an array's elements is not looked at. */
function arraysIn(value: unknown): readonly Found[] {
  if (Array.isArray(value)) return [{ key: '', list: value }];
  const found: Found[] = [];
  const ahead = [value];
  for (const next of ahead) {
    if (typeof next !== 'object' || next === null) continue;
    for (const [key, member] of Object.entries(next)) {
      if (/message|error/i.test(key)) continue;
      if (Array.isArray(member)) found.push({ key, list: member as readonly unknown[] });
      else ahead.push(member);
    }
  }
  return found;
}

function nameOf(entry: unknown): string | undefined {
  if (typeof entry === 'string') return entry.trim() || undefined;
  if (typeof entry !== 'object' || entry === null) return undefined;
  const members = Object.entries(entry);
  for (const name of NAMES) {
    const [, value] = members.find(([key]) => key.toLowerCase().replaceAll('_', '') === name.toLowerCase()) ?? [];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
  }
  return undefined;
}
