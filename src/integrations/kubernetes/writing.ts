/** How anything is written: as a merge patch, and again where the server itself lost a race. */
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { statusOf } from './failure.ts';

/** A patch without a version is only refused when the server itself lost a race; the wanted value stays the same. */
const CONFLICT_TRIES = 4;
/** The library's default is JSON patch, which takes a list of operations only. */
export const AS_MERGE_PATCH = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/** Does it, and again after a conflict, a few times. */
export async function withoutConflict(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (statusOf(error) !== 409 || tries === CONFLICT_TRIES) throw error;
    }
  }
}
