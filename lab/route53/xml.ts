/** Route 53's XML, in and out: the shapes of its API of 2013-04-01 and its two kinds of error document. */
import { XMLParser } from 'fast-xml-parser';
import type { ChangeAction } from './types.ts';
import type { Stored } from './zone.ts';

const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/';
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';

export type WantedChange = { action: ChangeAction; record: Stored };
export type ChangeRequest = { comment: string; changes: WantedChange[] };

/** An answer that is an error: `ErrorResponse` with this code, as the SDK recognises it. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const escapeXml = (text: string): string => text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);

export const tag = (name: string, content: string): string => `<${name}>${content}</${name}>`;
export const textTag = (name: string, text: string | number): string => tag(name, escapeXml(String(text)));

export const documentOf = (root: string, content: string): string =>
  `${HEAD}<${root} xmlns="${NAMESPACE}">${content}</${root}>`;

export function errorDocument(error: ApiError, requestId: string): string {
  const type = error.status >= 500 ? 'Receiver' : 'Sender';
  const inner = textTag('Type', type) + textTag('Code', error.code) + textTag('Message', error.message);
  return documentOf('ErrorResponse', tag('Error', inner) + textTag('RequestId', requestId));
}

export function recordXml(record: Stored): string {
  const values = record.values.map((value) => tag('ResourceRecord', textTag('Value', value))).join('');
  const { alias } = record;
  const target =
    alias === undefined
      ? ''
      : textTag('HostedZoneId', alias.hostedZoneId) +
        textTag('DNSName', `${alias.dnsName}.`) +
        textTag('EvaluateTargetHealth', 'false');
  return tag(
    'ResourceRecordSet',
    textTag('Name', `${record.name}.`) +
      textTag('Type', record.type) +
      (record.setIdentifier === undefined ? '' : textTag('SetIdentifier', record.setIdentifier)) +
      (record.weight === undefined ? '' : textTag('Weight', record.weight)) +
      (record.ttl === null ? '' : textTag('TTL', record.ttl)) +
      (values === '' ? '' : tag('ResourceRecords', values)) +
      (target === '' ? '' : tag('AliasTarget', target)) +
      (record.healthCheckId === undefined ? '' : textTag('HealthCheckId', record.healthCheckId)),
  );
}

const parser = new XMLParser({
  parseTagValue: false,
  ignoreAttributes: true,
  isArray: (name) => name === 'Change' || name === 'ResourceRecord',
});

type Node = { [key: string]: unknown };
const child = (node: unknown, key: string): unknown =>
  typeof node === 'object' && node !== null ? (node as Node)[key] : undefined;
const text = (node: unknown, key: string): string | undefined => {
  const value = child(node, key);
  return typeof value === 'string' ? value : undefined;
};
const list = (node: unknown, key: string): unknown[] => {
  const value = child(node, key);
  return Array.isArray(value) ? value : [];
};

/** @throws ApiError InvalidInput on anything the API would not read, or that the lab could not serve truthfully. */
export function parseChangeRequest(body: string): ChangeRequest {
  let root: unknown;
  try {
    root = child(parser.parse(body), 'ChangeResourceRecordSetsRequest');
  } catch {
    throw new ApiError(400, 'InvalidInput', 'The body is not XML.');
  }
  const batch = child(root, 'ChangeBatch');
  const changes = list(child(batch, 'Changes'), 'Change').map((change): WantedChange => {
    const action = text(change, 'Action') as ChangeAction | undefined;
    if (action === undefined || !['CREATE', 'UPSERT', 'DELETE'].includes(action)) {
      throw new ApiError(400, 'InvalidInput', `Action ${action ?? '(none)'} is not CREATE, UPSERT or DELETE.`);
    }
    return { action, record: recordOf(child(change, 'ResourceRecordSet')) };
  });
  if (changes.length === 0) throw new ApiError(400, 'InvalidInput', 'The batch has no changes.');
  const comment = text(batch, 'Comment') ?? '';
  if (comment.length > 256) throw new ApiError(400, 'InvalidInput', 'The comment is longer than 256 characters.');
  return { comment, changes };
}

function recordOf(set: unknown): Stored {
  const [name, type, ttl] = [text(set, 'Name'), text(set, 'Type'), text(set, 'TTL')];
  if (name === undefined || type === undefined) throw new ApiError(400, 'InvalidInput', 'Name or Type is missing.');
  if (child(set, 'AliasTarget') !== undefined || text(set, 'SetIdentifier') !== undefined) {
    throw new ApiError(400, 'InvalidInput', 'The lab lists aliases and weighted records but takes no changes of them.');
  }
  const values = list(child(set, 'ResourceRecords'), 'ResourceRecord').map((record) => text(record, 'Value') ?? '');
  if (ttl === undefined || !/^\d{1,10}$/.test(ttl) || Number(ttl) > 2_147_483_647) {
    throw new ApiError(400, 'InvalidInput', `TTL ${ttl ?? '(none)'} of ${name} is not a number of seconds.`);
  }
  return { name: name.toLowerCase().replace(/\.$/, ''), type, ttl: Number(ttl), values };
}
