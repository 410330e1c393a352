/**
 * A TCP relay before one server: adds latency to what is said to it, lets a scenario hold an answer back at the very
 * call it waits for (to end Regent between a call and its answer), and can go silent as a network does that is cut.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Relay = {
  /** `127.0.0.1` where nothing else was asked for. */
  readonly host: string;
  readonly port: number;
  readonly silent: boolean;
  latencyMs: number;
  /**
   * Resolves when bytes matching `pattern` have been passed on to the server; from then on no answer of that connection
   * is passed back until `release()`.
   */
  holdAnswerTo(pattern: RegExp): { seen: Promise<void>; release(): void };
  /**
   * Bytes matching `pattern` reach the server only after `ms`, once; they do reach it even when the one who sent them
   * has given up by then, as a packet would that was long on its way.
   */
  delayRequest(pattern: RegExp, ms: number): void;
  /**
   * From now on nothing passes, either way, on connections old and new: they are taken, and nobody answers. Neither
   * side learns that the other one has gone.
   */
  silence(): void;
  /** Lets bytes pass again. What was connected meanwhile is broken off: nobody knows what it missed. */
  speak(): void;
  close(): Promise<void>;
};

/**
 * @param target where the bytes go; asked anew for each connection
 * @param at where to listen; default any free port of 127.0.0.1
 */
export async function startRelay(
  target: () => { host: string; port: number },
  latencyMs = 0,
  at: { host?: string; port?: number } = {},
): Promise<Relay> {
  const { host = '127.0.0.1' } = at;
  const sockets = new Set<Socket>();
  const holds = new Set<{ pattern: RegExp; hit: (socket: Socket) => void }>();
  const held = new Map<Socket, Buffer[]>();
  let delay: { pattern: RegExp; ms: number } | null = null;
  const state = { latencyMs, silent: false };

  const server = createServer((client) => {
    if (state.silent) return swallow(client);
    const upstream = connect(target());
    let underway = false;
    upstream.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') standAside();
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        held.delete(client);
        if (state.silent) return;
        // A proxy says what the server says: the end of one side is the end of the other.
        client.destroy();
        if (!underway) upstream.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => {
      if (state.silent) return;
      const text = chunk.toString('latin1');
      const send = () => {
        if (state.silent) return;
        if (!upstream.destroyed) upstream.write(chunk);
        for (const hold of holds) if (hold.pattern.test(text)) hold.hit(client);
      };
      if (delay?.pattern.test(text)) {
        underway = true;
        setTimeout(() => {
          send();
          // Long enough for the server to act on it; nobody waits for the answer any more.
          setTimeout(() => upstream.destroy(), 1000).unref();
        }, delay.ms).unref();
        delay = null;
      } else if (state.latencyMs > 0) setTimeout(send, state.latencyMs);
      else send();
    });
    upstream.on('data', (chunk: Buffer) => {
      if (state.silent) return;
      const kept = held.get(client);
      if (kept) kept.push(chunk);
      else if (!client.destroyed) client.write(chunk);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port ?? 0, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  let closed = false;

  /** A connection into a network that is cut: it stands, and that is all. */
  function swallow(client: Socket): void {
    sockets.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => sockets.delete(client));
    client.resume();
  }

  /** Nobody listens behind: then nobody listens here either, until somebody does again. */
  function standAside(): void {
    if (!server.listening || state.silent) return;
    server.close();
    const look = () => {
      if (closed || server.listening) return;
      const knock = connect(target());
      knock.once('error', () => setTimeout(look, 50));
      knock.once('connect', () => {
        knock.destroy();
        if (!closed && !server.listening) server.listen(port, host);
      });
    };
    setTimeout(look, 50);
  }

  return {
    host,
    port,
    get silent() {
      return state.silent;
    },
    get latencyMs() {
      return state.latencyMs;
    },
    set latencyMs(ms) {
      state.latencyMs = ms;
    },
    holdAnswerTo(pattern) {
      let release = () => {};
      const seen = new Promise<void>((resolve) => {
        const hold = {
          pattern,
          hit: (socket: Socket) => {
            holds.delete(hold);
            held.set(socket, []);
            release = () => {
              for (const chunk of held.get(socket) ?? []) if (!socket.destroyed) socket.write(chunk);
              held.delete(socket);
            };
            resolve();
          },
        };
        holds.add(hold);
      });
      return { seen, release: () => release() };
    },
    delayRequest(pattern, ms) {
      delay = { pattern, ms };
    },
    silence() {
      state.silent = true;
      // Where nobody listened behind, connections were refused: that would be an answer.
      if (!closed && !server.listening) server.listen(port, host);
    },
    speak() {
      if (!state.silent) return;
      state.silent = false;
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      closed = true;
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
