/** Fits persistence to what the kill-switch asks for: neither of the two knows the other. */
import {
  type CallDirectory,
  type CallRecords,
  DIALS_APART_MS,
  type Inbox,
  type ReconcileMarks,
} from '../../kill-switch/index.ts';
import { callNotifications } from '../../notifications/index.ts';
import type { Directory, NewInboxEvent } from '../../persistence/index.ts';
import { readStoredEvent } from './stored-event.ts';

export function callDirectory(directory: Directory): CallDirectory {
  return {
    chain: (organizationId) => directory.organizations.chain(organizationId),
    price: (organizationId, service, book) =>
      directory.prices.priceFor(organizationId, service, book),
    hasWholesale: (agencyId) => directory.prices.hasWholesale(agencyId),
    wallet: (walletId) => directory.wallets.get(walletId),
    defaultWallet: (organization, currency) =>
      directory.defaultWallets.find(organization, currency),
    binding: (provider, kind, externalId) => directory.bindings.find(provider, kind, externalId),
  };
}

export function callRecords(directory: Directory): CallRecords {
  return {
    insertMany: (records) => directory.calls.insertMany(records),
    appendEvents: (events) =>
      directory.callEvents.appendMany(events, callNotifications(events, Date.now())),
    find: (organizationId, callId) => directory.calls.find(organizationId, callId),
    findByCallId: (callId) => directory.calls.findByCallId(callId),
    findLink: (provider, providerCallId) => directory.callLinks.find(provider, providerCallId),
    openDial: (organizationId, callId) =>
      directory.dials.openBetween({ organizationId, callId }, DIALS_APART_MS),
    async link({ controlUrl, twilioCallSid, ...link }) {
      const answer = await directory.callLinks.put({
        provider: link.provider,
        providerCallId: link.providerCallId,
        organizationId: link.organizationId,
        callId: link.callId,
        holdId: link.holdId,
        partition: link.partition,
        controlUrl: controlUrl ?? undefined,
        twilioCallSid: twilioCallSid ?? undefined,
        claimed: link.claimed ?? false,
      });
      return answer.status;
    },
    linksOf: (organizationId, callId) => directory.callLinks.ofCall(organizationId, callId),
    async eventKinds(organizationId, callId) {
      const events = await directory.callEvents.list(organizationId, callId);
      return events.map(({ kind }) => kind);
    },
    moveCutoffs: (moves) => directory.calls.moveCutoffs(moves),
  };
}

export function reconcileMarks({ reconcileMarks, callLinks }: Directory): ReconcileMarks {
  return {
    request: (account, since, delayMs) => reconcileMarks.request(account, since, delayMs),
    claim: (accounts, owner, leaseMs) => reconcileMarks.claim(accounts, owner, leaseMs),
    renew: (account, owner, leaseMs) => reconcileMarks.renew(account, owner, leaseMs),
    advance: (account, from, to) => reconcileMarks.advance(account, from, to),
    finish: (account, owner, nextMs, done) => reconcileMarks.finish(account, owner, nextMs, done),
    reconciledUntil: (account) => reconcileMarks.reconciledUntil(account),
    isLeg: (twilioCallSid) => callLinks.isLeg(twilioCallSid),
  };
}

export function eventInbox(directory: Directory): Inbox {
  const { inbox } = directory;
  return {
    async store(event, callKey, eventKey) {
      const stored: NewInboxEvent = {
        provider: event.provider,
        callKey,
        eventKey,
        event: { ...event },
      };
      await inbox.put(stored);
    },
    async claim(owner, limit, leaseMs) {
      const claimed = await inbox.claim(owner, limit, leaseMs);
      return claimed.flatMap(({ id, event: stored, attempts }) => {
        const event = readStoredEvent(stored);
        return event === undefined ? [] : [{ id, attempts, event }];
      });
    },
    applied: (ids) => inbox.applied(ids),
    failed: (id, owner, why, retryMs) => inbox.failed(id, owner, why, retryMs),
  };
}
