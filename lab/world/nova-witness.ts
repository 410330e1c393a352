/** Where NovaCron's own systems must be after one region has taken over, as they say themselves. Never of Regent. */
import type { NovaSeen } from '../services/nova.ts';

/** What is not as it must be, one sentence each; empty where all is well. */
export function novaProblems(seen: NovaSeen, from: string, to: string): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  for (const system of ['cloudflare', 'internalDns', 'routing', 'monitoring'] as const)
    expect(seen[system] === to, `${system} points at ${seen[system] ?? 'several regions'}, not at ${to}`);
  const weighted = Object.entries(seen.balancer).filter(([, weight]) => weight > 0);
  expect(
    weighted.length === 1 && weighted[0]![0] === to,
    `the load balancer serves from ${weighted.map(([region]) => region).join(', ') || 'nowhere'}, not from ${to} alone`,
  );
  expect(!(from in seen.balancer), `${from} still has a pool in the load balancer`);
  expect(seen.leaders.join() === to, `leaders of the consensus: ${seen.leaders.join(', ') || 'none'}`);
  const here = seen.regions[to]!;
  for (const [kind, { missing, broken }] of Object.entries(here.state))
    expect(missing === 0 && broken === 0, `${kind} in ${to}: ${missing} entries missing, ${broken} damaged`);
  expect(here.machinesWithoutState === 0, `${here.machinesWithoutState} machines in ${to} without their state`);
  return problems;
}
