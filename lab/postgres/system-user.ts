/** As whom the database servers run: they refuse to run as root, so root hands them to `nobody`. */
import { accessSync, chmodSync, chownSync, constants, mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export type SystemUser = { uid: number; gid: number };

/** `undefined`: we are not root, the servers run as ourselves. */
export function serverUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error(
      'Postgres refuses to run as root and /etc/passwd has no user "nobody". Run the lab as another user.',
    );
  return { uid: Number(uid), gid: Number(gid) };
}

/** Makes a directory (0700) that belongs to the servers' user. */
export function makeServerDirectory(path: string, user: SystemUser | undefined): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  if (user) chownSync(path, user.uid, user.gid);
}

/** Whether the servers' user can reach a path: for another user every directory above it must let everybody pass. */
export function canEnter(path: string, user: SystemUser | undefined): boolean {
  if (!user) {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }
  for (let at = realpathSync(path); ; at = dirname(at)) {
    const { mode, uid } = statSync(at);
    const passes = uid === user.uid ? 0o100 : 0o001;
    if ((mode & passes) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
