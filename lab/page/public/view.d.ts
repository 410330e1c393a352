/** The types of view.js for TypeScript that is not a browser's. */
import type {
  ClickResult,
  LabBlock,
  SeenChannel,
  SeenEphemeral,
  SeenMessage,
  SeenView,
  Snapshot,
} from '../../slack/types.ts';
import type { DnsView, RogueView, WorldView, WriterView, WriteView } from '../world-view.ts';
import type { Host, Reader, Scene } from './view/types.d.ts';

export type { Host, Reader, Scene };

export class Html {
  constructor(text: string);
  readonly text: string;
}
export function html(strings: TemplateStringsArray, ...values: unknown[]): Html;

export function mrkdwn(text: string, reader: Reader, how?: { verbatim?: boolean }): Html;
export function plainText(text: string, reader: Reader): string;
export function dateText(ms: number, pattern: string, reader: { timeZone: string; now: number }): string | undefined;
export function readerOf(slack: Snapshot, me: string, browserZone: string): Reader;

export function renderBlocks(blocks: LabBlock[], reader: Reader, host: Host): Html;
export function renderMessage(
  message: SeenMessage,
  scene: Scene,
  place: { where: 'channel' | 'thread'; parent?: SeenMessage; pinnedAbove?: boolean },
): Html;
export function renderPinned(channel: SeenChannel, scene: Scene): Html;
export function renderTimeline(channel: SeenChannel, ephemerals: SeenEphemeral[], scene: Scene): Html;
export function renderThread(channel: SeenChannel, ts: string, ephemerals: SeenEphemeral[], scene: Scene): Html;
export function renderModal(view: SeenView, scene: Scene, state: { below: number; sending: boolean }): Html;
export function renderPeople(people: { id: string; name: string; may: string }[], me: string): Html;
export function renderChannels(slack: Snapshot, current: string, unread: Record<string, number>): Html;
export function renderBot(slack: Snapshot): Html;
export function whyNot(
  error: NonNullable<ClickResult['error']> | 'missing_input' | 'invalid_ack',
  app: string,
): string | undefined;

export function size(bytes: number): string;
export function renderRegions(world: WorldView): Html;
export function renderDns(dns: DnsView[]): Html;
export function renderRogue(rogue: RogueView): Html;

export interface Tick {
  x: number;
  ok: boolean;
  region: string | null;
  size: number;
}
export function count(value: number): string;
export function windowOf(recent: WriteView[]): number;
export function ticksOf(recent: WriteView[], now: number, span: number): Tick[];
export function bandsOf(ticks: Tick[]): { ok: boolean; label: string; from: number; to: number }[];
export function renderOutage(outage: WriterView['outage'], now: number): Html;
export function renderCounts(writer: WriterView): Html;
