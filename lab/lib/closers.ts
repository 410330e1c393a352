/** What has been started ends in reverse. Whoever starts something says at once how it ends. */
export type Keep = (end: () => Promise<unknown> | unknown) => void;

/** `close` ends everything that was kept, once, and says what could not be ended instead of throwing it. */
export function closers(say: (line: string) => void): { keep: Keep; close(): Promise<void> } {
  const ends: Parameters<Keep>[0][] = [];
  let closed = false;
  const over = (end: Parameters<Keep>[0]) =>
    Promise.resolve()
      .then(end)
      .catch((error: Error) => say(`while closing: ${error.message}`));
  return {
    keep(end) {
      // Something that was still starting when another one failed.
      if (closed) void over(end);
      else ends.push(end);
    },
    async close() {
      closed = true;
      for (const end of ends.splice(0).reverse()) await over(end);
    },
  };
}
