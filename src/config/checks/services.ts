/** Services and scripts: there is something to run, something to stop, and only allowed programs are run. */
import { resolve } from 'node:path';
import { RUN_PLACEHOLDERS } from '../fields.ts';
import type { Path } from '../source.ts';
import { quote } from '../words.ts';
import { type Check, type Finding, list, map, regionsOf, text, texts } from './reading.ts';

export const somethingRuns: Check = (file) => {
  const deployments = Object.values(map(map(map(file)['services'])['deployments'])).map(map);
  const path = ['services', 'deployments'];
  if (deployments.length === 0)
    return [{ path, sentence: 'no service is named. Add the Deployments that make up the product.' }];
  const findings: Finding[] = [];
  if (deployments.every((service) => service['replicas'] === 0))
    findings.push({ path, sentence: 'every service has 0 replicas. Give at least one the pods it needs.' });
  if (!deployments.some((service) => service['writeHeavy'] === true))
    findings.push({
      path,
      sentence:
        'no service is write-heavy. Write writeHeavy: true for those that must stop before the database is fenced.',
    });
  return findings;
};

export const hooksAllowed: Check = (file, { absolute }) => {
  const hooks = map(map(file)['hooks']);
  const directory = absolute(['hooks', 'directory'], text(hooks['directory']) ?? '.');
  const allowed = texts(hooks['allow']).map((name) => resolve(directory, name));
  const verify = map(map(file)['verify']);
  const programs: [Path, unknown][] = [
    ...regionsOf(file).all.flatMap(([name, region]) => {
      const exec = map(map(map(region['postgres'])['fence'])['exec']);
      return ['stop', 'start'].map((verb): [Path, unknown] => [
        ['regions', name, 'postgres', 'fence', 'exec', verb],
        exec[verb],
      ]);
    }),
    ...regionsOf(file).all.map(([name, region]): [Path, unknown] => [
      ['regions', name, 'postgres', 'reprotect', 'exec'],
      map(map(region['postgres'])['reprotect'])['exec'],
    ]),
    ...list(map(file)['steps']).flatMap((step, index): [Path, unknown][] => [
      [['steps', index, 'exec'], map(step)['exec']],
      ...['check', 'undo'].map((key): [Path, unknown] => [['steps', index, key, 'exec'], map(map(step)[key])['exec']]),
    ]),
    [['monitoring', 'exec'], map(map(file)['monitoring'])['exec']],
    [['failback', 'network', 'exec'], map(map(map(file)['failback'])['network'])['exec']],
    ...list(verify['workflows']).map((one, index): [Path, unknown] => [
      ['verify', 'workflows', index, 'exec'],
      map(one)['exec'],
    ]),
  ];
  return programs.flatMap(([path, argv]): Finding[] => {
    const program = text(texts(argv)[0]);
    if (program === undefined || allowed.includes(resolve(directory, program))) return [];
    const sentence = `${quote(program)} is not in hooks.allow. Add it there if it may be run.`;
    return [{ path: [...path, 0], sentence }];
  });
};

/** Own steps are told apart by their ids, and the placeholders in their programs are known ones. */
export const stepsApart: Check = (file) => {
  const steps = list(map(file)['steps']).map(map);
  const ids = steps.map((step) => text(step['id']));
  return steps.flatMap((step, index): Finding[] => {
    const findings: Finding[] = [];
    const id = ids[index];
    if (id !== undefined && ids.indexOf(id) < index)
      findings.push({ path: ['steps', index, 'id'], sentence: `${quote(id)} is a step already. Give it another id.` });
    const argvs: [Path, unknown][] = [
      [['steps', index, 'exec'], step['exec']],
      ...['check', 'undo'].map((key): [Path, unknown] => [['steps', index, key, 'exec'], map(step[key])['exec']]),
    ];
    for (const [path, argv] of argvs)
      for (const [at, word] of texts(argv).entries())
        for (const found of word.match(/\{[A-Za-z]+\}/g) ?? [])
          if (!RUN_PLACEHOLDERS.includes(found))
            findings.push({
              path: [...path, at],
              sentence: `${found} is not known here. Known are ${RUN_PLACEHOLDERS.join(', ')}.`,
            });
    return findings;
  });
};

