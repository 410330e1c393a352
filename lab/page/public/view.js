/** What of the page can be tried without a browser: from data to HTML, nothing else. */
export { renderBlocks } from './view/blocks.js';
export { renderPinned, renderThread, renderTimeline } from './view/channel.js';
export { dateText } from './view/dates.js';
export { Html, html } from './view/html.js';
export { renderMessage } from './view/message.js';
export { renderModal } from './view/modal.js';
export { mrkdwn, plainText } from './view/mrkdwn.js';
export { renderBot, renderChannels, renderPeople } from './view/people.js';
export { readerOf } from './view/reader.js';
export { whyNot } from './view/words.js';
export { renderDns, renderRegions, renderRogue, size } from './view/world.js';
export { bandsOf, count, renderCounts, renderOutage, ticksOf, windowOf } from './view/writer.js';
