import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** The head of an answer, as it came. */
export interface AnswerSeen {
  readonly origin: string;
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What undici tells of each answer: https://undici.nodejs.org, "Diagnostics Channel Support". */
const CHANNEL = 'undici:request:headers';

/** Shows every answer's head to `look` until the returned function is called. It sees headers only, and those of the whole process. */
export function watchAnswers(look: (answer: AnswerSeen) => void): () => void {
  const hear = (message: unknown): void => {
    const { request, response } = message as Message;
    look({ origin: String(request.origin), status: response.statusCode, headers: headersOf(response.headers) });
  };
  subscribe(CHANNEL, hear);
  return () => void unsubscribe(CHANNEL, hear);
}

interface Message {
  readonly request: { readonly origin?: unknown };
  /** Names and values in turn. */
  readonly response: { readonly statusCode: number; readonly headers: readonly (Buffer | string)[] };
}

function headersOf(raw: readonly (Buffer | string)[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) headers[String(raw[i]).toLowerCase()] = String(raw[i + 1]);
  return headers;
}
