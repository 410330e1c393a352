/** A plain reader of server-sent events: waits for the next one of a kind. */

export interface Events {
  /** Rejects when the stream ends first. */
  next(kind: string): Promise<unknown>;
  close(): Promise<void>;
}

export async function readEvents(url: string, as: string): Promise<Events> {
  const stop = new AbortController();
  const response = await fetch(`${url}events?as=${as}`, { signal: stop.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const waiting: { kind: string; data: unknown }[] = [];
  let rest = '';

  async function more(): Promise<void> {
    const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
    if (done) throw new Error('The events have ended.');
    const parts = (rest + (value ?? '')).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const [, kind = '', data = 'null'] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
      if (kind) waiting.push({ kind, data: JSON.parse(data) });
    }
  }

  return {
    async next(kind) {
      for (;;) {
        const at = waiting.findIndex((one) => one.kind === kind);
        if (at >= 0) return waiting.splice(at, 1)[0]?.data;
        await more();
      }
    },
    async close() {
      stop.abort();
      await reader.cancel().catch(() => {});
    },
  };
}
