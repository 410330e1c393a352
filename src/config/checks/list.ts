/** All cross-checks: what only the whole file can tell. To add one: a function of this type, and a line here. */
import { tokensApart } from './api.ts';
import { recordNames, recordValues } from './dns.ts';
import { mailCanBeSent, pagerCanWrite } from './notify.ts';
import { gatesCanPass, groupsExist, risksArePeoples } from './people.ts';
import { pauseOutlastsWait, poolersAlike } from './poolers.ts';
import type { Check } from './reading.ts';
import { aliases, apart, belongings, redis, roles } from './regions.ts';
import { leasesOutside, selfFencePaired, sharedLeasesHeld } from './self-fence.ts';
import {
  errorRateHasMetrics,
  hooksAllowed,
  performanceMeasurable,
  reconcilable,
  restartsKnown,
  somethingRuns,
  standbyMadeOnce,
  stepsApart,
} from './services.ts';
import { transportHasSecret } from './slack.ts';
import { stateSources } from './state.ts';
import { enoughLook, witnessesSeen } from './trigger.ts';

export const checks: readonly Check[] = [
  roles,
  aliases,
  belongings,
  witnessesSeen,
  enoughLook,
  apart,
  redis,
  selfFencePaired,
  leasesOutside,
  sharedLeasesHeld,
  somethingRuns,
  recordNames,
  recordValues,
  groupsExist,
  gatesCanPass,
  risksArePeoples,
  hooksAllowed,
  stepsApart,
  stateSources,
  restartsKnown,
  reconcilable,
  standbyMadeOnce,
  pauseOutlastsWait,
  poolersAlike,
  errorRateHasMetrics,
  performanceMeasurable,
  transportHasSecret,
  tokensApart,
  pagerCanWrite,
  mailCanBeSent,
];
