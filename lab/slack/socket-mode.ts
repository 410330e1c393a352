/**
 * Envelopes of Socket Mode: each goes to one connection, is answered within three seconds or counts as lost. Events
 * are sent again after 0 s, 1 min and 5 min under a new envelope id; commands and interactions never.
 */
import { randomUUID } from 'node:crypto';
import { type Connection, type Connections, createConnections } from './connections.ts';
import { isObject } from './shape.ts';
import type { DeliveryError } from './types.ts';
import type { World } from './world.ts';

export type EnvelopeType = 'slash_commands' | 'interactive' | 'events_api';

export type Delivery = { ack: Record<string, unknown> } | { error: DeliveryError };

/** The ways of a delivery to the app, whichever it is. */
export interface Deliveries {
  /** `answerable`: whether what the app puts into its ack counts. Never rejects. */
  deliver(type: EnvelopeType, payload: Record<string, unknown>, answerable: boolean): Promise<Delivery>;
  /** Whether the first attempt was acknowledged; more follow by themselves if not. */
  deliverEvent(payload: Record<string, unknown>): Promise<boolean>;
  duplicateNext(): void;
  deaf(on: boolean): void;
}

export type SocketMode = Connections & Deliveries;

export interface SocketOptions {
  ackLimitMs: number;
  eventRetryDelaysMs: number[];
  pause: () => Promise<void>;
}

interface Waiting {
  answer(payload: Record<string, unknown>): void;
  giveUp(error: DeliveryError): void;
}

export function createSocketMode(world: World, options: SocketOptions): SocketMode {
  const waiting = new Map<string, Waiting>();
  const connections = createConnections(world, onMessage);
  let duplicate = false;
  let deaf = false;
  let closed = false;

  function onMessage(connection: Connection, text: string): void {
    const message = parse(text);
    const id = message?.['envelope_id'];
    if (typeof id !== 'string') return;
    connection.acked += 1;
    const payload = message?.['payload'];
    waiting.get(id)?.answer(isObject(payload) ? payload : {});
  }

  function transmit(connection: Connection, text: string): void {
    connection.delivered += 1;
    connection.ws.send(text, () => {
      // A socket dying under the send shows as a missing ack.
    });
  }

  async function send(
    type: EnvelopeType,
    payload: Record<string, unknown>,
    extra: Record<string, unknown>,
  ): Promise<Delivery> {
    await options.pause();
    world.counters.envelopes += 1;
    const connection = closed ? undefined : connections.next();
    if (!connection) {
      world.counters.undeliverable += 1;
      world.changed();
      return { error: 'dispatch_failed' };
    }
    const id = randomUUID();
    const text = JSON.stringify({ envelope_id: id, type, payload, ...extra });
    return new Promise<Delivery>((resolve) => {
      const settle = (delivery: Delivery) => {
        cancel();
        waiting.delete(id);
        world.counters['ack' in delivery ? 'acked' : 'timeouts'] += 1;
        resolve(delivery);
        world.changed();
      };
      const cancel = world.after(options.ackLimitMs, () => settle({ error: 'operation_timeout' }));
      waiting.set(id, { answer: (ack) => settle({ ack }), giveUp: (error) => settle({ error }) });
      if (!deaf) {
        transmit(connection, text);
        if (duplicate) transmit(connections.next(connection) ?? connection, text);
        duplicate = false;
      }
      world.changed();
    });
  }

  async function deliverEvent(payload: Record<string, unknown>, attempt = 0): Promise<boolean> {
    const retry = { retry_attempt: attempt, retry_reason: attempt === 0 ? '' : 'timeout' };
    const delivery = await send('events_api', payload, { accepts_response_payload: false, ...retry });
    if ('ack' in delivery) return true;
    const delay = options.eventRetryDelaysMs[attempt];
    if (delay !== undefined && !closed) {
      world.after(delay, () => {
        world.counters.redelivered += 1;
        void deliverEvent(payload, attempt + 1);
      });
    }
    return false;
  }

  return {
    ...connections,
    async deliver(type, payload, answerable) {
      const delivery = await send(type, payload, { accepts_response_payload: answerable });
      return 'ack' in delivery && !answerable ? { ack: {} } : delivery;
    },
    deliverEvent: (payload) => deliverEvent(payload),
    duplicateNext() {
      duplicate = true;
    },
    deaf(on) {
      deaf = on;
    },
    close() {
      closed = true;
      connections.close();
      for (const one of [...waiting.values()]) one.giveUp('dispatch_failed');
    },
  };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
