/** The regions' load balancers: one port at each region's own loopback address, so that a name's address decides. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RegionRuntime } from './region.ts';

export type Ingress = { readonly port: number; close(): Promise<void> };

const listen = (server: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });

/** The same port everywhere, as 443 would be. */
export async function startIngress(regions: RegionRuntime[], attempts = 10): Promise<Ingress> {
  const servers = regions.map((region) => createServer(region.ingress));
  const close = async () => {
    await Promise.all(
      servers.map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      ),
    );
  };
  try {
    let port = 0;
    for (const [index, server] of servers.entries()) port = await listen(server, port, regions[index]!.address);
    return { port, close };
  } catch (error) {
    await close();
    const { code } = error as { code?: string };
    if (code === 'EADDRINUSE' && attempts > 1) return await startIngress(regions, attempts - 1);
    if (code === 'EADDRNOTAVAIL')
      throw new Error(
        `The lab needs the loopback addresses ${regions.map((region) => region.address).join(' and ')}. On macOS: ${regions.map((region) => `sudo ifconfig lo0 alias ${region.address}`).join(' && ')}.`,
      );
    throw error;
  }
}
