/** A kind of report: the columns of its files, and what its rows are about. */
export interface ReportType {
  readonly columns: readonly string[];
  /** What queries call `infection` and, mostly, `tag`. */
  readonly topic: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** What queries call `type`: `scan`, `sinkhole`, … */
  readonly family: string;
}

const PLACE = 'asn geo region city naics sector';
const SCAN = `timestamp severity ip protocol port hostname tag ${PLACE} hostname_source`;
const SOURCE = 'src_ip src_port src_asn src_geo src_region src_city src_hostname src_naics src_sector';
const TARGET = 'dst_ip dst_port dst_asn dst_geo dst_region dst_city dst_hostname dst_naics dst_sector';
const DEVICE = 'device_vendor device_type device_model';
const EVENT = `timestamp severity protocol ${SOURCE} ${DEVICE} ${TARGET} public_source infection family tag application version event_id`;
const CERTIFICATE =
  'handshake cipher_suite cert_length subject_common_name issuer_common_name cert_issue_date cert_expiration_date sha1_fingerprint ' +
  'md5_fingerprint serial_number signature_algorithm key_algorithm subject_organization_name subject_organization_unit_name ' +
  'subject_locality_name subject_surname issuer_organization_name issuer_email_address validation_level browser_trusted browser_error ' +
  'http_response_type http_code http_reason server_type transfer_encoding self_signed raw_cert';

const CATALOGUE: Readonly<Record<string, ReportType>> = {
  blocklist: type('malicious-host', 'tcp', 0, `timestamp severity ip hostname source reason ${PLACE} tag`, 'blocklist'),
  botnet_drone: type(
    'mirai',
    'tcp',
    23,
    `timestamp severity ip port hostname tag ${PLACE} infection url agent cc_ip cc_port application`,
  ),
  compromised_account: type(
    'stealer',
    'tcp',
    0,
    'timestamp severity email username source url service tag detail',
    'account',
  ),
  compromised_website: type(
    'cms',
    'tcp',
    443,
    `timestamp severity ip port hostname tag application ${PLACE} url http_host category system detected_since server cc_url family status detail`,
    'compromise',
  ),
  ddos_amplification: type(
    'ntp-amplification',
    'udp',
    123,
    `timestamp severity ip protocol port hostname tag ${PLACE} request count bytes`,
  ),
  event4_honeypot_brute_force: type(
    'ssh-brute-force',
    'tcp',
    22,
    `${EVENT} service start_time end_time client_version username password`,
  ),
  event4_sinkhole_http: type(
    'andromeda',
    'tcp',
    80,
    `${EVENT} http_url http_host http_agent forwarded_by ssl_cipher http_referer`,
    'sinkhole',
  ),
  hp_ics_scan: type(
    'modbus',
    'tcp',
    502,
    `timestamp severity ip port hostname tag ${PLACE} ${DEVICE} dst_ip dst_port state sensor_id`,
  ),
  malware_url: type(
    'malware',
    'tcp',
    443,
    `timestamp severity url hostname ip ${PLACE} tag source sha256 application`,
    'malware',
  ),
  ransomware_victim: type(
    'lockbit',
    'tcp',
    0,
    'timestamp severity victim domain geo sector tag source detail',
    'ransomware',
  ),
  sandbox_dns: type(
    'dns',
    'udp',
    53,
    'timestamp severity md5 request request_type response family tag source',
    'sandbox',
  ),
  scan_exchange: type('exchange', 'tcp', 443, `${SCAN} version servername url`),
  scan_http: type(
    'http',
    'tcp',
    8080,
    `${SCAN} http http_code http_reason content_type connection server content_length banner`,
  ),
  scan_rdp: type(
    'rdp',
    'tcp',
    3389,
    `${SCAN} rdp_protocol cert_length subject_common_name sha1_fingerprint signature_algorithm`,
  ),
  scan_ssl: type('ssl', 'tcp', 443, `${SCAN} ${CERTIFICATE}`),
  scan_ssl_freak: type('ssl-freak', 'tcp', 443, `${SCAN} ${CERTIFICATE} freak_vulnerable freak_cipher_suite`),
  scan_telnet: type('telnet', 'tcp', 23, `${SCAN} banner`),
  spam_url: type('spam', 'tcp', 80, `timestamp severity url hostname ip ${PLACE} tag source subject`, 'spam'),
};

/** The types that are served unless the options name others; eighteen of the vendor's 170. */
export const TYPES: readonly string[] = Object.keys(CATALOGUE);

export function typeOf(name: string): ReportType {
  return CATALOGUE[name] ?? type(name.replace(/^scan_/, '').replaceAll('_', '-'), 'udp', 161, `${SCAN} version banner`);
}

function type(topic: string, protocol: 'tcp' | 'udp', port: number, columns: string, family = 'scan'): ReportType {
  return { topic, protocol, port, columns: columns.split(' '), family };
}
