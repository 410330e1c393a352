/** Every message of a run by the name its announcement gives it. To add one: a function, a line here, a test. */
import type { Message } from '../ports/chat.ts';
import { ended } from './ended.ts';
import { gate } from './gate.ts';
import { headline } from './headline.ts';
import { hold } from './hold.ts';
import { escalated, late, note, plan, promoted, restarted } from './notices.ts';
import { phase, undo } from './phase.ts';
import type { Scene } from './scene.ts';

export const MESSAGES: Record<string, (scene: Scene) => Message | null> = {
  headline,
  plan,
  gate,
  phase,
  undo,
  hold,
  promoted,
  note,
  restarted,
  escalated,
  late,
  ended,
};