export const restartsKnown: Check = (file) => {
  const known = Object.keys(map(map(file)['services'])['deployments'] ?? {});
  return texts(map(map(file)['stalePaths'])['restart']).flatMap((one, index) =>
    known.includes(one)
      ? []
      : [
          {
            path: ['stalePaths', 'restart', index],
            sentence: `${quote(one)} is not in services.deployments. Add it there, or name another: ${known.join(', ')}.`,
          },
        ],
  );
};

export const errorRateHasMetrics: Check = (file) =>
  map(map(file)['verify'])['errorRate'] !== undefined && map(file)['metrics'] === undefined
    ? [{ path: ['verify', 'errorRate'], sentence: 'there are no metrics to ask. Add metrics with its url.' }]
    : [];

/** A query needs somebody to ask; without one, the services must have addresses that Regent can ask itself. */
export const performanceMeasurable: Check = (file) => {
  const found = map(map(file)['verify'])['performance'];
  if (found === undefined) return [];
  const performance = map(found);
  const path = ['verify', 'performance'];
  const queried = ['p95', 'throughput'].filter((key) => map(performance[key])['query'] !== undefined);
  if (map(file)['metrics'] === undefined && queried.length > 0)
    return queried.map((key) => ({
      path: [...path, key, 'query'],
      sentence: 'there are no metrics to ask. Add metrics with its url.',
    }));
  const asked = Object.values(map(map(map(file)['services'])['deployments'])).some((one) =>
    ['publicHealth', 'health'].some((key) => map(one)[key] !== undefined),
  );
  return asked || queried.includes('p95')
    ? []
    : [{ path, sentence: 'nobody can say how long requests take. Give p95 a query, or services a publicHealth.' }];
};

/** Tables that no program is told of are listed by nobody, and that would be seen only when a region comes back. */
export const reconcilable: Check = (file) => {
  if (texts(map(map(file)['reconcile'])['tables']).length === 0) return [];
  const programs = regionsOf(file).all.flatMap(([name, region]): [Path, string[]][] => {
    const reprotect = map(region['postgres'])['reprotect'];
    const path = ['regions', name, 'postgres', 'reprotect', 'exec'];
    return reprotect === undefined ? [] : [[path, texts(map(reprotect)['exec'])]];
  });
  if (programs.length === 0)
    return [
      {
        path: ['reconcile', 'tables'],
        sentence:
          'tables are named, and no region says how it is made a standby again. Add postgres.reprotect to the regions, or take this out.',
      },
    ];
  return programs
    .filter(([, words]) => !words.some((word) => word.includes('{tables}')))
    .map(([path]) => ({
      path,
      sentence:
        'reconcile.tables names tables, and this program is not told of them. Add {tables}, as in --tables={tables}.',
    }));
};

/** The id of the owner's own step that does the same. */
const REVERSE = 'reverse-replication';
/** Runs that leave a region which answers, and where own steps belong that say nothing else. */
const LEAVING = ['planned', 'failback'];

/** Two at work on the files of one server are one too many. */
export const standbyMadeOnce: Check = (file) => {
  const isOwn = list(map(file)['steps'])
    .map(map)
    .some(
      (step) =>
        step['id'] === REVERSE &&
        (step['runbooks'] === undefined || texts(step['runbooks']).some((one) => LEAVING.includes(one))),
    );
  if (!isOwn) return [];
  return regionsOf(file).all.flatMap(([name, region]): Finding[] => {
    const reprotect = map(region['postgres'])['reprotect'];
    if (reprotect === undefined || map(reprotect)['inRun'] === false) return [];
    return [
      {
        path: ['regions', name, 'postgres', 'reprotect'],
        sentence: `the run makes the region a standby by this, and the step ${REVERSE} does so too. Write inRun: false here, or take the step out.`,
      },
    ];
  });
};
