/**
 * The three calls of Route 53 we make, bounded in time. Reading is repeated by the SDK (adaptive); a change is sent by
 * a client that never repeats anything, on a connection of its own, and sent again by us only after the service has
 * said in words that it did not take it (throttled, or a prior change is under way).
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type ChangeInfo,
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandInput,
  type ListResourceRecordSetsCommandOutput,
  Route53Client,
  type Route53ClientConfig,
} from '@aws-sdk/client-route-53';
import type { DnsChange } from '../../ports/dns.ts';
import { failureOf, refusedForNow } from './failures.ts';
import { presentOf, upsert } from './record-sets.ts';
import { type Present, plainName } from './wanted.ts';

export type ApiOptions = {
  region?: string;
  /** Another address of the API; default AWS's own. */
  endpoint?: string;
  /** Default: the SDK's chain (environment, profile, web identity, instance role). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** What one HTTP request may take. A whole call, with its repetitions, may take `retry.attempts` times that. */
  timeoutMs: number;
  /** Repetition of what was refused for now. Default 8 attempts, 250 ms doubled up to 5 s between them. */
  retry?: { attempts: number; baseMs: number };
};

export type Api = {
  /** The record sets of these names, or of the whole zone where that takes fewer calls. */
  present(zone: string, names: string[], signal: AbortSignal): Promise<Present[]>;
  change(zone: string, changes: DnsChange[], comment: string, signal: AbortSignal): Promise<ChangeInfo>;
  get(zone: string, changeId: string, signal: AbortSignal): Promise<ChangeInfo>;
};

const MAX_PAUSE_MS = 5000;
const MAX_COMMENT = 256;
const PAGE = 100;
const NAME_BY_NAME = 20;

type Doing = { operation: string; zone: string; changing: boolean };

export function route53Api(options: ApiOptions): Api {
  const { timeoutMs, retry = { attempts: 8, baseMs: 250 } } = options;
  const reading = clientFor(options, { maxAttempts: retry.attempts, retryMode: 'adaptive' });
  const writing = clientFor(options, { maxAttempts: 1, retryMode: 'standard' });

  /**
   * The SDK's own waits (between attempts, for credentials) do not look at the signal, so we stop waiting ourselves.
   * @throws IntegrationError
   */
  const bounded = async <T>(
    doing: Doing,
    limitMs: number,
    signal: AbortSignal,
    send: (abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
    const fail = (error: unknown) => failureOf(error, { ...doing, cancelled: signal.aborted, timeoutMs });
    if (signal.aborted) throw failureOf(signal.reason, { ...doing, changing: false, cancelled: true, timeoutMs });
    const given = new Promise<never>((_, reject) => {
      limit.addEventListener('abort', () => reject(limit.reason), { once: true });
    });
    const answer = send(limit);
    answer.catch(() => undefined);
    given.catch(() => undefined);
    return Promise.race([answer, given]).catch((error: unknown) => {
      throw fail(error);
    });
  };
  const read = <T>(operation: string, zone: string, signal: AbortSignal, send: (limit: AbortSignal) => Promise<T>) =>
    bounded({ operation, zone, changing: false }, timeoutMs * retry.attempts, signal, send);

  /** One zone's record sets: from its start on, or those of one name. */
  const list = async (zone: string, name: string | undefined, signal: AbortSignal): Promise<Present[]> => {
    const found: Present[] = [];
    const here = (other: string | undefined) => name === undefined || plainName(other ?? '') === plainName(name);
    let from: Partial<ListResourceRecordSetsCommandInput> | undefined = { StartRecordName: name };
    while (from !== undefined) {
      const command = new ListResourceRecordSetsCommand({ HostedZoneId: zone, MaxItems: PAGE, ...from });
      const page: ListResourceRecordSetsCommandOutput = await read('ListResourceRecordSets', zone, signal, (limit) =>
        reading.send(command, { abortSignal: limit }),
      );
      found.push(...(page.ResourceRecordSets ?? []).filter((set) => here(set.Name)).map(presentOf));
      from =
        page.IsTruncated && here(page.NextRecordName)
          ? {
              StartRecordName: page.NextRecordName,
              StartRecordType: page.NextRecordType,
              StartRecordIdentifier: page.NextRecordIdentifier,
            }
          : undefined;
    }
    return found;
  };

  return {
    async present(zone, names, signal) {
      const starts = names.length > NAME_BY_NAME ? [undefined] : names;
      const found: Present[] = [];
      // One after the other: the account's few calls a second are shared with everything else that uses them.
      for (const start of starts) found.push(...(await list(zone, start, signal)));
      return found;
    },

    async change(zone, changes, comment, signal) {
      const command = new ChangeResourceRecordSetsCommand({
        HostedZoneId: zone,
        ChangeBatch: { Comment: comment.slice(0, MAX_COMMENT), Changes: changes.map(upsert) },
      });
      const doing = { operation: 'ChangeResourceRecordSets', zone, changing: true };
      for (let attempt = 1; ; attempt += 1) {
        try {
          const output = await bounded(doing, timeoutMs, signal, (abortSignal) =>
            writing.send(command, { abortSignal }),
          );
          return output.ChangeInfo!;
        } catch (error) {
          const again = attempt < retry.attempts && refusedForNow((error as Error).cause) && !signal.aborted;
          if (!again) throw error;
          const longest = Math.min(MAX_PAUSE_MS, retry.baseMs * 2 ** (attempt - 1));
          await pause(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
          if (signal.aborted) throw error;
        }
      }
    },

    async get(zone, changeId, signal) {
      const output = await read('GetChange', zone, signal, (abortSignal) =>
        reading.send(new GetChangeCommand({ Id: changeId }), { abortSignal }),
      );
      return output.ChangeInfo!;
    },
  };
}

function clientFor(options: ApiOptions, retry: Pick<Route53ClientConfig, 'maxAttempts' | 'retryMode'>): Route53Client {
  const { region = 'us-east-1', endpoint, credentials, timeoutMs } = options;
  // A kept-alive connection that the far side has just closed turns a change into "maybe taken": use a fresh one.
  const agent = retry.maxAttempts === 1 ? { keepAlive: false } : { keepAlive: true };
  return new Route53Client({
    region,
    ...retry,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    requestHandler: {
      connectionTimeout: Math.min(1500, timeoutMs),
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
}
