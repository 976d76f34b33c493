// What tests run as a process of its own, to be killed or interrupted:
//   temporal-child find <cache>                    finds the Temporal CLI and prints its path
//   temporal-child start <data file> <port>        starts a server, prints where, and stays until it is ended
//   temporal-child crash <data file> <port>        starts a server, prints where, and ends by an uncaught error at the first input
import { once } from 'node:events';
import { findTemporal } from '../../src/temporal/binary.ts';
import { startTemporal } from '../../src/temporal/server.ts';

const [verb, path = '', port = ''] = process.argv.slice(2);
const say = (line: string): boolean => process.stderr.write(`${line}\n`);

if (verb === 'find') {
  process.stdout.write(`${await findTemporal({ cache: path, onProgress: say })}\n`);
} else {
  const { address, pid } = await startTemporal({ dataFile: path, port: Number(port), searchAttributes: {}, log: say });
  process.stdout.write(`${JSON.stringify({ address, pid })}\n`);
  await once(process.stdin, 'data');
  if (verb === 'crash') throw new Error('uncaught, on purpose');
}
