/**
 * network_reach.sh --from=<region> --to=<region>: whether what stands in one region reaches what it must in the other:
 * Postgres, as the role that streams, and Redis. It goes from the address of `--from`, so that a rule against that
 * region is met. Status 0 when both let it in, 1 when one does not.
 */
import { connect, Socket, type TcpNetConnectOpts } from 'node:net';
import { Client } from 'pg';
import type { Region } from './lib/facts.ts';
import { Refusal, runScript } from './lib/script.ts';

/** A way on which packets are dropped is as closed as one that refuses, ms. */
const WITHIN_MS = 3_000;

async function toPostgres(from: Region, to: Region): Promise<void> {
  const client = new Client({
    connectionString: to.postgres.replication,
    connectionTimeoutMillis: WITHIN_MS,
    stream: () => socketOf(from.address),
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end().catch(() => {});
  }
}

/** A socket that leaves from this address, whoever connects it. */
function socketOf(localAddress: string): Socket {
  const socket = new Socket();
  const plain = socket.connect.bind(socket) as (options: TcpNetConnectOpts) => Socket;
  socket.connect = ((port: number, host: string) => plain({ port, host, localAddress })) as Socket['connect'];
  return socket;
}

/** That it answers is enough, whatever it says to a stranger. */
const toRedis = (from: Region, url: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(url);
    const socket = connect({ host, port: Number(port), localAddress: from.address, timeout: WITHIN_MS });
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', () => resolve());
    socket.once('timeout', () => reject(new Error(`no answer within ${WITHIN_MS / 1000} s`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('it was closed without an answer')));
    const over = () => socket.destroy();
    socket.once('data', over).once('timeout', over);
  });

await runScript({
  name: 'network_reach.sh',
  usage: 'network_reach.sh --from=<region> --to=<region>',
  regions: ['from', 'to'],
  onlyAsks: true,
  async main({ region }) {
    const [from, to] = [region('from'), region('to')];
    if (from.name === to.name) throw new Refusal(`--from and --to are both ${from.name}. Give two regions.`, 2);
    const ways = [
      { name: 'Postgres', tried: toPostgres(from, to) },
      ...(to.redis === null ? [] : [{ name: 'Redis', tried: toRedis(from, to.redis) }]),
    ];
    const closed = (
      await Promise.all(
        ways.map(({ name, tried }) =>
          tried.then(
            () => [],
            (error: Error) => [`${name} of ${to.name}: ${error.message}`],
          ),
        ),
      )
    ).flat();
    if (closed.length > 0) return { report: { summary: closed.join('; '), reaches: false }, status: 1 };
    const names = ways.map(({ name }) => name).join(' and ');
    return { summary: `${from.name} reaches ${names} of ${to.name}`, reaches: true };
  },
});
