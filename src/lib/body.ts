/** What comes in chunks, read no further than is wanted of it. */

/** At most `maxBytes` of it. `cut`: there was more, and leaving it unread ends the connection. Rejects as the body does. */
export async function bodyBytes(
  body: AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<{ bytes: Buffer; cut: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), cut: size > maxBytes };
}

/** As `bodyBytes`, as UTF-8. A character that the limit falls into is damaged. */
export async function bodyText(body: AsyncIterable<Buffer>, maxBytes: number): Promise<{ text: string; cut: boolean }> {
  const { bytes, cut } = await bodyBytes(body, maxBytes);
  return { text: bytes.toString('utf8'), cut };
}
