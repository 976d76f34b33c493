import type { Strikes } from '../kit/faults.ts';
import { jsonAnswer, type Answer, type Refusal } from '../kit/http.ts';
import type { AttackRequest } from './attack-request.ts';
import type { Faults, Occasion } from './faults.ts';
import type { World } from './world.ts';

const HTML = Buffer.from('<!DOCTYPE html><html><title>502 Bad Gateway</title><body>Bad Gateway</body></html>');
const JSON_TYPE = { 'Content-Type': 'application/json' };
const HTML_TYPE = { 'Content-Type': 'text/html; charset=utf-8' };
/** "Details are available up to 30 days" (indusface.txt:65). */
export const RETENTION = 30 * 86_400_000;

/** The page shows this shape for a 401 (indusface.txt:57-59); what a 400 and a 500 hold it does not say. */
export function refusalAnswer({ status, message, headers }: Refusal): Answer {
  return jsonAnswer(status, { errorMessages: [message] }, headers);
}

/** What stands in for the answer when a fault strikes; `undefined` when none does. */
export function wrongAnswer(faults: Faults, strikes: Strikes<Occasion>, occasion: Occasion): Answer | undefined {
  const struck = (
    name: 'serverError' | 'badGateway' | 'htmlWith200' | 'emptyBody' | 'errorWith200' | 'failureWith200',
  ) => strikes.strike(name, faults[name], occasion) !== undefined;
  if (struck('serverError')) return jsonAnswer(500, { errorMessages: ['Server error'] });
  if (struck('badGateway')) return { status: 502, headers: HTML_TYPE, body: [HTML] };
  const redirect = strikes.strike('redirect302', faults.redirect302, occasion);
  if (redirect !== undefined)
    return { status: 302, headers: { ...HTML_TYPE, Location: redirect.location ?? '/login' }, body: [HTML] };
  if (struck('htmlWith200')) return { status: 200, headers: HTML_TYPE, body: [HTML] };
  if (struck('emptyBody')) return { status: 200, headers: JSON_TYPE, body: [] };
  if (struck('errorWith200')) return jsonAnswer(200, { errorMessages: ['Something went wrong'] });
  if (struck('failureWith200')) return jsonAnswer(200, { successMessage: 'Failure', data: [] });
  return undefined;
}

interface Found {
  readonly website: string;
  readonly attacks: readonly Buffer[];
}

/** `{successMessage, data: [{websiteName, attacks}]}` (indusface.txt:93-124), written piece by piece: attacks stay the bytes that they are. */
export function attackAnswer(
  world: World,
  faults: Faults,
  { start, end, eventType }: AttackRequest,
  websites: readonly string[],
  now: number,
): Answer {
  const from = Math.max(start, now - RETENTION);
  const all = websites.map((website): Found => ({
    website,
    attacks: from < end ? world.attacks(website, from, end, eventType) : [],
  }));
  const shown = truncated(all, faults.truncateTo);
  const body = write(shown, faults);
  return { status: 200, headers: JSON_TYPE, body };
}

/** The first attacks of the answer, without a word on the others. */
function truncated(found: readonly Found[], most: number | null): readonly Found[] {
  let left = most ?? Infinity;
  return found.map(({ website, attacks }) => {
    const some = attacks.slice(0, left);
    left -= some.length;
    return { website, attacks: some };
  });
}

function write(found: readonly Found[], faults: Faults): readonly Buffer[] {
  const { quietWebsite, strayBlanks, prettyPrinted } = faults;
  const line = prettyPrinted ? '\n  ' : '';
  if (quietWebsite === 'data-null' && found.every(({ attacks }) => attacks.length === 0)) {
    return [Buffer.from(`{${line}"successMessage":"Success",${line}"data":null}`)];
  }
  const sites = found.filter(({ attacks }) => attacks.length > 0 || quietWebsite !== 'missing');
  const pieces: Buffer[] = [Buffer.from(`{${line}"successMessage":"Success",${line}"data":[`)];
  sites.forEach(({ website, attacks }, place) => {
    const name = JSON.stringify(strayBlanks ? ` ${website} ` : website);
    pieces.push(Buffer.from(`${place === 0 ? '' : ','}{${line}"websiteName":${name}`));
    if (attacks.length === 0) {
      pieces.push(Buffer.from(QUIET[quietWebsite]));
      return;
    }
    pieces.push(Buffer.from(`,${line}"attacks":[`));
    attacks.forEach((attack, i) => pieces.push(Buffer.from(i === 0 ? line : `,${line}`), attack));
    pieces.push(Buffer.from(`${line}]}`));
  });
  pieces.push(Buffer.from(`${line}]}`));
  return pieces;
}

const QUIET: Readonly<Record<Faults['quietWebsite'], string>> = {
  'empty-list': ',"attacks":[]}',
  null: ',"attacks":null}',
  absent: '}',
  missing: '}',
  'data-null': ',"attacks":[]}',
};
