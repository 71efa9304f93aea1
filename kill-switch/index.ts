/** The kill-switch's door: call policy, call sessions, enforcer, and what providers say. */
export { createApplyRecord } from './asking/apply-record.ts';
export { type Asked, type Asking, createAsking } from './asking/asking.ts';
export { DIALS_APART_MS } from './asking/by-numbers.ts';
export { createSaidOver, type SaidOver } from './asking/said-over.ts';
export type { CutoffDoors, CutoffMeasure } from './cutoff/doors.ts';
export { createDialer, type DialCall, type Dialled, type DialOnce } from './dial/dialer.ts';
export type { Dial, DialDecision, DialKey, DialState, Dials, NewDial } from './dial/dials.ts';
export { createDialLooks, type DialLooks } from './dial/looks.ts';
export type {
  BindingFacts,
  CallDirectory,
  CallLinkRecord,
  CallRecord,
  CallRecords,
  CutoffMove,
  CutoffState,
  Inbox,
  InboxItem,
  Log,
  NewCallEvent,
  NewCallRecord,
  Notice,
  OrganizationFacts,
  PriceFacts,
  ReconcileMarks,
  ReconcileOrder,
  WalletFacts,
} from './doors.ts';
export { createEnforcer, type Enforcer, type EnforcerOptions } from './enforcer/enforcer.ts';
export {
  type Applied,
  type ApplyEvent,
  createApplyEvent,
  type UnknownEvent,
} from './events/apply-event.ts';
export { decideGate, type GateAnswer, type GateContext } from './events/gate.ts';
export {
  createInboxWorker,
  type InboxWorker,
  type InboxWorkerOptions,
} from './events/inbox-worker.ts';
export { decidePredial, type PredialAnswer } from './events/predial.ts';
export {
  CALL_POLICY_RULES,
  type CallPolicy,
  type CallPolicyField,
  callPolicyProblem,
  DEFAULT_CALL_POLICY,
  resolveCallPolicy,
  type SecondsRule,
  type SparseCallPolicy,
  type WordRule,
} from './policy.ts';
export {
  type DialOrder,
  type DialResult,
  type ProviderCall,
  type ProviderClient,
  ProviderOutage,
  type ProviderRecord,
  type PushResult,
} from './providers/client.ts';
export {
  type ProviderAccount,
  type ProviderClients,
  platformClients,
} from './providers/clients.ts';
export type {
  AppliableEvent,
  BindingKind,
  CallReference,
  GateEvent,
  Outcome,
  PredialEvent,
  Provider,
  ProviderEvent,
  Verdict,
} from './providers/event.ts';
export { safeTarget, type Target } from './providers/http/address-guard.ts';
export {
  type Exchanged,
  type ExchangeRequest,
  exchange,
  NoAnswer,
} from './providers/http/exchange.ts';
export { metadataFor } from './providers/metadata.ts';
export { retellGateGrant, retellGateRefusal } from './providers/retell/answers.ts';
export { createRetellClient, type RetellAccount } from './providers/retell/client.ts';
export { parseRetell } from './providers/retell/parse.ts';
export { verifyRetell } from './providers/retell/verify.ts';
export { severalAccounts } from './providers/several-accounts.ts';
export { createTwilioClient, type TwilioAccount } from './providers/twilio/client.ts';
export { readForm, type TwilioForm } from './providers/twilio/form.ts';
export { type MessageStatus, parseTwilioMessage } from './providers/twilio/message.ts';
export { parseTwilioVoice } from './providers/twilio/parse.ts';
export { verifyTwilio } from './providers/twilio/verify.ts';
export {
  TICK_TOOL,
  vapiGateGrant,
  vapiGateRefusal,
  vapiToolResults,
} from './providers/vapi/answers.ts';
export { createVapiClient, type VapiAccount } from './providers/vapi/client.ts';
export {
  DEFAULT_HMAC_PLAN,
  type HmacPlan,
  isSoundFormat,
} from './providers/vapi/hmac-plan.ts';
export { parseVapi } from './providers/vapi/parse.ts';
export { type VapiScheme, verifyVapi } from './providers/vapi/verify.ts';
export { createReconciler, type Reconciler } from './reconcile/reconciler.ts';
export type { ReconcileReport } from './reconcile/report.ts';
export type { AuthorizeCall } from './sessions/authorize.ts';
export type { Call, CallLeg, CallState } from './sessions/call.ts';
export {
  type CallSessions,
  type CallSessionsOptions,
  createCallSessions,
} from './sessions/call-sessions.ts';
export type { CheckedCall } from './sessions/check.ts';
export type { EndCall } from './sessions/end.ts';
export type { CallIdentity } from './sessions/known-calls.ts';
export { CALL_SERVICE } from './sessions/legs.ts';
export type { StatusAnswer } from './sessions/status-answer.ts';
