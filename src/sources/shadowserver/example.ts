/** An entry of `sources:` to begin with: what is needed, and commented out what may be. */
export const shadowserverExample: readonly string[] = [
  'acme-shadow:',
  '  type: shadowserver',
  '  auth:',
  '    apiKey: ${env:SHADOWSERVER_API_KEY}',
  '    secret: ${env:SHADOWSERVER_SECRET}',
  '  # The lists that you are subscribed to; `sluice discover acme-shadow` lists them.',
  '  reports: { lists: [united-states], types: all }',
  "  # queries: { by-port: { query: { geo: US }, facet: port } } # searches in the reports' data, day by day",
  "  # stats: true # the vendor's own counts, as a stream",
];
