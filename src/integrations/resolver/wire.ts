/**
 * One DNS question to one server, over UDP and, where the answer was cut short, over TCP. Not node:dns, because we need
 * the TTL of every type, the aa bit and the difference between "no such name" and "no answer", and must be able to stop.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIP, isIPv6 } from 'node:net';
import { type DecodedPacket, decode, encode, RECURSION_DESIRED, type RecordType } from 'dns-packet';

export type Endpoint = { address: string; port: number };
export type WireQuestion = { name: string; type: RecordType; recursive: boolean };

/** `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:53`; undefined when it is none of these. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const parts = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text) ?? /^([^:]+)(?::(\d{1,5}))?$/.exec(text);
  if (parts === null) return isIPv6(text) ? { address: text, port: 53 } : undefined;
  const port = Number(parts[2] ?? 53);
  return isIP(parts[1]!) > 0 && port > 0 && port < 65_536 ? { address: parts[1]!, port } : undefined;
}

/** @throws Error with a `code` or a sentence when no fitting answer came before the signal ended the wait. */
export async function exchange(to: Endpoint, question: WireQuestion, signal: AbortSignal): Promise<DecodedPacket> {
  const id = randomInt(65_536);
  const query = encode({
    type: 'query',
    id,
    flags: question.recursive ? RECURSION_DESIRED : 0,
    questions: [{ name: question.name, type: question.type }],
  });
  const fits = (packet: DecodedPacket): boolean => {
    const echoed = packet.questions?.[0];
    // A server that could not read the question echoes none; its error code is still the answer.
    const same = echoed === undefined || echoed.name.toLowerCase() === question.name.toLowerCase();
    return packet.id === id && packet.flag_qr && same;
  };
  const packet = await overUdp(to, query, fits, signal);
  return packet.flag_tc ? overTcp(to, query, fits, signal) : packet;
}

type Fits = (packet: DecodedPacket) => boolean;

function overUdp(to: Endpoint, query: Buffer, fits: Fits, signal: AbortSignal): Promise<DecodedPacket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = createSocket(isIPv6(to.address) ? 'udp6' : 'udp4');
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', onAbort);
      socket.close();
      settle();
    };
    const onAbort = () => end(() => reject(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', (error) => end(() => reject(error)));
    socket.on('message', (message) => {
      const packet = decoded(message);
      if (packet !== undefined && fits(packet)) end(() => resolve(packet));
    });
    // Connected, so that answers from elsewhere are dropped and a closed port is an error instead of a silence.
    socket.connect(to.port, to.address, () => socket.send(query));
  });
}

function overTcp(to: Endpoint, query: Buffer, fits: Fits, signal: AbortSignal): Promise<DecodedPacket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: to.address, port: to.port, signal });
    let pending = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it closed the connection')));
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      if (pending.length < 2 || pending.length < 2 + pending.readUInt16BE(0)) return;
      const packet = decoded(pending.subarray(2, 2 + pending.readUInt16BE(0)));
      if (packet !== undefined && fits(packet)) resolve(packet);
      else reject(new Error('its answer over TCP does not fit the question'));
      socket.destroy();
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
  });
}

/** Anyone may send us anything: what cannot be read is no answer. */
function decoded(message: Buffer): DecodedPacket | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}
