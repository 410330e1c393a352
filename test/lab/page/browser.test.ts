/** The page as a person meets it, in a real browser over a real bot. */

import type { Browser, Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SlackLab } from '../../../lab/slack/types.ts';
import { type Bot, startBot } from '../slack/support.ts';
import { failoverScript } from './script.ts';
import { chromiumPath, openPage, people, type Stage, SUGGESTED, startBrowser } from './support.ts';

const program = chromiumPath();
if (!program) console.warn('Left out: the page in a browser, as no Chromium was found. Install one or set CHROMIUM.');

describe.skipIf(!program)('the page in a browser', () => {
  let slack: SlackLab;
  let bot: Bot;
  let stage: Stage;
  let browser: Browser;
  let tab: Tab;
  const problems: string[] = [];

  beforeAll(async () => {
    slack = await people();
    bot = await startBot(slack, failoverScript, 1);
    stage = await openPage(slack);
    browser = await startBrowser(program!);
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    tab = await context.newPage();
    tab.setDefaultTimeout(10_000);
    tab.on('pageerror', (error) => problems.push(error.message));
    tab.on('console', (line) => line.type() === 'error' && problems.push(line.text()));
    await tab.goto(stage.page.url);
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.page.close();
    await bot?.stop();
    await slack?.close();
  });

  const card = () => tab.locator('#timeline article', { hasText: 'Approve promotion' }).last();
  const be = (name: string) => tab.getByRole('radio', { name }).check();
  const textOf = (selector: string) => tab.locator(selector).textContent();

  it('begins with the cursor where the command goes and the command offered', async () => {
    await tab.locator('#suggestion').waitFor();
    await tab.waitForFunction('document.activeElement.id === "line"');
    expect(await textOf('#suggestion')).toContain(SUGGESTED);
    await tab.locator('#suggestion').click();
    expect(await tab.locator('#line').inputValue()).toBe(SUGGESTED);
    await tab.keyboard.press('Enter');
    await card().waitFor();
    await tab.locator('#pinned', { hasText: 'eden-7 · us-east-1 → us-west-2' }).waitFor();
    await tab.locator('#thread', { hasText: 'Copy configuration' }).waitFor();
    await tab.locator('#timeline', { hasText: 'from the thread of:' }).waitFor();
    expect(await textOf('#pinned')).toContain('@Ana asked for it at 09:00');
    expect(await textOf('#announcer')).toContain('regent: Approve promotion');
  });

  it('asks before it clicks, and takes a no', async () => {
    const before = slack.counters().envelopes;
    await card().getByRole('button', { name: 'Approve promotion' }).click();
    await tab.getByText('After this there is no rollback. Going back is a failback.').waitFor();
    await tab.getByRole('button', { name: 'Not yet' }).click();
    await tab.locator('#question').waitFor({ state: 'hidden' });
    expect(slack.counters().envelopes).toBe(before);
  });

  it('shows a refusal to the one who pressed, and to nobody else', async () => {
    await card().getByRole('button', { name: 'Approve promotion' }).click();
    await tab.getByRole('button', { name: 'Approve', exact: true }).click();
    await tab.locator('.ephemeral', { hasText: 'You cannot approve this: you asked for it.' }).waitFor();
    expect(await textOf('.ephemeral')).toContain('Only visible to you');
    await be('Bo');
    await card().waitFor();
    expect(await tab.locator('.ephemeral').count()).toBe(0);
  });

  it('shows an edit, and that it is one', async () => {
    await card().getByRole('button', { name: 'Approve promotion' }).click();
    await tab.getByRole('button', { name: 'Approve', exact: true }).click();
    await tab.locator('#timeline article', { hasText: 'Approved by @Bo' }).waitFor();
    expect(await card().textContent()).toContain('(edited once)');
  });

  it('opens a modal, keeps what was typed, and puts errors at their fields', async () => {
    await card().getByRole('button', { name: 'Deny…' }).click();
    await tab.locator('#modal[open]').waitFor();
    await tab.getByLabel('Why?').fill('no');
    stage.worldChanged();
    await slack.say('U0CY', 'C0INC', 'meanwhile');
    await tab.locator('#timeline', { hasText: 'meanwhile' }).waitFor();
    await tab.getByRole('button', { name: 'Deny', exact: true }).click();
    await tab.getByText('Please complete this required field.').waitFor();
    await tab.getByLabel('And then?').selectOption('later');
    await tab.getByRole('button', { name: 'Deny', exact: true }).click();
    await tab.getByText('Say it in at least one word.').waitFor();
    expect(await tab.getByLabel('Why?').inputValue()).toBe('no');
    expect(await tab.getByLabel('Why?').getAttribute('aria-invalid')).toBe('true');
    await tab.keyboard.press('Escape');
    await tab.locator('#modal').waitFor({ state: 'hidden' });
    expect(slack.views('U0BO')).toEqual([]);
  });

  it('keeps half-typed text and person over updates and a reload', async () => {
    await tab.locator('#line').fill('half a tho');
    await slack.say('U0CY', 'C0INC', 'another message');
    await tab.locator('#timeline', { hasText: 'another message' }).waitFor();
    expect(await tab.locator('#line').inputValue()).toBe('half a tho');
    await tab.reload();
    await card().waitFor();
    expect(await tab.getByRole('radio', { name: 'Bo' }).isChecked()).toBe(true);
  });

  it('says why a click did not arrive', async () => {
    slack.deaf(true);
    await card().getByRole('button', { name: 'Check now' }).click();
    await card().getByRole('alert').waitFor();
    expect(await card().getByRole('alert').textContent()).toMatch(/^✖ regent (is not connected|did not answer)/);
    slack.deaf(false);
  });

  it('lets nothing people write become code', async () => {
    await be('Eve');
    const line = '<img src=x onerror="document.title=1"> <script>document.title=2</script> *ok*';
    await tab.locator('#line').fill(line);
    await tab.keyboard.press('Enter');
    const said = tab.locator('#timeline article', { hasText: '<script>' });
    await said.waitFor();
    expect(await said.locator('b', { hasText: 'ok' }).count()).toBe(1);
    expect(await said.locator('img, script').count()).toBe(0);
    expect(await tab.title()).toBe('Regent lab');
  });

  it('shows the world moving on', async () => {
    const [east, west] = stage.world.regions;
    Object.assign(east!.database, { role: 'stopped', readOnly: null });
    Object.assign(west!.database, { role: 'primary', readOnly: false, timeline: 2 });
    for (const record of stage.world.dns) record.region = 'us-west-2';
    stage.world.writer.outage = { since: null, lastMs: 6204 };
    stage.worldChanged();
    const region = (name: string) => tab.getByRole('region', { name }).textContent();
    await tab.getByText('downtime 6\u202f204 ms').waitFor();
    expect(await region('us-east-1')).toMatch(/no client arrives here[\s\S]*stopped/);
    expect(await region('us-west-2')).toMatch(/clients arrive here[\s\S]*primary[\s\S]*timeline 2/);
  });

  it('fits a screen of 1280 × 800 and has made no error', async () => {
    const over = await tab.evaluate(
      '[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]',
    );
    expect(over).toEqual([0, 0]);
    expect(problems).toEqual([]);
  });

  it('says when the lab is gone, and comes back with it', async () => {
    const { port } = new URL(stage.page.url);
    await stage.page.close();
    await tab.getByText('The lab does not answer. Is it still running?').waitFor();
    const anew = await people();
    await anew.say('U0CY', 'C0INC', 'a new beginning');
    const second = await openPage(anew, { port: Number(port) });
    try {
      await tab.locator('#timeline', { hasText: 'a new beginning' }).waitFor();
      await tab.locator('#trouble').waitFor({ state: 'hidden' });
    } finally {
      await second.page.close();
      await anew.close();
    }
  });
});
