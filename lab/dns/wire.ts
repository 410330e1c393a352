/**
 * A DNS server's sockets: UDP and TCP on one and the same port of 127.0.0.1, with truncation, EDNS sizes and error
 * codes as `dig` and stub resolvers expect them. What is answered comes from `handle`.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  type DecodedPacket,
  decode,
  encode,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet';

export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
export type Rcode = keyof typeof RCODE;
export type WireReply = { rcode: Rcode; answers: Answer[]; authorities: Answer[]; aa: boolean; ra: boolean };
/** Null: say nothing at all. */
export type Handle = (
  question: { name: string; type: string; recursionDesired: boolean },
  over: 'udp' | 'tcp',
) => Promise<WireReply | null>;

export type WireServer = { port: number; close(): Promise<void> };

export const refusal = (rcode: Rcode): WireReply => ({ rcode, answers: [], authorities: [], aa: false, ra: false });

export async function startWire(handle: Handle, port = 0): Promise<WireServer> {
  const { udp, tcp } = await bindBoth(port);
  const open = new Set<Socket>();
  udp.on('message', async (message, from) => {
    const reply = await replyTo(message, handle, 'udp');
    if (reply !== null && !closed) udp.send(reply, from.port, from.address);
  });
  tcp.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    readFrames(socket, async (message) => {
      const reply = await replyTo(message, handle, 'tcp');
      if (reply === null || socket.destroyed) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([length, reply]));
    });
  });
  let closed = false;
  return {
    port: udp.address().port,
    async close() {
      if (closed) return;
      closed = true;
      for (const socket of open) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

/** UDP picks a free port, TCP must get the same one: another process may hold it, so try a few. */
async function bindBoth(port: number): Promise<{ udp: UdpSocket; tcp: Server }> {
  for (let attempt = 1; ; attempt += 1) {
    const udp = createSocket('udp4');
    udp.bind(port, '127.0.0.1');
    await once(udp, 'listening');
    const tcp = createServer();
    tcp.listen(udp.address().port, '127.0.0.1');
    try {
      await once(tcp, 'listening');
      return { udp, tcp };
    } catch (error) {
      udp.close();
      if (port !== 0 || attempt === 20) throw error;
    }
  }
}

function readFrames(socket: Socket, onMessage: (message: Buffer) => void): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      onMessage(pending.subarray(2, end));
      pending = pending.subarray(end);
    }
  });
}

async function replyTo(message: Buffer, handle: Handle, over: 'udp' | 'tcp'): Promise<Buffer | null> {
  if (message.length < 12) return null;
  let query: DecodedPacket;
  try {
    query = decode(message);
  } catch {
    return encode({ type: 'response', id: message.readUInt16BE(0), flags: RCODE.FORMERR });
  }
  if (query.flag_qr) return null;
  const question = query.questions?.[0];
  const opcode = (message.readUInt16BE(2) >> 11) & 0xf;
  let reply: WireReply | null;
  if (question === undefined || query.questions!.length !== 1) reply = refusal('FORMERR');
  else if (opcode !== 0) reply = refusal('NOTIMP');
  else if ((question.class ?? 'IN') !== 'IN' || ['AXFR', 'IXFR'].includes(question.type)) reply = refusal('REFUSED');
  else {
    const asked = { name: question.name, type: question.type, recursionDesired: query.flag_rd };
    reply = await handle(asked, over).catch(() => refusal('SERVFAIL'));
  }
  return reply === null ? null : encodeReply(query, reply, over);
}

function encodeReply(query: DecodedPacket, reply: WireReply, over: 'udp' | 'tcp'): Buffer {
  const opt = query.additionals?.find((additional) => additional.type === 'OPT');
  const limit = over === 'tcp' ? 65_535 : Math.min(Math.max(opt?.udpPayloadSize ?? 512, 512), 1232);
  const flags =
    RCODE[reply.rcode] |
    (reply.aa ? AUTHORITATIVE_ANSWER : 0) |
    (reply.ra ? RECURSION_AVAILABLE : 0) |
    (query.flag_rd ? RECURSION_DESIRED : 0);
  const packet = {
    type: 'response' as const,
    id: query.id!,
    questions: query.questions ?? [],
    answers: reply.answers,
    authorities: reply.authorities,
    additionals: opt === undefined ? [] : [{ ...opt, udpPayloadSize: 1232, options: [] }],
  };
  const whole = encode({ ...packet, flags });
  if (whole.length <= limit) return whole;
  return encode({ ...packet, flags: flags | TRUNCATED_RESPONSE, answers: [], authorities: [] });
}
