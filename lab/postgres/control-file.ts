/** Reads `global/pg_control`, as `pg_controldata` would: the one witness about a server that needs no server. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlState } from './types.ts';

const STATES = [
  'starting up',
  'shut down',
  'shut down in recovery',
  'shutting down',
  'in crash recovery',
  'in archive recovery',
  'in production',
];

/** State at byte 16, latest checkpoint at byte 32, its timeline at byte 48, system identifier at byte 0. */
export function readControlFile(dataDirectory: string): ControlState {
  const bytes = readFileSync(join(dataDirectory, 'global', 'pg_control'));
  const state = bytes.readUInt32LE(16);
  return {
    state: STATES[state] ?? `unknown state ${state}`,
    checkpoint: lsnText(bytes.readBigUInt64LE(32)),
    timeline: bytes.readUInt32LE(48),
    systemIdentifier: bytes.readBigUInt64LE(0).toString(),
  };
}

/** `0/300A0E0` */
export function lsnText(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase();
}

/** The number behind `0/300A0E0`. */
export function lsnValue(text: string): bigint {
  const [high = '', low = ''] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}
