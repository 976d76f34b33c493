import type { Config } from '../config/load.ts';
import { openActions } from '../status/actions.ts';
import { createStatusApp } from '../status/app.ts';
import { listen, type Listening } from '../status/listen.ts';
import { keepLedger } from './ledger.ts';
import { namespaceLink } from './links.ts';

export interface ServeOptions {
  readonly config: Config;
  /** `host:port`; port 0 takes any. */
  readonly address: string;
  /** What actions need where others than this machine can ask; absent: then there are none. */
  readonly token?: string | undefined;
  /** Names under which it may be asked, beside the loopback's and the address's own. */
  readonly hosts?: readonly string[];
}

const ADVICE = 'Choose another one: `sluice serve --port 8091`.';

/** Serves the status page. Errors: `PortInUse`. */
export async function serveStatus({ config, address, token, hosts = [] }: ServeOptions): Promise<Listening> {
  const host = address.slice(0, address.lastIndexOf(':'));
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(host);
  const app = createStatusApp({
    config,
    actions: openActions(config),
    temporalUi: namespaceLink(config),
    isLocal,
    token,
    hosts: [...hosts, address],
  });
  const served = await listen(app, address, 'the status page', ADVICE);
  const letGo = keepLedger(config);
  return {
    url: served.url,
    async close() {
      await served.close();
      await letGo();
    },
  };
}
