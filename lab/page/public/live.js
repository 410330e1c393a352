/** The two ways to the server: events coming in, deeds going out. */

/** @import { Snapshot } from '../../slack/types.ts' */
/** @import { WorldView } from '../world-view.ts' */

/**
 * @typedef {object} Listener
 * @property {(slack: Snapshot) => void} slack
 * @property {(world: WorldView, at: number) => void} world
 * @property {() => void} opened each time the line stands, again too
 * @property {(sentence: string) => void} trouble an empty one when it is over
 */

/** Follows what `as` sees; returns the way to stop. @param {string} as @param {Listener} listener */
export function follow(as, listener) {
  const source = new EventSource(`events?as=${encodeURIComponent(as)}`);
  let broken = '';
  /** @param {string} sentence */
  const trouble = (sentence) => {
    if (sentence !== broken) listener.trouble(sentence);
    broken = sentence;
  };
  source.addEventListener('open', () => {
    listener.opened();
    trouble('');
  });
  source.addEventListener('slack', (event) => listener.slack(JSON.parse(event.data)));
  source.addEventListener('world', (event) => {
    const { at, world } = JSON.parse(event.data);
    trouble('');
    listener.world(world, at);
  });
  source.addEventListener('trouble', (event) => trouble(JSON.parse(event.data)));
  source.addEventListener('error', () => {
    trouble('The lab does not answer. Is it still running? This page goes on trying; what it shows is old.');
    // The browser tries again by itself unless the answer was an error.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000);
  });
  return () => source.close();
}

/**
 * Does something as a person. Rejects with one sentence to show.
 * @param {string} as @param {string} deed @param {Record<string, unknown>} more
 * @returns {Promise<{ result: Record<string, unknown> | null, slack: Snapshot }>}
 */
export async function act(as, deed, more) {
  let response;
  try {
    response = await fetch('act', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...more, as, do: deed }),
    });
  } catch {
    throw new Error('The lab does not answer. Whether this was done is not known.');
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}
