/** Slack: what the chosen transport cannot do without is there. What the other one would need may stay. */
import { type Check, map } from './reading.ts';

export const transportHasSecret: Check = (file) => {
  const written = map(file)['slack'];
  // Missing altogether: the schema says so.
  if (written === undefined) return [];
  const { transport = 'socket', appToken, signingSecret } = map(written);
  if (transport === 'socket' && appToken === undefined)
    return [
      {
        path: ['slack', 'appToken'],
        sentence:
          'is missing, and transport: socket needs it. Make an app-level token with connections:write and write env:NAME or file:path, or choose transport: http.',
      },
    ];
  if (transport === 'http' && signingSecret === undefined)
    return [
      {
        path: ['slack', 'signingSecret'],
        sentence:
          'is missing, and transport: http needs it: without it anybody could send commands. It stands in the app’s settings under “Basic Information”; write env:NAME or file:path.',
      },
    ];
  return [];
};
