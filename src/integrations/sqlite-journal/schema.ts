/** The journal's tables. Plain SQL that PostgreSQL takes too, but for the types' names. */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS events (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  token INTEGER NOT NULL,
  deadline INTEGER,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  UNIQUE (run_id, seq)
);
CREATE TABLE IF NOT EXISTS lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, token INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS inbox (key TEXT PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
  n INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  run_id TEXT NOT NULL,
  slot TEXT NOT NULL,
  name TEXT NOT NULL,
  facts TEXT NOT NULL,
  broadcast INTEGER NOT NULL,
  at INTEGER NOT NULL,
  sent INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS outbox_unsent ON outbox (sent, n);
CREATE INDEX IF NOT EXISTS outbox_slot ON outbox (run_id, slot, n);
CREATE TABLE IF NOT EXISTS posts (
  run_id TEXT NOT NULL,
  slot TEXT NOT NULL,
  channel TEXT NOT NULL,
  ts TEXT NOT NULL,
  PRIMARY KEY (run_id, slot)
);
`;
