/**
 * Asks in the background what people want to see where they decide: the alerts that fire, the providers' status, what
 * would be lost. Seldom while all is quiet, often while something is not; never waited for, and no answer is an answer.
 */
import { sentenceOf } from '../lib/errors.ts';
import type { Alerts } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import type { ProviderStatus, ProviderStatusPages } from '../ports/provider-status.ts';
import type { Around, Surroundings } from '../ports/surroundings.ts';
import { limited } from './limit.ts';

export type AroundWorld = {
  alerts: Alerts | null;
  providers: { names: { name: string; url: string }[]; pages: ProviderStatusPages } | null;
  /** Regions that are in trouble, and primary as far as anybody knows: what would be lost is measured for them. */
  troubled(): string[];
  /** The least that would be lost, over all regions that could take over; null where nobody can say. */
  loss(region: string, signal: AbortSignal): Promise<Omit<NonNullable<Surroundings['loss']>, 'at'> | null>;
  /** How often others are asked while nothing is the matter, and while something is, ms. */
  quietEveryMs: number;
  troubleEveryMs: number;
  /** How long one question may take, ms. */
  callMs: number;
  clock: Clock;
  stop: AbortSignal;
};

export class Surveyor implements Around {
  readonly #world: AroundWorld;
  #alerts: Surroundings['alerts'] = null;
  #providers: ProviderStatus[] = [];
  readonly #loss = new Map<string, NonNullable<Surroundings['loss']>>();
  #askedAt: number | null = null;
  #asking: Promise<void> | null = null;

  constructor(world: AroundWorld) {
    this.#world = world;
    if (world.alerts !== null) this.#alerts = { at: world.clock.now(), silent: 'nobody has answered yet' };
    this.#providers = (world.providers?.names ?? []).map((one) => unknown(one, 'it has not answered yet'));
  }

  of(region: string): Surroundings {
    return { alerts: this.#alerts, providers: this.#providers, loss: this.#loss.get(region) ?? null };
  }

  /** After every round of looks: begins what is due, unless it is under way. Never throws. */
  considered(): void {
    this.#asking ??= this.#askAll().finally(() => {
      this.#asking = null;
    });
  }

  async stopped(): Promise<void> {
    await this.#asking;
  }

  async #askAll(): Promise<void> {
    const { clock, troubled, quietEveryMs, troubleEveryMs } = this.#world;
    const regions = troubled();
    for (const region of [...this.#loss.keys()]) if (!regions.includes(region)) this.#loss.delete(region);
    const everyMs = regions.length > 0 ? troubleEveryMs : quietEveryMs;
    const isDue = this.#askedAt === null || clock.now() - this.#askedAt >= everyMs;
    if (isDue) this.#askedAt = clock.now();
    await Promise.all([
      ...(isDue ? [this.#askAlerts(), this.#askProviders()] : []),
      ...regions.map((region) => this.#measure(region)),
    ]);
  }

  async #askAlerts(): Promise<void> {
    const { alerts, clock } = this.#world;
    if (alerts === null) return;
    try {
      const firing = await this.#limited((signal) => alerts.firing(signal));
      this.#alerts = { at: clock.now(), firing };
    } catch (error) {
      this.#alerts = { at: clock.now(), silent: sentenceOf(error) };
    }
  }

  async #askProviders(): Promise<void> {
    const { providers } = this.#world;
    if (providers === null) return;
    try {
      this.#providers = await this.#limited((signal) => providers.pages.status(signal));
    } catch (error) {
      const why = sentenceOf(error);
      this.#providers = providers.names.map((one) => unknown(one, why));
    }
  }

  async #measure(region: string): Promise<void> {
    const { loss, clock } = this.#world;
    // What was measured last stands: it becomes no less by nobody answering.
    const found = await this.#limited((signal) => loss(region, signal)).catch(() => null);
    if (found !== null) this.#loss.set(region, { ...found, at: clock.now() });
  }

  #limited<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, callMs, stop } = this.#world;
    return limited(clock, callMs, stop, ask);
  }
}

const unknown = ({ name, url }: { name: string; url: string }, why: string): ProviderStatus => ({
  name,
  url,
  state: 'unknown',
  sentence: `${name}: ${why.replace(/\.$/, '')}.`,
});
