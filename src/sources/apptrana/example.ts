/** An entry of `sources:` to begin with: what is needed, and commented out what may be. */
export const apptranaExample: readonly string[] = [
  'acme-apptrana:',
  '  type: apptrana',
  '  auth:',
  '    # The API ID and the Key of the connector, as the portal shows them under API Integration.',
  '    clientId: 5f1c0a',
  '    clientSecret: ${env:APPTRANA_KEY}',
  '    # grant: client_credentials # `authorization_code` needs a `redirectUrl` as well',
  '  # websites: [www.example.com] # each a stream; absent: all that the account sees, in one stream',
  '  # eventType: Block # only attacks that were blocked, or `Log`; absent: both',
];
