import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import { ceilTo, floorTo, type Interval } from '../core/time.ts';
import { openLedger } from '../ledger/open.ts';
import { startPull } from '../ops/pull.ts';
import type { KnownWindowStream } from '../ops/streams.ts';
import { connectClient } from '../temporal/connect.ts';
import { temporalAddress } from '../ops/connection.ts';

/** What the page can do beyond showing. Each returns a line for a person. */
export interface Actions {
  /** Makes a range wanted and starts the stream's pull: what is held is left, what is lost stays lost. Errors: `TemporalUnreachable`, those of the ledger. */
  readonly heal: (stream: KnownWindowStream, range: Interval) => Promise<string>;
}

export function openActions(config: Config): Actions {
  return {
    async heal(stream, range) {
      const { source, stream: name, window } = stream;
      const { grain } = window.limits;
      const whole = { from: floorTo(range.from, grain), until: ceilTo(range.until, grain) };
      const ledger = await openLedger(locations(config).ledger);
      try {
        await ledger.want({ source, stream: name }, whole, Date.now());
      } finally {
        await ledger.close();
      }
      const client = await connectClient(temporalAddress(config));
      try {
        const { workflowId } = await startPull(client, { source, stream: name }, 'page');
        return `${workflowId} runs`;
      } finally {
        await client.close();
      }
    },
  };
}
