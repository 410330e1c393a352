/** What an app may do with a response URL: answer, replace or delete what was clicked, five times in half an hour. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson, BodyError, parseObject, readBody } from './http.ts';
import type { StoredEphemeral, StoredMessage } from './messages.ts';
import { ApiError, type Args, type Lab, readArgs } from './method.ts';
import { contentOf } from './methods/chat.ts';
import type { ResponseUrl } from './tickets.ts';

export async function handleResponseUrl(
  lab: Lab,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  const fault = lab.faults.next('response_url');
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'reset-before') {
    request.socket.destroy();
    return;
  }
  if (fault && !fault.kind.endsWith('after-commit')) {
    const status = { '429': 429, error: 404 }[fault.kind as string] ?? 500;
    answerJson(response, status, { ok: false, error: fault.error ?? 'internal_error' });
    return;
  }
  const [status, answer] = attempt(lab, path, body);
  if (fault?.kind === 'hang-after-commit') return;
  if (fault) request.socket.destroy();
  else answerJson(response, status, answer);
}

function attempt(lab: Lab, path: string, body: string): [status: number, answer: object] {
  const url = lab.tickets.useResponseUrl(path);
  if ('error' in url) return [404, { ok: false, error: url.error }];
  try {
    act(lab, url, readArgs(parseObject(body)));
    return [200, { ok: true }];
  } catch (error) {
    if (error instanceof BodyError) return [400, { ok: false, error: 'invalid_payload' }];
    if (!(error instanceof ApiError)) throw error;
    return [error.code === 'no_text' ? 500 : 400, { ok: false, error: error.code, ...error.extra }];
  }
}

function act(lab: Lab, url: ResponseUrl, args: Args): void {
  const { world, messages } = lab;
  const original = url.original;
  if (original && 'deleted' in original && original.deleted) throw new ApiError('message_not_found');
  if (args.flag('delete_original')) {
    if (original && isEphemeral(original)) messages.removeEphemeral(original);
    else if (original) messages.remove(original);
    return;
  }
  const { text, blocks, attachments } = contentOf(args);
  if (text === '' && blocks.length === 0 && !attachments) throw new ApiError('no_text');
  if (args.flag('replace_original') && original) {
    if (isEphemeral(original)) messages.editEphemeral(original, { text, blocks });
    else messages.edit(original, { text, blocks, attachments }, 'response_url');
    return;
  }
  const threadTs = args.text('thread_ts');
  const place = { channel: url.channel, text, blocks, ...(threadTs ? { threadTs } : {}) };
  if (args.text('response_type') === 'in_channel') {
    messages.post({ ...place, user: world.app.botUserId, isBot: true, attachments });
  } else {
    messages.addEphemeral({ ...place, user: url.user, source: 'response_url' });
  }
}

function isEphemeral(message: StoredMessage | StoredEphemeral): message is StoredEphemeral {
  return 'source' in message;
}
