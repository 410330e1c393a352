/** Fields that several dialogs ask. */
import type { FormField } from '../ports/chat.ts';

/** `initial`: what was typed already; empty for nothing. */
export const reasonField = (initial = '', label = 'Reason'): FormField => ({
  id: 'reason',
  label,
  kind: 'text',
  hint: 'Everybody will read it.',
  ...(initial === '' ? {} : { initial }),
});

/** The name once more, of what is at stake; `hint`: what follows from it. */
export const sureField = (name: string, hint: string): FormField => ({
  id: 'sure',
  label: `Type ${name} to go on`,
  kind: 'text',
  hint,
});
