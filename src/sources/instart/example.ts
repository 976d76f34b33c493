/** An entry of `sources:` to begin with: what is needed, and commented out what may be. */
export const instartExample: readonly string[] = [
  'acme-cdn:',
  '  type: instart',
  "  # The customer's name in the API: the first part of the path of its address.",
  '  customer: acme',
  '  auth:',
  '    username: ops@example.com',
  '    password: ${env:INSTART_PASSWORD}',
  '  # Each is a stream; `sluice discover acme-cdn` lists the dimensions that there are.',
  '  streams:',
  '    events: { dimensions: [client_ip, rule_id, event_type, event_action, domain] }',
  '    # waf-trends: { dimensions: [waf_action], granularity: 5minute }',
  '  # rowsPerPage: 10000 # the most rows to ask for at once',
];
