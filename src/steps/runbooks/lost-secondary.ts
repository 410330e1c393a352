/**
 * A region that does not serve is lost, or is to be left: it is taken out of what points to it, and nothing is promoted.
 * Nothing there is stopped or fenced either: when it is back it is a standby, and is to follow again.
 */

import { LOST_SECONDARY } from '../../machine/types.ts';
import { done } from '../../ports/answer.ts';
import { failureConfirmed } from '../failure-confirmed.ts';
import { notPrimary } from '../not-primary.ts';
import { protectionKnown } from '../protection-known.ts';
import { recordFailure } from '../record-failure.ts';
import { defineGate, type Runbook, type StepDefinition } from '../step.ts';
import { switchDns } from '../switch-dns.ts';

/** Only where the region was declared lost: one that is merely left need not have failed. */
export const ONLY_DECLARED = [failureConfirmed.id, recordFailure.id];

/** The records that answer with several regions' addresses, without those of this one. */
export const leaveDns: StepDefinition = {
  ...switchDns,
  id: 'leave-dns',
  title: 'Take {source} out of DNS',
  about: {
    does: 'Takes the addresses of {source} out of the records that answer with those of several regions while {target} serves. Records that name {target} alone stay as they are; where all do, it says so.',
    asks: "Asks the provider for the records, then each zone's own name servers. Done when all of them answer without {source}.",
    whenItStops: switchDns.about!.whenItStops,
  },
  after: ['not-primary'],
  async check(handed) {
    const { values, source } = handed;
    if (values.dns.length === 0)
      return done({ records: 0 }, `no record answers with addresses of ${source} beside others`);
    return await switchDns.check(handed);
  },
};

export const lostSecondary: Runbook = {
  name: LOST_SECONDARY,
  nodes: [
    notPrimary,
    failureConfirmed,
    recordFailure,
    defineGate({
      id: 'declare',
      title: 'Take {source} out of service',
      phase: 'redirecting',
      after: ['not-primary', 'failure-confirmed'],
    }),
    leaveDns,
    protectionKnown,
  ],
};
