/** The lab's Route 53: an HTTP server with the real API's calls, its errors, and faults on demand. See `types.ts`. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { propagation } from './changes.ts';
import { type Call, type HostedZone, perform, route, type World } from './operations.ts';
import type { LedgerBatch, Route53Call, Route53Fault, Route53Lab, Route53Options } from './types.ts';
import { ApiError, errorDocument } from './xml.ts';
import { fromServed } from './zone.ts';

const MAX_BODY = 1_000_000;

export async function startRoute53(options: Route53Options): Promise<Route53Lab> {
  const { authority, pace = 1, accessKeyIds } = options;
  const modes = {
    lostChanges: options.lostChanges ?? false,
    refuseWhilePending: options.refuseWhilePending ?? true,
    insyncMs: options.insyncMs,
    latencyMs: options.latencyMs ?? 0,
  };
  const ledger: LedgerBatch[] = [];
  const calls: Route53Call[] = [];
  let faults: (Route53Fault & { left: number })[] = [];
  const world: World = {
    zones: new Map(options.zones.map((zone) => [zone.id, hostedZone(options, zone)])),
    ledger,
    authority,
    propagation: propagation(authority, () => ({ ...modes, insyncMs: modes.insyncMs / pace })),
    refuseWhilePending: () => modes.refuseWhilePending,
  };
  const closing = new AbortController();

  const takeFault = (operation: string): Route53Fault['kind'] | null => {
    const fault = faults.find((other) => other.operation === undefined || other.operation === operation);
    if (fault === undefined) return null;
    fault.left -= 1;
    if (fault.left <= 0) faults = faults.filter((other) => other !== fault);
    return fault.kind;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const where = route(request.method ?? 'GET', new URL(request.url ?? '/', 'http://lab'));
    const call: Call = { ...where, body: await bodyOf(request) };
    const fault = takeFault(call.operation);
    const entry: Route53Call = { at: Date.now(), operation: call.operation, status: null, code: null, fault };
    calls.push(entry);
    if (modes.latencyMs > 0) {
      await pause(modes.latencyMs / pace, undefined, { signal: closing.signal }).catch(() => undefined);
    }
    if (fault === 'hang') return;
    if (fault === 'reset') return void request.socket.destroy();
    try {
      checkCredentials(request, accessKeyIds);
      if (fault !== null) spoil(fault);
      const xml = await perform(world, call);
      if (fault === 'reset-after-commit') return void request.socket.destroy();
      entry.status = 200;
      send(response, 200, xml);
    } catch (thrown) {
      const error = thrown instanceof ApiError ? thrown : new ApiError(500, 'InternalError', String(thrown));
      entry.status = error.status;
      entry.code = error.code;
      send(response, error.status, errorDocument(error, randomUUID()));
    }
  };
  // A caller that hung up in the middle of its request is nobody to answer.
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    ledger: () => structuredClone(ledger),
    calls: () => structuredClone(calls),
    fault: (fault) => void faults.push({ ...fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clearFaults() {
      faults = [];
    },
    mode: (change) => void Object.assign(modes, change),
    async close() {
      closing.abort();
      await world.propagation.close();
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function hostedZone({ authority }: Route53Options, zone: Route53Options['zones'][number]): HostedZone {
  const unserved = (zone.unserved ?? []).map((record) => ({
    ...record,
    ttl: record.alias === undefined ? (record.ttl ?? 60) : null,
    values: record.values ?? [],
  }));
  return { id: zone.id, name: zone.name, records: [...authority.records(zone.name).map(fromServed), ...unserved] };
}

/**
 * The header must be there, name the service and a known access key. The signature itself is not verified: the lab
 * has no secrets to protect, and the SDK's signing is not what is under test.
 */
function checkCredentials(request: IncomingMessage, known: string[] | undefined): void {
  const header = request.headers.authorization ?? '';
  const scope = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/\d{8}\/[a-z0-9-]+\/route53\/aws4_request,/.exec(header);
  if (scope === null) {
    throw new ApiError(403, 'MissingAuthenticationToken', 'The request is not signed for Route 53 (AWS4-HMAC-SHA256).');
  }
  if (known !== undefined && !known.includes(scope[1]!)) {
    throw new ApiError(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.');
  }
}

function spoil(fault: Route53Fault['kind']): void {
  if (fault === '503') throw new ApiError(503, 'ServiceUnavailable', 'The lab was told to be unavailable.');
  if (fault === 'throttle') throw new ApiError(400, 'Throttling', 'Rate exceeded');
  if (fault === 'prior') {
    throw new ApiError(400, 'PriorRequestNotComplete', 'The request was rejected: a prior one is not complete.');
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) request.destroy();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(xml) });
  response.end(xml);
}
