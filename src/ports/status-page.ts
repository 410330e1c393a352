/** The page customers read. One incident a run, under one key the caller gives; best effort, never in a failover's way. */

export type PageStatus = 'investigating' | 'identified' | 'monitoring';
export type ComponentState = 'operational' | 'degraded' | 'partialOutage' | 'majorOutage' | 'maintenance';
export type Impact = 'none' | 'minor' | 'major' | 'critical';

export type PageIncident = {
  /** Its headline. */
  name: string;
  /** The first thing said below it. */
  body: string;
  status: PageStatus;
  impact: Impact;
  /** State of each component that is touched, by our own name for it. */
  components: Record<string, ComponentState>;
};

export type PageUpdate = {
  body: string;
  status: PageStatus;
  impact?: Impact;
  components?: Record<string, ComponentState>;
};

/** What is planned, told ahead of time: the page begins and ends it by itself. */
export type PageMaintenance = {
  name: string;
  body: string;
  /** ms since the epoch; `from` is not past. */
  from: number;
  until: number;
  /** Our own names of what it touches. */
  components: string[];
};

/** Every verb throws IntegrationError; `effect: 'none'` only where surely nothing changed. */
export interface StatusPage {
  /** Opens the incident of this key, or finds the one that was opened under it (`already`), open or over. */
  open(key: string, incident: PageIncident, signal: AbortSignal): Promise<{ link: string | null; already: boolean }>;
  /** Says something more. What already stands there as the last thing said is not said twice. */
  update(key: string, update: PageUpdate, signal: AbortSignal): Promise<void>;
  /** Ends it. Components keep the state they have: name those that are well again. An incident already ended stays as it is. */
  resolve(
    key: string,
    last: { body: string; components?: Record<string, ComponentState> },
    signal: AbortSignal,
  ): Promise<void>;
  /** Announces maintenance under this key, or finds the one that was announced under it (`already`), over or not. */
  announce(
    key: string,
    maintenance: PageMaintenance,
    signal: AbortSignal,
  ): Promise<{ link: string | null; already: boolean }>;
  /** Takes an announcement back, with the last thing said about it. One that is over, or was never made, stays as it is. */
  takeBack(key: string, body: string, signal: AbortSignal): Promise<void>;
}
