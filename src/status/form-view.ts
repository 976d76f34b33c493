import { html } from 'hono/html';
import { isoInterval, type Interval } from '../core/time.ts';
import type { TypedRange } from './asked-range.ts';

type Html = ReturnType<typeof html>;

/** What a form must bring along; absent where nobody may act. */
export interface FormKey {
  readonly token: string;
  /** Whether the person has to know the server's token. */
  readonly needsSecret: boolean;
}

export interface FormShown {
  readonly key: FormKey;
  /** Where it is sent; by default the page itself. */
  readonly action?: string;
  /** What it brings along beside the button's word. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly buttons: readonly { readonly word: string; readonly label: string; readonly isQuiet?: boolean }[];
}

/** A form whose buttons act: each sends its own word as `do`. */
export function formView({ key, action = '', fields = {}, buttons }: FormShown): Html {
  return html`<form method="post" action="${action}">
    <input type="hidden" name="form" value="${key.token}" />
    ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    ${key.needsSecret ? html`<label>token <input name="token" type="password" autocomplete="off" required /></label>` : ''}
    ${buttons.map(
      ({ word, label, isQuiet = false }) =>
        html`<button type="submit" name="do" value="${word}" ${isQuiet ? html`class="quiet"` : ''}>${label}</button>`,
    )}
  </form>`;
}

/** Asks for a range of the page's stream, for who does not pick it on the axis. @param typed stands in it instead, where it is no range */
export function rangeForm(range: Interval, typed: TypedRange | undefined): Html {
  const { from, until } = typed ?? isoInterval(range);
  return html`<form method="get">
    <label>from <input name="from" value="${from}" size="22" required /></label>
    <label>until <input name="until" value="${until}" size="22" required /></label>
    <button type="submit" class="quiet">Look</button>
  </form>`;
}
