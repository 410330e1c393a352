/** Modals and App Homes: each person's stack of at most three modals, their hashes, and what was typed into them. */
import { randomBytes } from 'node:crypto';
import { type State, stateOf } from './elements.ts';
import { withBlockIds } from './messages.ts';
import { isObject } from './shape.ts';
import type { LabBlock } from './types.ts';
import { newId, type World } from './world.ts';

export interface StoredView {
  id: string;
  type: 'modal' | 'home';
  user: string;
  /** As the app gave it. */
  content: Record<string, unknown>;
  blocks: LabBlock[];
  state: State;
  hash: string;
  rootId: string;
  previousId: string | null;
  errors: Record<string, string>;
}

export interface ViewStore {
  /** Opens a modal on a fresh stack. */
  open(user: string, content: Record<string, unknown>): StoredView;
  /** On top of the stack; undefined when it is full or empty. */
  push(user: string, content: Record<string, unknown>): StoredView | undefined;
  replace(view: StoredView, content: Record<string, unknown>): void;
  publish(user: string, content: Record<string, unknown>): StoredView;
  /** Takes this one modal off its stack. */
  close(view: StoredView): void;
  clear(user: string): void;
  /** An open modal or published Home. */
  find(id: string): StoredView | undefined;
  byExternalId(id: string): StoredView | undefined;
  stack(user: string): StoredView[];
  home(user: string): StoredView | undefined;
  /** The view as it stands in answers and payloads. */
  wire(view: StoredView): Record<string, unknown>;
}

const MAX_STACK = 3;

export function createViews(world: World): ViewStore {
  const stacks = new Map<string, StoredView[]>();
  const homes = new Map<string, StoredView>();

  const all = () => [...stacks.values(), [...homes.values()]].flat();

  function create(user: string, type: 'modal' | 'home', content: Record<string, unknown>): StoredView {
    const id = newId('V');
    const blocks = blocksIn(content);
    const view: StoredView = {
      id,
      type,
      user,
      content,
      blocks,
      state: stateOf(blocks),
      hash: newHash(world.now()),
      rootId: id,
      previousId: null,
      errors: {},
    };
    return view;
  }

  const store: ViewStore = {
    open(user, content) {
      const view = create(user, 'modal', content);
      stacks.set(user, [view]);
      world.changed();
      return view;
    },
    push(user, content) {
      const stack = store.stack(user);
      const top = stack.at(-1);
      if (!top || stack.length >= MAX_STACK) return undefined;
      const view = create(user, 'modal', content);
      view.rootId = top.rootId;
      view.previousId = top.id;
      stack.push(view);
      world.changed();
      return view;
    },
    replace(view, content) {
      view.content = content;
      view.blocks = blocksIn(content);
      view.state = stateOf(view.blocks, view.state);
      view.hash = newHash(world.now());
      view.errors = {};
      world.changed();
    },
    publish(user, content) {
      const known = homes.get(user);
      if (known) {
        store.replace(known, content);
        return known;
      }
      const view = create(user, 'home', content);
      homes.set(user, view);
      world.changed();
      return view;
    },
    close(view) {
      const stack = store.stack(view.user);
      stacks.set(
        view.user,
        stack.filter((one) => one !== view),
      );
      world.changed();
    },
    clear(user) {
      stacks.delete(user);
      world.changed();
    },
    find: (id) => all().find((view) => view.id === id),
    byExternalId: (id) => all().find((view) => id !== '' && view.content['external_id'] === id),
    stack: (user) => stacks.get(user) ?? [],
    home: (user) => homes.get(user),
    wire: (view) => ({
      private_metadata: '',
      callback_id: '',
      external_id: '',
      ...(view.type === 'modal'
        ? { title: null, submit: null, close: null, clear_on_close: false, notify_on_close: false }
        : {}),
      ...structuredClone(view.content),
      id: view.id,
      team_id: world.team.id,
      type: view.type,
      blocks: structuredClone(view.blocks),
      state: { values: structuredClone(view.state) },
      hash: view.hash,
      previous_view_id: view.previousId,
      root_view_id: view.rootId,
      app_id: world.app.id,
      app_installed_team_id: world.team.id,
      bot_id: world.app.botId,
    }),
  };
  return store;
}

function blocksIn(content: Record<string, unknown>): LabBlock[] {
  const blocks = Array.isArray(content['blocks']) ? content['blocks'] : [];
  return withBlockIds(
    blocks.filter((block): block is LabBlock => isObject(block) && typeof block['type'] === 'string'),
  );
}

function newHash(now: number): string {
  return `${Math.floor(now / 1000)}.${randomBytes(4).toString('hex')}`;
}
