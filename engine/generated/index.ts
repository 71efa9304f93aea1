// Generated from engine/lua by `npm run generate`. Do not edit.

import type { LoadedScript } from '../script.ts';
import { authorizeScript } from './authorize.ts';
import { captureScript } from './capture.ts';
import { chargeScript } from './charge.ts';
import { checkScript } from './check.ts';
import { clockScript } from './clock.ts';
import { configureScript } from './configure.ts';
import { creditScript } from './credit.ts';
import { dueScript } from './due.ts';
import { expireScript } from './expire.ts';
import { extendScript } from './extend.ts';
import { fenceScript } from './fence.ts';
import { finalsScript } from './finals.ts';
import { loadScript } from './load.ts';
import { readScript } from './read.ts';
import { recordScript } from './record.ts';
import { settleScript } from './settle.ts';
import { startScript } from './start.ts';
import { transferScript } from './transfer.ts';
import { trimScript } from './trim.ts';
import { unloadScript } from './unload.ts';
import { voidScript } from './void.ts';

export { authorizeScript, type AuthorizeReply } from './authorize.ts';
export { captureScript, type CaptureReply } from './capture.ts';
export { chargeScript, type ChargeReply } from './charge.ts';
export { checkScript, type CheckReply } from './check.ts';
export { clockScript, type ClockReply } from './clock.ts';
export { configureScript, type ConfigureReply } from './configure.ts';
export { creditScript, type CreditReply } from './credit.ts';
export { dueScript, type DueReply } from './due.ts';
export { expireScript, type ExpireReply } from './expire.ts';
export { extendScript, type ExtendReply } from './extend.ts';
export { fenceScript, type FenceReply } from './fence.ts';
export { finalsScript, type FinalsReply } from './finals.ts';
export { loadScript, type LoadReply } from './load.ts';
export { readScript, type ReadReply } from './read.ts';
export { recordScript, type RecordReply } from './record.ts';
export { settleScript, type SettleReply } from './settle.ts';
export { startScript, type StartReply } from './start.ts';
export { transferScript, type TransferReply } from './transfer.ts';
export { trimScript, type TrimReply } from './trim.ts';
export { unloadScript, type UnloadReply } from './unload.ts';
export { voidScript, type VoidReply } from './void.ts';
export { advanceScript, type AdvanceReply } from './gate-advance.ts';
export { clearScript, type ClearReply } from './gate-clear.ts';
export { closeScript, type CloseReply } from './gate-close.ts';
export { committedScript, type CommittedReply } from './gate-committed.ts';
export { openScript, type OpenReply } from './gate-open.ts';
export { restoreScript, type RestoreReply } from './gate-restore.ts';
export { shutScript, type ShutReply } from './gate-shut.ts';

/** Every script that operations call by EVALSHA. Only the recovery gate loads them. */
export const LOADED_SCRIPTS: readonly LoadedScript[] = [
  authorizeScript,
  captureScript,
  chargeScript,
  checkScript,
  clockScript,
  configureScript,
  creditScript,
  dueScript,
  expireScript,
  extendScript,
  fenceScript,
  finalsScript,
  loadScript,
  readScript,
  recordScript,
  settleScript,
  startScript,
  transferScript,
  trimScript,
  unloadScript,
  voidScript,
];
