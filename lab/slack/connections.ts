/**
 * The WebSockets of Socket Mode: one-time tickets, hello, pings, at most ten connections, and every way Slack takes
 * leave of a connection. What travels over them is decided in envelopes.ts.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ConnectionInfo, DisconnectOptions } from './types.ts';
import type { World } from './world.ts';

const MAX_CONNECTIONS = 10;
const PING_EVERY_MS = 10_000;
const HOST = 'applink-lab';

export interface Connection {
  id: string;
  ws: WebSocket;
  tcp: Duplex;
  openedAt: number;
  leaving: boolean;
  delivered: number;
  acked: number;
}

export interface Connections {
  newTicketUrl(): string;
  upgrade(request: IncomingMessage, tcp: Duplex, head: Buffer): void;
  /** The next one in turn that takes envelopes; another than `except` where that is possible. */
  next(except?: Connection): Connection | undefined;
  list(): ConnectionInfo[];
  drop(id?: string): number;
  sendDisconnect(reason: string, options: DisconnectOptions): number;
  refuse(on: boolean, how: number | 'no-hello'): void;
  close(): void;
}

/** `onMessage` gets every text an app sends, acks that is. */
export function createConnections(
  world: World,
  onMessage: (connection: Connection, text: string) => void,
): Connections {
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Set<string>();
  const open = new Map<string, Connection>();
  let opened = 0;
  let turn = 0;
  let refusing: number | 'no-hello' | undefined;

  // Real time, whatever clock was handed in: pings are about the wire, and the client watches them by its own clock.
  const pings = setInterval(() => {
    for (const { ws } of open.values()) if (ws.readyState === ws.OPEN && !ws.isPaused) ws.ping();
  }, PING_EVERY_MS);
  pings.unref();

  function accept(ws: WebSocket, tcp: Duplex): void {
    if (open.size >= MAX_CONNECTIONS) {
      ws.send(disconnectFrame('too_many_websockets'));
      ws.close();
      return;
    }
    opened += 1;
    const connection: Connection = {
      id: `ws-${opened}`,
      ws,
      tcp,
      openedAt: world.now(),
      leaving: refusing === 'no-hello',
      delivered: 0,
      acked: 0,
    };
    open.set(connection.id, connection);
    ws.on('message', (data) => onMessage(connection, String(data)));
    ws.on('error', () => ws.terminate());
    ws.on('close', () => {
      open.delete(connection.id);
      world.changed();
    });
    if (!connection.leaving) ws.send(JSON.stringify(hello(world.app.id, open.size)));
    world.changed();
  }

  const chosen = (id: string | undefined) => [...open.values()].filter((one) => id === undefined || one.id === id);

  return {
    newTicketUrl() {
      const ticket = randomBytes(16).toString('hex');
      tickets.add(ticket);
      return `${world.baseUrl.replace('http:', 'ws:')}/link/?ticket=${ticket}&app_id=${world.app.id}`;
    },
    upgrade(request, tcp, head) {
      tcp.on('error', () => tcp.destroy());
      const url = new URL(request.url ?? '/', 'http://lab');
      const known = url.pathname === '/link/' && tickets.delete(url.searchParams.get('ticket') ?? '');
      const refusal = typeof refusing === 'number' ? refusing : known ? undefined : 401;
      if (refusal !== undefined) {
        tcp.end(`HTTP/1.1 ${refusal} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      server.handleUpgrade(request, tcp, head, (ws) => accept(ws, tcp));
    },
    next(except) {
      const able = [...open.values()].filter((one) => !one.leaving && one.ws.readyState === one.ws.OPEN);
      const others = able.filter((one) => one !== except);
      const from = others.length > 0 ? others : able;
      turn += 1;
      return from[turn % Math.max(1, from.length)];
    },
    list: () =>
      [...open.values()].map(({ id, openedAt, leaving, delivered, acked }) => ({
        id,
        openedAt,
        state: leaving ? ('leaving' as const) : ('open' as const),
        delivered,
        acked,
      })),
    drop(id) {
      const cut = chosen(id);
      for (const { ws } of cut) ws.terminate();
      return cut.length;
    },
    sendDisconnect(reason, { connection, mode = 'close' }) {
      const told = chosen(connection);
      for (const one of told) {
        one.ws.send(disconnectFrame(reason));
        // A warning only announces: the connection is still served until the real notice.
        if (reason !== 'warning') leave(one, mode);
      }
      world.changed();
      return told.length;
    },
    refuse(on, how) {
      refusing = on ? how : undefined;
    },
    close() {
      clearInterval(pings);
      for (const { ws } of open.values()) ws.terminate();
      for (const ws of server.clients) ws.terminate();
      server.close();
    },
  };
}

function leave(connection: Connection, mode: NonNullable<DisconnectOptions['mode']>): void {
  connection.leaving = true;
  // `ws` ends TCP right after answering the close frame; Slack does not.
  if (mode === 'keep-open') connection.tcp.end = () => connection.tcp;
  if (mode === 'silent') connection.ws.pause();
}

function hello(appId: string, connections: number): Record<string, unknown> {
  return {
    type: 'hello',
    num_connections: connections,
    debug_info: { host: HOST, build_number: 1, approximate_connection_time: 18_060 },
    connection_info: { app_id: appId },
  };
}

function disconnectFrame(reason: string): string {
  return JSON.stringify({ type: 'disconnect', reason, debug_info: { host: HOST } });
}
