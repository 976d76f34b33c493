import { CredentialsRejected, RefusedTarget, UnexpectedAnswer } from '../../core/failures.ts';
import { originOf } from '../../http/target.ts';
import { excerpt } from '../../http/redaction.ts';

/**
 * Takes the authorisation code out of the redirection: it is "sent back in the query string of the pre-configured redirection URL"
 * (indusface.txt:30). The document does not name its parameter: it is `code`, or else the only one that the URL did not hold already.
 * @param location the answer's `Location`
 * @param redirectUrl the configured URL
 * @param place of the connector's Key, for messages
 * @throws RefusedTarget when it leads anywhere but to the configured URL
 * @throws CredentialsRejected when it carries an `error`, as OAuth refuses
 * @throws UnexpectedAnswer when there is no code in it. Nothing of the query is in any message.
 */
export function codeIn(location: string, redirectUrl: string, place: string): string {
  const wanted = new URL(redirectUrl);
  const given = URL.canParse(location) ? new URL(location) : undefined;
  if (given === undefined || given.origin !== wanted.origin || given.pathname !== wanted.pathname) {
    const shown = given === undefined ? 'no address' : originOf(given);
    throw new RefusedTarget(`the authorisation leads to ${shown}, and not to \`auth.redirectUrl\``);
  }
  const before = pairs(wanted);
  const after = pairs(given);
  const codes = after.filter(
    ([name, value]) => name === 'code' && !before.some((pair) => pair[0] === name && pair[1] === value),
  );
  const added = after.filter(([name]) => !before.some((pair) => pair[0] === name));
  const error = added.find(([name]) => name === 'error');
  if (codes.length === 0 && error !== undefined) {
    const words = excerpt(Buffer.from(error[1]), 100);
    throw new CredentialsRejected(`the vendor refused the authorisation: ${words}`, place);
  }
  const [found, ...more] = codes.length > 0 ? codes : added;
  if (found === undefined || found[1] === '')
    throw new UnexpectedAnswer('the authorisation: a redirection without a code');
  if (more.length > 0) throw new UnexpectedAnswer('the authorisation: a redirection in which the code cannot be told');
  return found[1];
}

/** A code holds no spaces, so a `+` that was not escaped means itself. */
function pairs(url: URL): readonly (readonly [string, string])[] {
  return [...new URLSearchParams(url.search.replaceAll('+', '%2B'))];
}
