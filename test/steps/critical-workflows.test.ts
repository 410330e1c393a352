import { expect, it } from 'vitest';
import type { ProbeRequest } from '../../src/ports/probe.ts';
import { criticalWorkflows } from '../../src/steps/critical-workflows.ts';
import type { Workflow } from '../../src/steps/system.ts';
import { stage, wordsOf } from './stage.ts';

const TASKS = 'https://task.example.com/tasks';
const create: Workflow = {
  name: 'create a task',
  requests: [
    {
      method: 'POST',
      url: TASKS,
      body: { name: 'check-{run}', of: ['{target}', 7, null], in: { '{alias}': '{alias}' } },
      headers: { 'x-run': '{run}' },
      status: 201,
      contains: null,
    },
    { method: 'GET', url: `${TASKS}/check-{run}`, status: null, contains: 'check-{run}' },
  ],
};
const look: Workflow = {
  name: 'look at the board',
  requests: [{ method: 'GET', url: 'https://api.example.com/board', status: null, contains: null }],
};
const script: Workflow = { name: 'check out', exec: ['./check-out.sh', '--region={target}', '{run}'] };

async function told(...workflows: Workflow[]) {
  const here = await stage(undefined, { workflows });
  here.state.sent[`POST ${TASKS}`] = { status: 201, ms: 20 };
  here.state.sent[`GET ${TASKS}/check-eden-1`] = { body: '{"name":"check-eden-1"}', ms: 41.7 };
  const sent: ProbeRequest[] = [];
  const { send } = here.ports.probe;
  here.ports.probe.send = (request, signal) => {
    sent.push(request);
    return send(request, signal);
  };
  return { ...here, sent, ask: () => here.check(criticalWorkflows) };
}

it('works when every answer has the wanted status and text', async () => {
  const here = await told(create, look);
  const answer = await here.ask();
  expect(wordsOf(answer)).toBe('done: 2 workflows work, slowest answer 42 ms');
  expect(answer.evidence).toEqual({ workflows: 2, requests: 3, slowestMs: 42, trouble: [] });
});

it('fills in address, headers and every text of the body, and no name of a member', async () => {
  const here = await told(create);
  await here.ask();
  expect(here.sent).toEqual([
    {
      method: 'POST',
      url: TASKS,
      body: { name: 'check-eden-1', of: ['west', 7, null], in: { '{alias}': 'secondary' } },
      headers: { 'x-run': 'eden-1' },
    },
    { method: 'GET', url: `${TASKS}/check-eden-1` },
  ]);
});

it('names the request that failed, and asks nothing that would build on it', async () => {
  const here = await told(create, look);
  here.state.sent[`POST ${TASKS}`] = { status: 503 };
  const answer = await here.ask();
  expect(wordsOf(answer)).toBe(`notDone: “create a task”: POST ${TASKS} answered 503, not 201`);
  expect(answer.evidence).toMatchObject({
    requests: 2,
    trouble: [`“create a task”: POST ${TASKS} answered 503, not 201`],
  });
  expect(here.sent.map(({ url }) => url)).not.toContain(`${TASKS}/check-eden-1`);
});

it.each([
  [{ status: 200 }, 'answered 200, not 201'],
  [{ status: 204 }, 'answered 204, not 201'],
])('another good status than the wanted one is not it: %o', async (answer, words) => {
  const here = await told(create);
  here.state.sent[`POST ${TASKS}`] = answer;
  expect(wordsOf(await here.ask())).toBe(`notDone: “create a task”: POST ${TASKS} ${words}`);
});

it.each([302, 404, 500])('without a wanted status %i is none', async (status) => {
  const here = await told(look);
  here.state.sent['GET https://api.example.com/board'] = { status };
  expect(wordsOf(await here.ask())).toBe(
    `notDone: “look at the board”: GET https://api.example.com/board answered ${status}`,
  );
});

it('an answer without the wanted text is none', async () => {
  const here = await told(create);
  here.state.sent[`GET ${TASKS}/check-eden-1`] = { body: '{}' };
  expect(wordsOf(await here.ask())).toBe(
    `notDone: “create a task”: GET ${TASKS}/check-eden-1 answered 200 without “check-eden-1”`,
  );
});

it('is unknown where only silence came; one bad answer beside it is the surer word', async () => {
  const here = await told(create, look);
  here.state.sent['GET https://api.example.com/board'] = { status: null, error: 'the name does not resolve.' };
  const silent = '“look at the board”: GET https://api.example.com/board got no answer: the name does not resolve';
  expect(wordsOf(await here.ask())).toBe(`unknown: ${silent}`);
  here.state.sent[`POST ${TASKS}`] = { status: 500 };
  expect(wordsOf(await here.ask())).toBe(`notDone: “create a task”: POST ${TASKS} answered 500, not 201; ${silent}`);
});

it('tries all of them at once', async () => {
  const here = await told(create, look);
  let open = 0;
  let most = 0;
  const { send } = here.ports.probe;
  here.ports.probe.send = async (request, signal) => {
    open += 1;
    most = Math.max(most, open);
    const result = await send(request, signal);
    open -= 1;
    return result;
  };
  expect((await here.ask()).is).toBe('done');
  expect(most).toBe(2);
});

it('a script works when it ends with 0', async () => {
  const here = await told(script);
  expect(wordsOf(await here.ask())).toBe('done: 1 workflow works');
  expect(here.state.calls).toEqual(['hook ./check-out.sh --region=west eden-1']);
});

it.each([
  [3, 'notDone: “check out”: ./check-out.sh ended with status 3: the cart is empty'],
  [null, 'unknown: “check out”: ./check-out.sh was cut off: the cart is empty'],
])('a script that ends with %s does not', async (status, words) => {
  const here = await told(script);
  here.state.hook = { ok: false, status, report: null, output: 'buying …\nthe cart is empty' };
  expect(wordsOf(await here.ask())).toBe(words);
});

it('a script that cannot be started hides nothing of what the others found', async () => {
  const here = await told(script, create);
  here.ports.hook.run = () => Promise.reject(new Error('./check-out.sh is not there'));
  expect(wordsOf(await here.ask())).toBe('unknown: “check out”: ./check-out.sh is not there');
  here.state.sent[`POST ${TASKS}`] = { status: 500 };
  expect(wordsOf(await here.ask())).toContain('“create a task”');
});

it('says that it may be done again, and is left out where no workflow is configured', async () => {
  const { system } = await stage();
  expect(criticalWorkflows.about!.does).toContain('each time this is asked again');
  expect([criticalWorkflows.when!(system), criticalWorkflows.when!({ ...system, workflows: [look] })]).toEqual([
    false,
    true,
  ]);
});
