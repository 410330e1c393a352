/**
 * One connection to the cluster of one region. Every request has its own time limit and really ends when the caller
 * aborts: the library has no limit by itself and ignores a signal, so requests go through our own transport.
 */
import type { RequestOptions } from 'node:https';
import {
  AppsV1Api,
  AutoscalingV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  createConfiguration,
  KubeConfig,
  NetworkingV1Api,
  type RequestContext,
  ResponseContext,
  type SecurityAuthentication,
  ServerConfiguration,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import { Agent, type Dispatcher, fetch } from 'undici';
import { ConfigError } from '../../lib/errors.ts';
import { type Ended, failure } from './failure.ts';

export type RegionOptions = { kubeconfig?: string; context: string; namespace: string };

export type Apis = {
  apps: AppsV1Api;
  core: CoreV1Api;
  autoscaling: AutoscalingV1Api;
  networking: NetworkingV1Api;
  coordination: CoordinationV1Api;
  custom: CustomObjectsApi;
};

export type Region = {
  name: string;
  namespace: string;
  /** Runs calls of one operation; what they throw comes out as an `IntegrationError`. */
  call<T>(operation: string, signal: AbortSignal, run: (apis: Apis) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** @throws ConfigError when the kubeconfig cannot be read or has no such context */
export function connect(name: string, options: RegionOptions, timeoutMs: number): Region {
  const config = load(name, options);
  const cluster = config.getCurrentCluster()!;
  const agents = createAgents(config, timeoutMs);

  return {
    name,
    namespace: options.namespace,
    async call(operation, signal, run) {
      const ended = { timedOut: false, aborted: false, sent: false, timeoutMs };
      try {
        signal.throwIfAborted();
        return await run(apisFor(signal, ended));
      } catch (error) {
        ended.aborted = signal.aborted;
        const { context, namespace } = options;
        throw failure(error, { region: name, context, namespace, operation }, ended);
      }
    },
    close: agents.close,
  };

  function apisFor(signal: AbortSignal, ended: Ended): Apis {
    const onTimeout = () => {
      ended.timedOut = true;
    };
    const limited = <T>(work: (limit: AbortSignal) => Promise<T>): Promise<T> => {
      const timeout = AbortSignal.timeout(timeoutMs);
      timeout.addEventListener('abort', onTimeout, { once: true });
      return raced(work, AbortSignal.any([signal, timeout])).finally(() =>
        timeout.removeEventListener('abort', onTimeout),
      );
    };
    const authentication: SecurityAuthentication = {
      getName: () => 'kubeconfig',
      // An exec plugin of the kubeconfig may hang as well.
      applySecurityAuthentication: (context) => limited(() => agents.authenticate(context)),
    };
    const configuration = createConfiguration({
      baseServer: new ServerConfiguration(cluster.server, {}),
      authMethods: { default: authentication },
      httpApi: wrapHttpLibrary({
        send: (request) => {
          ended.sent = true;
          return limited((limit) => send(request, limit));
        },
      }),
    });
    return {
      apps: new AppsV1Api(configuration),
      core: new CoreV1Api(configuration),
      autoscaling: new AutoscalingV1Api(configuration),
      networking: new NetworkingV1Api(configuration),
      coordination: new CoordinationV1Api(configuration),
      custom: new CustomObjectsApi(configuration),
    };
  }
}

/** One `KubeConfig` a region: the library reads its current context anew at each call, so it must never change later. */
function load(region: string, { kubeconfig, context }: RegionOptions): KubeConfig {
  const config = new KubeConfig();
  const where = kubeconfig === undefined ? 'the default kubeconfig' : `the kubeconfig "${kubeconfig}"`;
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (cause) {
    throw new ConfigError(`Kubernetes of ${region} cannot be asked: Regent cannot read ${where}.`, {
      code: 'kubernetes-kubeconfig',
      hint: 'Check that the file exists, can be read, and is a kubeconfig.',
      cause,
    });
  }
  config.setCurrentContext(context);
  if (!config.getCurrentCluster()) {
    const known = config.getContexts().map((one) => one.name);
    throw new ConfigError(
      `Kubernetes of ${region} cannot be asked: there is no context "${context}" with a cluster in ${where}.`,
      {
        code: 'kubernetes-context',
        hint: `It has: ${known.length > 0 ? known.join(', ') : 'none'}.`,
      },
    );
  }
  return config;
}

/** The whole body is read under the same limit: a server may hang after its headers. */
async function send(request: RequestContext, signal: AbortSignal): Promise<ResponseContext> {
  const body = request.getBody();
  const dispatcher = request.getDispatcher();
  const response = await fetch(request.getUrl(), {
    method: request.getHttpMethod().toString(),
    headers: request.getHeaders(),
    signal,
    ...(typeof body === 'string' ? { body } : {}),
    ...(dispatcher === undefined ? {} : { dispatcher: dispatcher as Dispatcher }),
  });
  const text = await response.text();
  return new ResponseContext(response.status, Object.fromEntries(response.headers), {
    text: async () => text,
    binary: async () => Buffer.from(text),
    stream: () => null,
  });
}

function raced<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason as Error);
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work(signal)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp));
  });
}

/** Credentials of each request, and one agent for as long as the certificates stay: connections are reused. */
function createAgents(config: KubeConfig, timeoutMs: number) {
  // Shorter than the whole limit: a connection that never came about is proof that nothing was done.
  const connectMs = Math.ceil(timeoutMs * 0.75);
  let current: { key: string; agent: Agent } | undefined;
  return {
    async authenticate(context: RequestContext): Promise<void> {
      if (config.getCurrentCluster()?.proxyUrl) return config.applySecurityAuthentication(context);
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      for (const [name, value] of Object.entries(options.headers ?? {})) context.setHeaderParam(name, String(value));
      if (options.auth) {
        context.setHeaderParam('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
      }
      const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
      const tls = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
      const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
      const print = JSON.stringify(given, (_name, value) =>
        Buffer.isBuffer(value) ? value.toString('base64') : value,
      );
      if (current?.key !== print) {
        void current?.agent.close();
        current = { key: print, agent: new Agent({ connect: { ...given, timeout: connectMs } }) };
      }
      context.setDispatcher(current.agent);
    },
    async close(): Promise<void> {
      await current?.agent.destroy();
      current = undefined;
    },
  };
}
