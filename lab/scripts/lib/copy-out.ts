/** `COPY … TO STDOUT` through the `pg` client, which has no word for it itself: a query that takes the bytes. */
import type { Client, Connection, Submittable } from 'pg';

/** Runs one COPY and hands on its data as it comes; resolves with the number of rows. */
export function copyOut(client: Client, statement: string, onData: (chunk: Buffer) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    let rows = 0;
    const query: Submittable & { [handler: string]: unknown } = {
      submit: (connection: Connection) => connection.query(statement),
      handleCopyData: ({ chunk }: { chunk: Buffer }) => onData(chunk),
      handleCommandComplete: ({ text }: { text: string }) => {
        rows = Number(text.replace(/^COPY /, ''));
      },
      handleReadyForQuery: () => resolve(rows),
      handleError: (error: Error) => reject(error),
    };
    client.query(query);
  });
}
