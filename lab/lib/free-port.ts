/**
 * Ports for servers that are stopped and started again.
 * Not from the range the kernel hands to outgoing connections (a port listened on with 0 comes from there): while
 * such a server is down its port may be given away, and a client polling it may even connect to itself.
 */
import { createServer } from 'node:net';

const LOW = 15_000;
const HIGH = 32_000;
const given = new Set<number>();

/** A free TCP port of 127.0.0.1, never the same twice in one process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 500; tries += 1) {
    const port = LOW + Math.floor(Math.random() * (HIGH - LOW));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port between ${LOW} and ${HIGH} on 127.0.0.1 in 500 tries. End servers you no longer need.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
