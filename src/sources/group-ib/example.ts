/** An entry of `sources:` to begin with: what is needed, and commented out what may be. */
export const groupIbExample: readonly string[] = [
  'acme-gib:',
  '  type: group-ib',
  '  auth:',
  '    username: ops@example.com',
  '    apiKey: ${env:GROUP_IB_API_KEY}',
  '  # Each is a stream; `sluice discover acme-gib` lists those that the account is granted.',
  '  collections: [apt/threat]',
  '  # requestsPerSecond: 1 # over all collections of the account on one machine',
];
