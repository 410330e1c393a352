/**
 * `GET /events?as=U1`: server-sent events with what this person sees. Three kinds: `slack` (a Snapshot), `world`
 * (`{ at, world }`), `trouble` (a sentence: the world could not be read). A reader who is slow gets fewer, never stale ones.
 */
import type { ServerResponse } from 'node:http';
import type { SlackLab } from '../slack/types.ts';
import { type Coalesced, coalesce } from './coalesce.ts';
import type { WorldView } from './world-view.ts';

/** At most about five messages of a kind per second. */
const GAP_MS = 200;
/** So that a browser that vanished without a word is noticed. */
const HEARTBEAT_MS = 15_000;

export interface EventSources {
  slack: SlackLab;
  world: () => WorldView;
  onWorldChange: (listener: () => void) => () => void;
}

/** Keeps `response` open and writes to it until it closes or the returned function is called. */
export function streamEvents({ slack, world, onWorldChange }: EventSources, as: string, response: ServerResponse) {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.write('retry: 1000\n\n');

  const send = (event: string, data: unknown) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const waiting = new Set<Coalesced>();
  const paced = (write: () => void) => {
    const task = coalesce(() => {
      // What has not left yet would only pile up; the drain asks again.
      if (!response.writableNeedDrain) return write();
      if (waiting.has(task)) return;
      waiting.add(task);
      response.once('drain', () => {
        waiting.delete(task);
        task.touch();
      });
    }, GAP_MS);
    return task;
  };
  const slackChanged = paced(() => send('slack', slack.snapshot(as)));
  const worldChanged = paced(() => {
    try {
      send('world', { at: Date.now(), world: world() });
    } catch (error) {
      send('trouble', `The world cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  });

  const stops = [
    slack.subscribe(slackChanged.touch),
    onWorldChange(worldChanged.touch),
    slackChanged.stop,
    worldChanged.stop,
  ];
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
  const stop = () => {
    clearInterval(heartbeat);
    for (const end of stops) end();
    response.end();
  };
  response.once('close', stop);
  slackChanged.touch();
  worldChanged.touch();
  return stop;
}
