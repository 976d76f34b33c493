/** What a user typed cannot be done; the message says why and what would. Exit code 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
