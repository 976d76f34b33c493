/**
 * Every metric of our own: names are an interface, so they stand in one place. Labels are `source` and `stream`, which the configuration bounds,
 * and words of closed lists; never an id, a window or a URL. Instants and lengths of time are in seconds, sizes in bytes.
 */
export interface Described {
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

const STREAM = ['source', 'stream'] as const;

/** What the ledger says of each configured stream, read at the scrape. */
export const streamMetrics = {
  sluice_stream_watermark_timestamp_seconds: {
    type: 'gauge',
    help: 'Everything before this instant is held, or known to be lost.',
    labels: STREAM,
  },
  sluice_stream_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When a slice was last sealed, or the vendor last had nothing more.',
    labels: STREAM,
  },
  sluice_stream_expected_by_timestamp_seconds: {
    type: 'gauge',
    help: 'The watermark should have moved on by this instant; from then on the stream is late.',
    labels: STREAM,
  },
  sluice_stream_retention_deadline_timestamp_seconds: {
    type: 'gauge',
    help: 'When the vendor forgets the oldest instant that is due and not held; +Inf if nothing is.',
    labels: STREAM,
  },
  sluice_stream_retention_seconds: {
    type: 'gauge',
    help: 'How far back the vendor serves.',
    labels: STREAM,
  },
  sluice_windows: {
    type: 'gauge',
    help: 'Windows inside the retention, by state; of window streams.',
    labels: [...STREAM, 'state'],
  },
  sluice_windows_lost_total: {
    type: 'counter',
    help: 'Windows that the vendor forgot before they were held, wholly or in part.',
    labels: STREAM,
  },
  sluice_lost_seconds_total: {
    type: 'counter',
    help: 'Time that the vendor forgot before it was held.',
    labels: STREAM,
  },
  sluice_cursor_items_behind: {
    type: 'gauge',
    help: 'Records that the vendor said are still ahead; of sequences.',
    labels: STREAM,
  },
  sluice_backfill_windows: {
    type: 'gauge',
    help: 'Windows that an operator asked for and that are not held yet, by state.',
    labels: [...STREAM, 'state'],
  },
} as const satisfies Record<string, Described>;

/** What Temporal says of each schedule with our mark, also of those that the configuration no longer has. */
export const scheduleMetrics = {
  sluice_schedule_missed_total: {
    type: 'counter',
    help: 'Ticks that Temporal dropped because they were overdue for longer than the catch-up window.',
    labels: STREAM,
  },
  sluice_schedule_skipped_total: {
    type: 'counter',
    help: 'Ticks that were skipped because the pull before was still running.',
    labels: STREAM,
  },
} as const satisfies Record<string, Described>;

/** What a worker counts while it works; each since its own start. */
export const workMetrics = {
  sluice_records_delivered_total: {
    type: 'counter',
    help: 'Records in slices that were sealed.',
    labels: STREAM,
  },
  sluice_bytes_delivered_total: {
    type: 'counter',
    help: 'Bytes of those records, uncompressed.',
    labels: STREAM,
  },
  sluice_records_duplicate_total: {
    type: 'counter',
    help: 'Records that the vendor sent again and that were dropped.',
    labels: STREAM,
  },
  sluice_vendor_requests_total: {
    type: 'counter',
    help: 'Requests to the vendor: 2xx, 3xx, 4xx, 5xx, and apart from these auth (401, 403), throttled (429) and none (no answer).',
    labels: [...STREAM, 'code_class'],
  },
  sluice_vendor_request_duration_seconds: {
    type: 'histogram',
    help: 'From the request to the last byte of its answer.',
    labels: STREAM,
  },
  sluice_vendor_throttled_seconds_total: {
    type: 'counter',
    help: 'Time waited because the vendor said that there were too many requests.',
    labels: STREAM,
  },
  sluice_vendor_concurrency_in_use: {
    type: 'gauge',
    help: 'Requests under way.',
    labels: STREAM,
  },
  sluice_next_url_age_seconds: {
    type: 'histogram',
    help: 'How old a cursor that dies is when it is used.',
    labels: STREAM,
  },
} as const satisfies Record<string, Described>;

export const processMetrics = {
  sluice_build_info: { type: 'gauge', help: 'The version that runs: always 1.', labels: ['version', 'node'] },
  sluice_config_info: { type: 'gauge', help: 'The configuration that runs: always 1.', labels: ['hash'] },
} as const satisfies Record<string, Described>;

/** Every one of them, by name. */
export const catalogue: Readonly<Record<string, Described>> = {
  ...streamMetrics,
  ...scheduleMetrics,
  ...workMetrics,
  ...processMetrics,
};

/** What the vendor's answers are told apart by. */
export const codeClasses = ['2xx', '3xx', '4xx', '5xx', 'auth', 'throttled', 'none'] as const;
export type CodeClass = (typeof codeClasses)[number];
