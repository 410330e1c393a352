/** Everything that is pressed, picked or followed on the page, in one place for all its parts: they come and go. */
import { ask, valuesOf } from './dialogs.js';
import { act } from './live.js';
import { part } from './page.js';
import { currentChannel } from './state.js';
import { pinnedMessage } from './view/channel.js';
import { whyNot } from './view/words.js';

/** @import { Snapshot } from '../../slack/types.ts' */
/** @import { State } from './state.js' */

/**
 * @param {State} state
 * @param {{ take: (slack: Snapshot) => void, draw: () => void, become: (id: string) => void, focusComposer: () => void }} page
 */
export function listenToClicks(state, { take, draw, become, focusComposer }) {
  /** Does it, and shows at `at` (a ts or view id) why it did not go through. @param {string} at @param {string} deed @param {Record<string, unknown>} more */
  async function doIt(at, deed, more) {
    const { as } = state;
    delete state.notices[at];
    /** @type {string | undefined} */
    let notice;
    try {
      const { result, slack } = await act(as, deed, more);
      if (as !== state.as) return;
      take(slack);
      const error = result?.['error'];
      if (error) notice = whyNot(/** @type {'gone'} */ (error), state.setup.app);
    } catch (problem) {
      notice = problem instanceof Error ? problem.message : String(problem);
    }
    if (notice) state.notices[at] = notice;
    draw();
  }

  /** A button or menu of a message or view. @param {HTMLElement} element @param {string | undefined} option */
  async function use(element, option) {
    const { key = '', action = '', host, channel, id = '', confirm, value, url, text } = element.dataset;
    if (confirm !== undefined && !(await ask(JSON.parse(confirm)))) return;
    if (url !== undefined) open(url);
    state.busy.add(key);
    draw();
    const picked = option === undefined ? {} : { option };
    if (host === 'view') await doIt(id, 'clickInView', { view: id, actionId: action, ...picked });
    else {
      const which = { ...(value === undefined ? {} : { value }), ...(text ? { buttonText: text } : {}) };
      await doIt(id, 'click', { channel, ts: id, actionId: action, ...which, ...picked });
    }
    state.busy.delete(key);
    draw();
  }

  /** Slack's own links lead to places on this page. @param {string} url */
  function open(url) {
    const place = /\/archives\/(\w+)\/p(\d+)(\d{6})(?:\?.*thread_ts=([\d.]+))?/.exec(url);
    const [, channel, seconds, micros, thread] = place ?? [];
    if (channel && state.slack?.channels.some((one) => one.id === channel)) {
      goTo(channel, thread ?? '', `${seconds}.${micros}`);
    } else if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
      window.open(url, '_blank', 'noopener,noreferrer');
    }
  }

  /** @param {string} channel @param {string} thread @param {string} [ts] */
  function goTo(channel, thread, ts) {
    if (channel !== state.channel || thread) {
      state.thread = thread;
      state.threadChosen = thread !== '';
    }
    state.channel = channel;
    draw();
    setTimeout(() => {
      const places = [...document.querySelectorAll(`[data-ts="${CSS.escape(ts ?? '')}"]`)];
      /** @type {HTMLElement | undefined} */ (places.at(-1))?.focus();
    }, 100);
  }

  document.addEventListener('click', (event) => {
    const target = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('button, a[href]'));
    if (!target) return;
    const { action, thread, goChannel, closeView } = target.dataset;
    if (action !== undefined) void use(target, undefined);
    else if (thread !== undefined) {
      state.thread = thread;
      state.threadChosen = true;
      draw();
    } else if (goChannel !== undefined) {
      event.preventDefault();
      goTo(goChannel, '');
      if (goChannel === 'home') void doIt('home', 'openHome', {});
      else focusComposer();
    } else if (closeView !== undefined) closeTop(closeView === 'all');
    else if (target instanceof HTMLAnchorElement && /\/archives\//.test(target.pathname)) {
      event.preventDefault();
      open(target.href);
    }
  });

  document.addEventListener('change', (event) => {
    const { target } = event;
    if (target instanceof HTMLInputElement && target.name === 'person') {
      become(target.value);
      focusAgain(target.value);
    } else if (target instanceof HTMLSelectElement && target.dataset['pick'] !== undefined && target.value !== '') {
      const option = target.value;
      // Menus of actions have nothing picked; those that keep a choice get it back from the app.
      if (target.dataset['host'] === 'message') target.selectedIndex = 0;
      void use(target, option);
    }
  });

  part('close-thread').addEventListener('click', () => {
    state.thread = '';
    state.threadChosen = true;
    draw();
    focusComposer();
  });

  /** Arrow keys move through the people one by one: the keyboard must stay among them. @param {string} id */
  function focusAgain(id) {
    /** @type {HTMLElement | null} */ (
      document.querySelector(`input[name="person"][value="${CSS.escape(id)}"]`)
    )?.focus();
  }

  /** @param {boolean} all */
  function closeTop(all) {
    const top = state.slack?.views[state.as]?.at(-1);
    if (top) void doIt(top.id, 'closeView', { view: top.id, all });
  }
  part('modal').addEventListener('cancel', (event) => {
    event.preventDefault();
    closeTop(false);
  });
  part('modal').addEventListener('submit', async (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const view = form.dataset['view'] ?? '';
    state.sending = view;
    draw();
    await doIt(view, 'submitView', { view, values: valuesOf(form) });
    state.sending = undefined;
    draw();
  });

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || document.querySelector('dialog[open]') || state.thread === '') return;
    const channel = currentChannel(state);
    state.thread = '';
    state.threadChosen = channel !== undefined && pinnedMessage(channel) !== undefined;
    draw();
    focusComposer();
  });
}
