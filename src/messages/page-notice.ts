/** What customers read on the status page ahead of a planned move. Neither a region nor what somebody typed: they know neither. */
import { momentText } from './templates.ts';

type Planned = { organization: string; staging: boolean; from: number; until: number };

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const between = ({ from, until }: Planned): string => `between ${momentText(from)} and ${momentText(until)}`;

export const announced = (planned: Planned): { name: string; body: string } => ({
  name: `${planned.staging ? '[staging] ' : ''}${capital(planned.organization)}: planned maintenance`,
  body: `${capital(between(planned))} ${capital(planned.organization)} moves to another region.\nReading works all the time. Saving pauses for some seconds once.`,
});

export const takenBack = (planned: Planned): string =>
  `This maintenance does not take place: nothing will be noticed ${between(planned)}.`;
