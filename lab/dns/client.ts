/** The lab's own small DNS client: what the resolver and Route 53 ask the authority with, and tests ask anyone with. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { type Answer, type DecodedPacket, decode, encode, RECURSION_DESIRED, type RecordType } from 'dns-packet';
import { RCODE, type Rcode } from './wire.ts';

export type Asked = { rcode: Rcode; aa: boolean; answers: Answer[]; authorities: Answer[] };

/**
 * Asks one server (`127.0.0.1:PORT`) one question; over TCP where the UDP answer was cut short.
 * @throws Error when nothing fitting came within `timeoutMs`.
 */
export async function ask(server: string, name: string, type: string, timeoutMs = 1000): Promise<Asked> {
  const [host, port] = [server.slice(0, server.lastIndexOf(':')), Number(server.slice(server.lastIndexOf(':') + 1))];
  const id = randomInt(65_536);
  const query = encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name, type: type as RecordType }],
  });
  let packet = await overUdp(host, port, id, query, timeoutMs);
  if (packet.flag_tc) packet = await overTcp(host, port, query, timeoutMs);
  const code = (packet.flags ?? 0) & 0xf;
  const rcode = (Object.keys(RCODE) as Rcode[]).find((key) => RCODE[key] === code) ?? 'SERVFAIL';
  return { rcode, aa: packet.flag_aa, answers: packet.answers ?? [], authorities: packet.authorities ?? [] };
}

/** The values of one type at the end of a chain of CNAMEs, as strings. */
export function valuesOf(answers: Answer[], type: string): string[] {
  return answers.flatMap((answer) => {
    if (answer.type !== type || !('data' in answer)) return [];
    return [Array.isArray(answer.data) ? answer.data.join('') : String(answer.data)];
  });
}

function overUdp(host: string, port: number, id: number, query: Buffer, timeoutMs: number): Promise<DecodedPacket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const end = (settle: () => void) => {
      clearTimeout(timer);
      socket.close();
      settle();
    };
    const timer = setTimeout(() => end(() => reject(new Error(`${host}:${port} did not answer`))), timeoutMs);
    socket.on('error', (error) => end(() => reject(error)));
    socket.on('message', (message) => {
      const packet = decode(message);
      if (packet.id === id) end(() => resolve(packet));
    });
    socket.connect(port, host, () => socket.send(query));
  });
}

function overTcp(host: string, port: number, query: Buffer, timeoutMs: number): Promise<DecodedPacket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    const timer = setTimeout(() => socket.destroy(new Error(`${host}:${port} did not answer over TCP`)), timeoutMs);
    let pending = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      reject(new Error(`${host}:${port} closed the connection`));
    });
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      if (pending.length < 2 || pending.length < 2 + pending.readUInt16BE(0)) return;
      resolve(decode(pending.subarray(2, 2 + pending.readUInt16BE(0))));
      socket.destroy();
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
  });
}
