/**
 * A region's configuration files, as a product of eight services has them: about 8 MB, the same in every region. A
 * region that stands by lags a little behind, as it does in life: that is what the final synchronisation is for.
 */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { WorldFile } from './file.ts';

/** Text that nothing compresses and everybody can make again: hashes of a counter, as base64 lines of 88 characters. */
function filler(seed: string, bytes: number): string {
  const lines: string[] = [];
  for (let size = 0; size < bytes; size += 89)
    lines.push(createHash('sha512').update(`${seed}:${size}`).digest('base64'));
  return `${lines.join('\n')}\n`;
}

type File = { path: string; text: string; mode?: number };

function* files({ organization, services, dns }: WorldFile, database: string): Generator<File> {
  const header = `# ${organization}: written by hand, reviewed by two people.\n`;
  for (const [name, { replicas, writeHeavy = false }] of Object.entries(services.deployments)) {
    const application = {
      service: name,
      replicas,
      writeHeavy,
      http: { port: 8080, timeout: '5s', maxBody: '10MB' },
      database: { name: database, pool: { min: 2, max: 20, maxLifetime: '10m' } },
      logging: { level: 'info', format: 'json' },
    };
    yield { path: `services/${name}/application.yml`, text: header + stringify(application) };
    yield { path: `services/${name}/secrets.pem`, text: pem(`${name} key`, 3_200), mode: 0o600 };
    for (let version = 1; version <= 6; version += 1)
      yield {
        path: `services/${name}/policies/v${version}.rego`,
        text: `${header}package ${name.replace('-', '_')}\n${comments(name, version)}`,
      };
    yield {
      path: `services/${name}/translations.json`,
      text: JSON.stringify({ service: name, texts: filler(`texts of ${name}`, 420_000).split('\n') }),
    };
    yield {
      path: `dashboards/${name}.json`,
      text: JSON.stringify({ title: name, panels: filler(`panels of ${name}`, 380_000).split('\n') }),
    };
  }
  for (const { name, ttl } of dns.flatMap(({ records }) => records))
    yield {
      path: `gateway/routes/${name}.yml`,
      text: header + stringify({ host: name, ttl, retries: 2, timeout: '15s' }),
    };
  yield { path: 'gateway/bin/reload', text: '#!/bin/sh\nexec kill -HUP "$(cat /run/gateway.pid)"\n', mode: 0o755 };
  yield { path: 'certificates/bundle.pem', text: pem('certificates', 900_000) };
}

const comments = (name: string, version: number): string =>
  filler(`policy ${version} of ${name}`, 24_000)
    .split('\n')
    .map((line) => `# ${line}\n`)
    .join('');
const pem = (what: string, bytes: number): string =>
  `-----BEGIN ${what.toUpperCase()}-----\n${filler(what, bytes)}-----END ${what.toUpperCase()}-----\n`;

/** Writes them anew. `behind`: one file older, one missing, one that was given up long ago. */
export function writeConfiguration(
  directory: string,
  file: WorldFile,
  { database, behind }: { database: string; behind: boolean },
): void {
  rmSync(directory, { recursive: true, force: true });
  const put = ({ path, text, mode = 0o644 }: File) => {
    const at = join(directory, path);
    mkdirSync(dirname(at), { recursive: true, mode: 0o755 });
    writeFileSync(at, text);
    chmodSync(at, mode);
  };
  for (const one of files(file, database)) put(one);
  if (!behind) return;
  const [first = ''] = Object.keys(file.services.deployments);
  put({ path: `services/${first}/application.yml`, text: `# older\nservice: ${first}\n` });
  rmSync(join(directory, 'gateway', 'bin', 'reload'));
  const old = `old.${file.dns[0]!.zoneName}`;
  put({ path: `gateway/routes/${old}.yml`, text: `host: ${old}\n` });
}
