/** The two fields to write in: the channel's, where commands are typed, and the thread's. */
import { act } from './live.js';
import { part } from './page.js';
import { channelName, channelSign } from './view/people.js';

/** @import { Snapshot, SeenChannel } from '../../slack/types.ts' */
/** @import { State } from './state.js' */

/** @param {State} state @param {{ take: (slack: Snapshot) => void }} page */
export function createComposer(state, { take }) {
  /** @type {HTMLInputElement} */
  const line = part('line');
  /** @type {HTMLInputElement} */
  const reply = part('reply-line');
  /** @type {string[]} */
  const sent = [];
  let back = 0;

  part('suggestion').replaceChildren('Try: ', code(state.setup.suggested), ' ', note('click, then press Enter'));
  part('suggestion').addEventListener('click', () => {
    line.value = state.setup.suggested;
    line.focus();
    line.setSelectionRange(line.value.length, line.value.length);
  });
  part('composer').addEventListener('submit', (event) => {
    event.preventDefault();
    const typed = line.value.trim();
    if (typed === '') return;
    sent.push(typed);
    back = 0;
    line.value = '';
    const { channel } = state;
    send(part('composer-error'), line, typed, () =>
      typed.startsWith('/')
        ? act(state.as, 'command', { channel, line: typed })
        : act(state.as, 'say', { channel, text: typed }),
    );
  });
  line.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    if (event.key === 'ArrowUp' && line.value !== '' && line.value !== sent.at(-back)) return;
    event.preventDefault();
    back = Math.min(sent.length, Math.max(0, back + (event.key === 'ArrowUp' ? 1 : -1)));
    line.value = back === 0 ? '' : (sent.at(-back) ?? '');
  });
  part('reply').addEventListener('submit', (event) => {
    event.preventDefault();
    const typed = reply.value.trim();
    if (typed === '') return;
    if (typed.startsWith('/')) {
      part('reply-error').textContent = 'Commands cannot be typed in a thread: type it in the channel.';
      return;
    }
    reply.value = '';
    const { channel, thread } = state;
    send(part('reply-error'), reply, typed, () => act(state.as, 'say', { channel, text: typed, thread }));
  });

  /** @param {HTMLElement} error @param {HTMLInputElement} field @param {string} typed @param {() => ReturnType<typeof act>} task */
  async function send(error, field, typed, task) {
    error.textContent = '';
    const { as } = state;
    try {
      const { slack } = await task();
      if (as === state.as) take(slack);
    } catch (problem) {
      error.textContent = `✖ ${problem instanceof Error ? problem.message : String(problem)}`;
      if (field.value === '') field.value = typed;
    }
  }

  return {
    focus: () => line.focus(),
    /** @param {SeenChannel | undefined} channel */
    show(channel) {
      const name = state.setup.people.find((person) => person.id === state.as)?.name ?? '';
      const where = channel ? `${channelSign(channel)}${channelName(channel, state.setup.app)}` : '';
      part('composer').hidden = !channel;
      line.placeholder = `Write as ${name}, or a /command`;
      line.setAttribute('aria-label', `${line.placeholder}, in ${where}`);
      reply.placeholder = `Reply as ${name}`;
      part('suggestion').hidden = sent.includes(state.setup.suggested) || !channel?.botIsMember;
    },
  };
}

/** @param {string} text */
function code(text) {
  const element = document.createElement('code');
  element.textContent = text;
  return element;
}

/** @param {string} text */
function note(text) {
  const element = document.createElement('span');
  element.className = 'quiet';
  element.textContent = text;
  return element;
}
