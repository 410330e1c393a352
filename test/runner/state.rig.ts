/** Real scripts that carry state, in real time. */
import { systemClock } from '../../src/runner/time.ts';
import type { HandClock } from '../support/hand-clock.ts';

export const RUN = 'eden-1';
export const SIGNAL = new AbortController().signal;
export const never = (): Promise<never> => Promise.reject(new Error('time is not in hand here'));
/** Real time: processes know no other. */
export const clock = { ...systemClock, advance: () => never(), until: () => never(), sleepers: () => 0 } as HandClock;
export const PATIENCE = { timeout: 20_000, interval: 20 };

/** Carries a file from here to there. Each run of a stage is written down; a stage waits while `wait.STAGE.ID` stands. */
export const SCRIPT = `#!/bin/sh
stage=$1 id=$2
echo "$stage $id" >> ran
while [ -e "wait.$stage.$id" ]; do sleep 0.02; done
[ ! -e "fail.$stage.$id" ] || { rm "fail.$stage.$id"; echo "no space left"; exit 3; }
sum() { sha256sum "$1" | cut -c1-12; }
case $stage in
snapshot) cp "here/$id" "taken.$id" ;;
transfer)
  echo '{"done":4000000,"total":9000000,"unit":"bytes"}'
  while [ -e "slow.$id" ]; do sleep 0.02; done
  cp "taken.$id" "arrived.$id"
  if [ -e "damage.$id" ]; then rm "damage.$id"; echo x >> "arrived.$id"; fi
  echo '{"done":9000000,"total":9000000,"unit":"bytes"}' ;;
validate) echo "{\\"checksum\\":{\\"from\\":\\"$(sum "taken.$id")\\",\\"to\\":\\"$(sum "arrived.$id")\\"}}" ;;
apply) mv "arrived.$id" "there/$id" ;;
esac
`;
