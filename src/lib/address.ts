/** From a URL's host to the one address that is then connected to, and nothing else. */
import { lookup, Resolver } from 'node:dns/promises';
import { isIP, isIPv6, type LookupFunction } from 'node:net';
import { isLinkLocal } from './link-local.ts';

export type AddressOptions = {
  /** `address:port` of the resolvers to ask; default: the system's way, with its hosts file and cache. */
  resolvers: string[] | undefined;
  timeoutMs: number;
  /** Link-local addresses that may be asked all the same. */
  allowAddresses: string[];
};

/** @throws Error whose message is a sentence: the name did not resolve, or to a place we must not ask. */
export async function addressOf(host: string, options: AddressOptions, signal: AbortSignal): Promise<string> {
  const literal = host.replace(/^\[|\]$/g, '');
  const address = isIP(literal) > 0 ? literal : await resolved(literal, options, signal);
  if (isLinkLocal(address) && !options.allowAddresses.includes(address)) {
    throw new Error(`${host} leads to the link-local address ${address}, which is not asked.`);
  }
  return address;
}

async function resolved(host: string, { resolvers, timeoutMs }: AddressOptions, signal: AbortSignal): Promise<string> {
  const asked = resolvers === undefined ? "the system's resolver" : resolvers.join(', ');
  const refuse = (code: string) => new Error(`${host} did not resolve: ${asked} says ${code}.`);
  if (resolvers === undefined) {
    const found = await stoppable(lookup(host), signal).catch((error: NodeJS.ErrnoException) => {
      throw refuse(signal.aborted ? 'nothing' : (error.code ?? 'nothing'));
    });
    return found.address;
  }
  // A resolver of its own for each question: a shared one may keep what it heard.
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  resolver.setServers(resolvers);
  const stop = () => resolver.cancel();
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    const addresses = await resolver.resolve4(host).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENODATA') return resolver.resolve6(host);
      throw error;
    });
    return addresses[0]!;
  } catch (error) {
    throw refuse(signal.aborted ? 'nothing' : ((error as NodeJS.ErrnoException).code ?? 'nothing'));
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** A `lookup` for a connection that knows one answer: this address, whatever the name would resolve to by now. */
export function lookupOf(address: string): LookupFunction {
  const family = isIPv6(address) ? 6 : 4;
  return (_host, options, callback) => {
    if (options.all) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

/** The system's lookup cannot be cancelled; we can only stop waiting for it. */
function stoppable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
