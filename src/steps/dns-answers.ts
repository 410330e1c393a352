import { done, notDone, unknown } from '../ports/answer.ts';
import { sameAnswer } from '../ports/dns.ts';
import { defineCheck } from './step.ts';

/** What clients are told: the zone's authorities and every configured resolver, each asked for every record. */
export const dnsAnswers = defineCheck({
  id: 'dns-answers',
  title: 'See {target} in DNS answers',
  about: {
    does: 'Shows that clients are told the new addresses, not only that the provider has accepted them.',
    asks: "Asks every zone's name servers and every resolver in `resolvers` for every record. Done when all of them answer the new values.",
    whenItStops: [
      '“still old”: a resolver keeps an answer for one whole TTL, the old one. Wait for it, then press Retry; clients move meanwhile.',
      '“no answer”: a resolver cannot be reached from here. Check it with `dig @resolver name`, then press Check again.',
    ],
  },
  phase: 'redirecting',
  after: ['switch-dns'],
  // A resolver may keep the old answer for a whole TTL, and the TTL it saw may have been the old, longer one.
  budgetMs: 10 * 60_000,
  uses: ['dns'],
  async check({ dns, values, signal }) {
    const asked = await Promise.all(
      values.dns.map(async (change) => ({ change, answers: await dns.answers(change, signal) })),
    );
    const old: string[] = [];
    const silent: string[] = [];
    const servers = new Set<string>();
    for (const { change, answers } of asked)
      for (const answer of answers) {
        servers.add(answer.server);
        if (answer.error !== null) silent.push(`${answer.server}: ${answer.error}`);
        else if (!sameAnswer(change.type, answer.values, change.new))
          old.push(`${change.name} at ${answer.server}: ${answer.values.join(' ') || 'nothing'}`);
      }
    const evidence = {
      servers: [...servers],
      records: values.dns.length,
      old: old.slice(0, 20),
      silent: silent.slice(0, 5),
    };
    if (old.length > 0) return notDone(`still old: ${old.slice(0, 3).join(', ')}`, evidence);
    if (silent.length > 0) return unknown(`no answer: ${silent[0]}`, evidence);
    if (servers.size === 0) return unknown('no name server was asked', evidence);
    return done(evidence, `${values.dns.length} records the same at ${servers.size} servers`);
  },
});
