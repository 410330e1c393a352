/** From a snapshot to who reads it. */

/** @import { Snapshot, LabPerson } from '../../../slack/types.ts' */
/** @import { Reader } from './types.d.ts' */

/** @param {LabPerson} person */
export const nameOf = (person) => person.realName ?? person.name;

/**
 * @param {Snapshot} slack @param {string} me
 * @param {string} browserZone taken where the lab gives this person no zone of their own
 * @returns {Reader}
 */
export function readerOf(slack, me, browserZone) {
  const self = slack.people.find((person) => person.id === me);
  return {
    me,
    people: Object.fromEntries(slack.people.map((person) => [person.id, nameOf(person)])),
    groups: Object.fromEntries(
      slack.usergroups.map(({ id, handle, users }) => [
        id,
        { handle, members: users.length, mine: users.includes(me) },
      ]),
    ),
    channels: Object.fromEntries(slack.channels.filter((one) => !one.isDirect).map(({ id, name }) => [id, name])),
    app: { id: slack.app.botUserId, name: slack.app.name },
    timeZone: self?.tz ?? browserZone,
    now: slack.at,
  };
}
