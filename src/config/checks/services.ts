/** Services and scripts: there is something to run, something to stop, and only allowed programs are run. */
import { quote } from '../words.ts';
import { type Check, type Finding, map, regionsOf, text, texts } from './reading.ts';

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
  const allowed = texts(map(map(file)['hooks'])['allow']).map((name, index) =>
    absolute(['hooks', 'allow', index], name),
  );
  return regionsOf(file).all.flatMap(([name, region]) => {
    const exec = map(map(map(region['postgres'])['fence'])['exec']);
    return ['stop', 'start'].flatMap((verb): Finding[] => {
      const program = text(texts(exec[verb])[0]);
      const path = ['regions', name, 'postgres', 'fence', 'exec', verb, 0];
      if (program === undefined || allowed.includes(absolute(path, program))) return [];
      return [{ path, sentence: `${quote(program)} is not in hooks.allow. Add it there if it may be run.` }];
    });
  });
};
