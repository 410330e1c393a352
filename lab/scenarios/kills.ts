/**
 * SIGKILL to Regent on the way: at named calls, between the call's arrival at its server and its answer; and at
 * positions of its journal drawn from a printed seed. Each time a new process is started, as a supervisor would.
 */
import { type RegentProcess, startRegent } from '../world/regent.ts';
import type { World } from '../world/world.ts';
import { KILL_POINTS, type KillPoint } from './faults.ts';

export type KillPlan = {
  points: KillPoint[];
  /** How many more at random positions. */
  positions: number;
  seed: number;
};

/** Where an undisturbed run's first and last interesting events stand in its journal. */
const FIRST = 2;
const LAST = 50;

/** Small, seeded and good enough to draw positions (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Distinct positions, ascending. */
export function positionsOf({ positions, seed }: KillPlan): number[] {
  const random = randomOf(seed);
  const drawn = new Set<number>();
  while (drawn.size < Math.min(positions, LAST - FIRST + 1))
    drawn.add(FIRST + Math.floor(random() * (LAST - FIRST + 1)));
  return [...drawn].sort((a, b) => a - b);
}

/** Regent under a supervisor: killed as planned, started again each time. */
export class Supervised {
  readonly #world: World;
  readonly #say: (line: string) => void;
  readonly #left: number[];
  #process!: RegentProcess;
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Where it was killed, in order. */
  readonly killed: string[] = [];

  constructor(world: World, plan: KillPlan, say: (line: string) => void) {
    this.#world = world;
    this.#say = say;
    this.#left = positionsOf(plan);
    if (plan.positions > 0) say(`kills at journal positions ${this.#left.join(', ')} (seed ${plan.seed})`);
    for (const point of plan.points) void this.#killAt(point);
  }

  async start(): Promise<void> {
    this.#process = await startRegent(this.#world, (line) => this.#read(line));
  }

  /** Told to end, after a restart under way is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#turn;
    if (this.#process?.running()) await this.#process.stop();
  }
  async destroy(): Promise<void> {
    this.#stopped = true;
    await this.#turn.catch(() => undefined);
    if (this.#process?.running()) await this.#process.kill();
  }

  async #killAt(point: KillPoint): Promise<void> {
    const relay =
      point === 'promote-postgres' ? this.#world.relays.postgres[this.#world.regions[1]]! : this.#world.relays.route53;
    const { seen, release } = relay.holdAnswerTo(KILL_POINTS[point]);
    await seen;
    await this.#kill(`between ${point} and its answer`);
    release();
  }

  /** Regent says each append; at a drawn position it dies. */
  #read(line: string): void {
    if (this.#left.length === 0 || !line.includes('"msg":"appended"')) return;
    const seq = Number(/"seq":(\d+)/.exec(line)?.[1] ?? 0);
    if (seq < this.#left[0]!) return;
    while (this.#left.length > 0 && this.#left[0]! <= seq) this.#left.shift();
    void this.#kill(`at journal position ${seq}`);
  }

  #kill(where: string): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      if (this.#stopped || !this.#process.running()) return;
      await this.#process.kill();
      this.killed.push(where);
      this.#say(`killed Regent ${where}`);
      await this.start();
    });
    return this.#turn;
  }
}
