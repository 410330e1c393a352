/**
 * The lab's page: a small server on 127.0.0.1 that shows one person's Slack and the world beside it in a browser, and
 * lets the person act. It adds nothing of its own: what is seen comes from `SlackLab` and `world()`, what is done goes
 * through `SlackLab`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BodyError, readBody } from '../slack/http.ts';
import { ActError, act, personNamed } from './act.ts';
import { type EventSources, streamEvents } from './events.ts';
import { refusal } from './guard.ts';
import { rolesOf } from './roles.ts';
import { sendFile } from './static-files.ts';

export type * from './world-view.ts';

export interface PageOptions extends EventSources {
  /** The command offered to somebody who has never seen the page. */
  suggested: string;
  /** By user id: what this person may do, in a few words. */
  may?: Record<string, string>;
  /** Default 0: any free one. */
  port?: number;
}

export interface Page {
  url: string;
  /** Ends open pages too. */
  close(): Promise<void>;
}

/** Starts the page and answers once it listens. Rejects when the port is taken. */
export async function startPage(options: PageOptions): Promise<Page> {
  const { slack, suggested, may } = options;
  const streams = new Set<() => void>();

  const setup = () => {
    const { people, app, team } = slack.snapshot();
    return { suggested, people: rolesOf(people, may), app: app.name, team: team.name };
  };

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = refusal(request);
    if (refused) return answer(response, 403, { error: refused });
    const url = new URL(request.url ?? '/', 'http://lab');
    const called = `${request.method} ${url.pathname}`;
    if (called === 'GET /setup') return answer(response, 200, setup());
    if (called === 'GET /events') {
      const as = personNamed(slack, url.searchParams.get('as') ?? '');
      const stop = streamEvents(options, as, response);
      streams.add(stop);
      response.once('close', () => streams.delete(stop));
      return;
    }
    if (called === 'POST /act') {
      const { as, result } = await act(slack, await readBody(request));
      return answer(response, 200, { result, slack: slack.snapshot(as) });
    }
    if (request.method === 'GET' && (await sendFile(url.pathname, response))) return;
    answer(response, 404, { error: `Nothing answers "${called}" here: the page is at /.` });
  }

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      const said = error instanceof Error ? error.message : String(error);
      if (error instanceof ActError) answer(response, 400, { error: said });
      else if (error instanceof BodyError)
        answer(response, 413, { error: 'The request is longer than 1 MB: shorten it.' });
      else
        answer(response, 500, { error: `The lab itself failed: ${said}. This is a bug of the lab, not of the bot.` });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      for (const stop of streams) stop();
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await ended;
    },
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(JSON.stringify(body));
}
