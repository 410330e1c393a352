/** Every message of a run by the name its announcement gives it. To add one: a function, a line here, a test. */
import type { Message } from '../ports/chat.ts';
import { ended } from './ended.ts';
import { freeze, freezeLifted } from './freeze.ts';
import { gate } from './gate.ts';
import { headline } from './headline.ts';
import { hold } from './hold.ts';
import { declared, escalated, late, note, plan, promoted, restarted } from './notices.ts';
import { phase, undo } from './phase.ts';
import { assessment, recovery } from './recovery.ts';
import type { Scene } from './scene.ts';
import { stakeholders, stakeholdersEnd } from './status.ts';
import { switchAsked, switched } from './switch.ts';
import { told } from './told.ts';
import { trouble, watch } from './watch.ts';

export const MESSAGES: Record<string, (scene: Scene) => Message | null> = {
  headline,
  plan,
  gate,
  phase,
  undo,
  hold,
  declared,
  promoted,
  note,
  restarted,
  escalated,
  late,
  ended,
  freeze,
  freezeLifted,
  stakeholders,
  stakeholdersEnd,
  switchAsked,
  switched,
  told,
  watch,
  trouble,
  assessment,
  recovery,
};

/** Messages with a place of their own instead of the incidents channel; without that channel `else` says where. */
export const PLACES: Record<string, { place: 'developers' | 'stakeholders'; else: 'incidents' | 'nowhere' }> = {
  freeze: { place: 'developers', else: 'nowhere' },
  freezeLifted: { place: 'developers', else: 'nowhere' },
  stakeholders: { place: 'stakeholders', else: 'nowhere' },
  stakeholdersEnd: { place: 'stakeholders', else: 'nowhere' },
  notice: { place: 'stakeholders', else: 'incidents' },
};
