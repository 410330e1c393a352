/** HTTP servers of a test's own, on free ports. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `close` ends every one that was started, and whoever still hangs on it; it may be used again afterwards. */
export function httpServers() {
  const open: Server[] = [];
  return {
    /** Resolves with its address, without a slash at the end. */
    async serve(listener: RequestListener): Promise<string> {
      const server = createServer(listener);
      open.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    async close(): Promise<void> {
      for (const server of open.splice(0)) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}
