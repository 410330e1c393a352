/**
 * The public face of the lab's mail server: `startMail(options)` in `server.ts`. Real SMTP, with STARTTLS, implicit TLS or
 * neither, and a name and password where they are wanted; what it takes it keeps, read as a mail program would.
 */
export type MailOptions = {
  security: 'implicit' | 'starttls' | 'none';
  auth?: { user: string; password: string };
  /** Domains it takes mail for; default all. Others are refused with 550. */
  domains?: string[];
  /** Addresses refused for good (550), and for now (450). */
  refuse?: string[];
  refuseForNow?: string[];
  /** Largest letter, bytes; default 1 MB. */
  maxBytes?: number;
  port?: number;
};

export type MailFault = {
  /**
   * `no-greeting` and `no-answer` hang, at the beginning and after the letter was taken. `busy` and `broken` refuse the
   * sender with 451 and 554, `full` the letter with 452. `cut` breaks the connection before the letter is asked for,
   * `cut-after` when it was taken and before that is said.
   */
  kind: 'no-greeting' | 'no-answer' | 'busy' | 'broken' | 'full' | 'cut' | 'cut-after';
  /** How many conversations it spoils; default all until `clearFaults()`. */
  times?: number;
};

export type ReceivedMail = {
  /** Message-ID with its brackets. */
  id: string;
  /** Of the envelope: to whom it really goes. */
  sender: string;
  recipients: string[];
  from: string;
  to: string;
  subject: string;
  text: string | null;
  html: string | null;
  /** Names in small letters, values decoded. */
  headers: Record<string, string>;
  /** Whether it came over TLS, and as whom. */
  secure: boolean;
  user: string | null;
  raw: string;
  at: number;
};

export interface MailLab {
  readonly host: string;
  readonly port: number;
  /** Everything that was taken, oldest first; a letter sent twice is here twice, with the same id. */
  mails(): ReceivedMail[];
  /** Conversations begun, broken ones too. */
  connections(): number;
  /** Connections open now. */
  open(): number;
  fault(fault: MailFault): void;
  clearFaults(): void;
  close(): Promise<void>;
}
