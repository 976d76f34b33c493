/** An entry of `sources:` to begin with: what is needed, and commented out what may be. */
export const signalSciencesExample: readonly string[] = [
  'acme-waf:',
  '  type: signal-sciences',
  "  # The short names, as they stand in the dashboard's address; each site is a stream.",
  '  corp: testcorp',
  '  sites: [www.example.com]',
  '  auth:',
  '    email: ops@example.com',
  '    password: ${env:SIGSCI_PASSWORD}',
  '    # or, instead of both, an API token:',
  '    #   user: ops@example.com',
  '    #   token: ${env:SIGSCI_TOKEN}',
  '  # tags: [SQLI, XSS] # only requests with one of these signals; absent: all',
  '  # limit: 1000 # records a page',
];
