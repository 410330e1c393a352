/** The lab's mail server. See `types.ts`. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { LAB_CERTIFICATE, LAB_KEY } from '../lib/certificate.ts';
import { problemsOf, readMessage } from './read.ts';
import type { MailFault, MailLab, MailOptions, ReceivedMail } from './types.ts';

const MAX_BYTES = 1_000_000;

export async function startMail(options: MailOptions): Promise<MailLab> {
  const { security, auth, domains, refuse = [], refuseForNow = [], maxBytes = MAX_BYTES } = options;
  const mails: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  const spoiled = new Map<string, MailFault['kind']>();
  let connections = 0;
  let faults: (MailFault & { left: number })[] = [];

  const takeFault = (): MailFault['kind'] | undefined => {
    const [fault] = faults;
    if (fault === undefined) return undefined;
    fault.left -= 1;
    if (fault.left <= 0) faults = faults.filter((other) => other !== fault);
    return fault.kind;
  };
  const cut = ({ remotePort }: SMTPServerSession) => {
    for (const socket of sockets) if (socket.remotePort === remotePort) socket.destroy();
  };

  const server = new SMTPServer({
    name: 'lab',
    banner: 'Regent lab',
    secure: security === 'implicit',
    key: LAB_KEY,
    cert: LAB_CERTIFICATE,
    disabledCommands: [...(security === 'starttls' ? [] : ['STARTTLS']), ...(auth === undefined ? ['AUTH'] : [])],
    authOptional: auth === undefined,
    size: maxBytes,
    disableReverseLookup: true,
    logger: false,
    onConnect(session, done) {
      connections += 1;
      const fault = takeFault();
      if (fault !== undefined) spoiled.set(session.id, fault);
      if (fault !== 'no-greeting') done();
    },
    onClose: ({ id }) => void spoiled.delete(id),
    onAuth(given, _session, done) {
      if (given.username === auth?.user && given.password === auth?.password) done(null, { user: given.username });
      else done(answer(535, '5.7.8 Authentication credentials invalid'));
    },
    onMailFrom(_address, session, done) {
      const fault = spoiled.get(session.id);
      if (security === 'starttls' && !session.secure) done(answer(530, '5.7.0 Must issue a STARTTLS command first'));
      else if (fault === 'busy') done(answer(451, '4.3.0 Try again later'));
      else if (fault === 'broken') done(answer(554, '5.3.0 The lab was told to be broken'));
      else done();
    },
    onRcptTo({ address }, session, done) {
      const domain = address.slice(address.lastIndexOf('@') + 1);
      if (spoiled.get(session.id) === 'cut') cut(session);
      else if (refuse.includes(address)) done(answer(550, '5.1.1 No such user here'));
      else if (refuseForNow.includes(address)) done(answer(450, '4.2.1 Mailbox busy'));
      else if (domains !== undefined && !domains.includes(domain)) done(answer(550, '5.7.1 Relaying denied'));
      else done();
    },
    onData(stream, session, done) {
      const taken = read(stream).then((raw) => {
        const fault = spoiled.get(session.id);
        if (fault === 'full') return done(answer(452, '4.3.1 Insufficient system storage'));
        if (stream.sizeExceeded) return done(answer(552, '5.3.4 Message too big'));
        const problems = problemsOf(raw);
        if (problems.length > 0) return done(answer(550, `5.6.0 ${problems.join(', ')}`));
        mails.push(received(raw, session));
        if (fault === 'no-answer') return;
        if (fault === 'cut-after') return cut(session);
        done(null, `2.0.0 Taken as ${mails.length}`);
      });
      // Whoever sends it is gone before its end: there is nobody to answer, and nothing was taken.
      taken.catch(() => {});
    },
  });
  // Broken connections are part of the game.
  server.on('error', () => {});
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listener = server.listen(options.port ?? 0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    host: '127.0.0.1',
    port: (listener.address() as AddressInfo).port,
    mails: () => structuredClone(mails),
    connections: () => connections,
    open: () => server.connections.size,
    fault: (fault) => void faults.push({ ...fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clearFaults() {
      faults = [];
    },
    async close() {
      if (!listener.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const answer = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

/** One byte in each character: the message says itself what its bytes mean. */
async function read(stream: SMTPServerDataStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

function received(raw: string, session: SMTPServerSession): ReceivedMail {
  const { headers, text, html } = readMessage(raw);
  const { mailFrom, rcptTo } = session.envelope;
  return {
    id: headers['message-id'] ?? '',
    sender: mailFrom === false ? '' : mailFrom.address,
    recipients: rcptTo.map(({ address }) => address),
    from: headers['from'] ?? '',
    to: headers['to'] ?? '',
    subject: headers['subject'] ?? '',
    text,
    html,
    headers,
    secure: session.secure,
    // The library says false for nobody.
    user: session.user || null,
    raw,
    at: Date.now(),
  };
}
