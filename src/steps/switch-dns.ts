import type { PlanValues, RecordChange } from '../machine/types.ts';
import { done, notDone, unknown } from '../ports/answer.ts';
import { type Dns, type DnsPlan, type DnsRecord, sameAnswer } from '../ports/dns.ts';
import { defineStep } from './step.ts';

const record = ({ provider, zone, name, type, ttl }: RecordChange, values: string[]): DnsRecord => ({
  provider,
  zone,
  name,
  type,
  ttl,
  values,
});
const wantedRecords = (values: PlanValues): DnsRecord[] => values.dns.map((change) => record(change, change.new));
const changesIn = (plan: DnsPlan): number => plan.batches.reduce((sum, batch) => sum + batch.changes.length, 0);

/** Applies a plan and waits until the provider's own servers carry it. */
async function applied(dns: Dns, plan: DnsPlan, comment: string, signal: AbortSignal) {
  const submitted = await dns.apply(plan, comment, signal);
  return { changes: submitted.map(({ zone, changeId }) => `${zone}: ${changeId}`), count: changesIn(plan) };
}

/**
 * One atomic batch a zone. Sets a value: looked at before it is sent, so a change accepted with a lost answer is found
 * and not sent again. In sync at the provider is the postcondition; what resolvers answer is the next step's question.
 */
export const switchDns = defineStep({
  id: 'switch-dns',
  title: 'Point DNS at {target}',
  about: {
    does: 'Sets every record to the addresses of {target}, one change for each zone. The plan and the card of the DNS gate show old and new values.',
    asks: "Asks the provider for the records, then each zone's own name servers. Done when all of them answer the new values.",
    whenItStops: [
      "The provider's API does not answer: leaving us-east-1 this may be the very outage. Change the records by hand in its console (the DNS gate's card lists up to ten of them, old and new), then press Retry: what is there already is not sent again.",
      "“not yet at the provider's servers”: wait a minute, then press Retry.",
    ],
  },
  phase: 'redirecting',
  after: ['prove-target-writable'],
  repeat: 'idempotent',
  resend: true,
  byHand: handSteps,
  budgetMs: 3 * 60_000,
  uses: ['dns'],
  async check({ dns, values, target, signal }) {
    const plan = await dns.plan(wantedRecords(values), signal);
    const left = plan.batches.flatMap((batch) => batch.changes);
    const evidence = {
      records: values.dns.length,
      left: left.map(({ record: one, old }) => ({
        name: one.name,
        type: one.type,
        now: old?.values ?? [],
        ttl: old?.ttl ?? null,
      })),
    };
    if (left.length > 0)
      return notDone(
        left
          .slice(0, 10)
          .map(({ record: one, old }) => `${one.name} ${old?.values.join(' ') ?? 'nothing'} → ${one.values.join(' ')}`)
          .join(', '),
        evidence,
      );
    // What the provider's servers answer is what "in sync" means, and it can still be seen after a restart.
    const asked = await Promise.all(
      values.dns.map(async (change) => {
        const answers = (await dns.answers(change, signal)).filter(({ kind }) => kind === 'authority');
        return { change, answers };
      }),
    );
    const behind = asked.filter(({ change, answers }) =>
      answers.some(({ error, values: now }) => error === null && !sameAnswer(change.type, now, change.new)),
    );
    if (behind.length > 0)
      return notDone(
        `accepted, not yet at the provider's servers: ${behind.map(({ change }) => change.name).join(', ')}`,
        { ...evidence, behind: behind.length },
      );
    const silent = asked.flatMap(({ change, answers }) =>
      answers.length === 0 ? `nobody answers for ${change.name}` : answers.flatMap(({ error }) => error ?? []),
    );
    return silent.length > 0
      ? unknown(`accepted, and the provider's servers do not say so: ${silent[0]}`, evidence)
      : done(evidence, `${values.dns.length} records, in sync at the provider: ${target}`);
  },
  async run({ dns, values, run, evidenceOf, signal }) {
    let plan = await dns.plan(wantedRecords(values), signal);
    if (changesIn(plan) === 0) {
      // The provider lists the records, and its own servers never answered them: it has lost what it took.
      if (evidenceOf('switch-dns')?.['unseen'] !== true) return undefined;
      plan = whole(values);
    }
    return await applied(dns, plan, `${run} switch-dns`, signal);
  },
  async undo({ dns, values, run, signal }) {
    const old = values.dns.flatMap((change) =>
      change.old === null ? [] : [{ ...record(change, change.old), ttl: change.oldTtl ?? change.ttl }],
    );
    const plan = await dns.plan(old, signal);
    return changesIn(plan) === 0 ? { restored: 0 } : await applied(dns, plan, `${run} switch-dns undo`, signal);
  },
});

/** Every record of the plan, as if none of it had been taken. */
function whole(values: PlanValues): DnsPlan {
  const zones = new Map<string, DnsPlan['batches'][number]>();
  for (const change of values.dns) {
    const batch = zones.get(change.zone) ?? { provider: change.provider, zone: change.zone, changes: [] };
    const old = change.old === null ? null : { ttl: change.oldTtl ?? change.ttl, values: change.old };
    batch.changes.push({ record: record(change, change.new), old });
    zones.set(change.zone, batch);
  }
  return { batches: [...zones.values()] };
}

/** Route 53 by its command line, then how to see that it took. */
function handSteps(values: PlanValues): string[] {
  const batch = (zone: string) => ({
    Changes: values.dns
      .filter((change) => change.zone === zone)
      .map(({ name, type, ttl, new: wanted }) => ({
        Action: 'UPSERT',
        ResourceRecordSet: { Name: name, Type: type, TTL: ttl, ResourceRecords: wanted.map((Value) => ({ Value })) },
      })),
  });
  return [
    ...[...new Set(values.dns.map(({ zone }) => zone))].map(
      (zone) =>
        `aws route53 change-resource-record-sets --hosted-zone-id ${zone} --change-batch '${JSON.stringify(batch(zone))}'`,
    ),
    ...values.dns
      .slice(0, 10)
      .map(({ name, type, new: wanted }) => `dig +short ${name} ${type}   # ${wanted.join(' ')}`),
  ];
}
