/** The ids that providers give to calls: how a webhook finds its hold. */
import type { Sql, Transaction } from '../connect.ts';
import { callKey } from './calls.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { ReadCache } from './read-cache.ts';

export interface CallLink {
  provider: string;
  providerCallId: string;
  organizationId: string;
  callId: string;
  holdId: string;
  partition: number;
  /** Where the provider takes commands for this one call. */
  controlUrl: string | null;
  /** The call's leg at Twilio, when its provider dials through it. */
  twilioCallSid: string | null;
  /** Only somebody with a key says so: the provider's own word takes the id from this call. */
  claimed: boolean;
  createdAt: Date;
}

export type NewCallLink = Omit<
  CallLink,
  'createdAt' | 'controlUrl' | 'twilioCallSid' | 'claimed'
> & {
  claimed?: boolean | undefined;
  controlUrl?: string | undefined;
  twilioCallSid?: string | undefined;
};

export type LinkAnswer =
  | { status: 'linked'; link: CallLink }
  /** The provider's id belongs to another call; whose is not told. */
  | { status: 'linked_elsewhere' };

interface CallLinkRow {
  provider: string;
  provider_call_id: string;
  organization_id: string;
  call_id: string;
  hold_id: string;
  partition: number;
  control_url: string | null;
  twilio_call_sid: string | null;
  claimed: boolean;
  created_at: Date;
}

/** The call that had the id until now, which is another one. */
interface Displaced {
  was_organization_id: string | null;
  was_call_id: string | null;
}

/** Provider ids of one call that are read: one, or a few when a dial was retried. */
const LINKS_PER_CALL_MAX = 20;

export class CallLinks {
  readonly #sql: Sql;
  readonly #feed: ChangeFeed;
  readonly #cache: ReadCache<CallLink>;

  constructor(sql: Sql, feed: ChangeFeed) {
    this.#sql = sql;
    this.#feed = feed;
    // An absent link must never be remembered: a status check that cannot find its call ends it.
    this.#cache = feed.cache('call_link', { absentTtlMs: 0 });
  }

  /**
   * Links the id; again for the same call only renews how the call is reached, where that is given.
   * A link that is no claim takes the id from a call that only claimed it.
   */
  async put(link: NewCallLink): Promise<LinkAnswer> {
    const rows = await this.#feed.writeQuietly(async (tx, changed) => {
      changed('call_link', linkKey(link.provider, link.providerCallId));
      changed('call', callKey(link.organizationId, link.callId));
      const linked = await upsert(tx, link);
      for (const { was_organization_id, was_call_id } of linked) {
        if (was_organization_id === null || was_call_id === null) continue;
        changed('call', callKey(was_organization_id, was_call_id));
        await tx`
          update calls set provider_call_id = null
          where organization_id = ${was_organization_id} and call_id = ${was_call_id}
            and provider_call_id = ${link.providerCallId}`;
      }
      if (linked.length === 1) {
        await tx`
          update calls set provider = ${link.provider}, provider_call_id = ${link.providerCallId}
          where organization_id = ${link.organizationId} and call_id = ${link.callId}`;
      }
      return linked;
    });
    const [row] = rows;
    return row === undefined
      ? { status: 'linked_elsewhere' }
      : { status: 'linked', link: fromRow(row) };
  }

  /** The call behind a provider's id; undefined when it is not linked. Cached. */
  find(provider: string, providerCallId: string): Promise<CallLink | undefined> {
    return this.#cache.read(linkKey(provider, providerCallId), async () => {
      const [row] = await this.#sql<CallLinkRow[]>`
        select * from call_links
        where provider = ${provider} and provider_call_id = ${providerCallId}`;
      return row && fromRow(row);
    });
  }

  /** True for a call at Twilio that is only the leg of a call that another provider makes. */
  async isLeg(twilioCallSid: string): Promise<boolean> {
    const rows = await this.#sql`
      select 1 as leg from call_links
      where twilio_call_sid = ${twilioCallSid} and provider <> 'twilio' limit 1`;
    return rows.length === 1;
  }

  /** Every provider id of one call: those that are certain first, of them the newest. */
  async ofCall(organizationId: string, callId: string): Promise<CallLink[]> {
    const rows = await this.#sql<CallLinkRow[]>`
      select * from call_links where organization_id = ${organizationId} and call_id = ${callId}
      order by claimed, created_at desc limit ${LINKS_PER_CALL_MAX}`;
    return rows.map(fromRow);
  }
}

/** One row, with the call that lost the id, or none when another call keeps it. */
async function upsert(tx: Transaction, link: NewCallLink) {
  return await tx<(CallLinkRow & Displaced)[]>`
    with was as (
      select organization_id, call_id from call_links
      where provider = ${link.provider} and provider_call_id = ${link.providerCallId}
        and (organization_id, call_id) <> (${link.organizationId}, ${link.callId})
    )
    insert into call_links (provider, provider_call_id, organization_id, call_id, hold_id,
      partition, control_url, twilio_call_sid, claimed)
    values (${link.provider}, ${link.providerCallId}, ${link.organizationId}, ${link.callId},
      ${link.holdId}, ${link.partition}, ${link.controlUrl ?? null},
      ${link.twilioCallSid ?? null}, ${link.claimed ?? false})
    on conflict (provider, provider_call_id) do update
      set organization_id = excluded.organization_id, call_id = excluded.call_id,
        hold_id = excluded.hold_id, partition = excluded.partition,
        control_url = case when (select true from was) then excluded.control_url
          else coalesce(excluded.control_url, call_links.control_url) end,
        twilio_call_sid = case when (select true from was) then excluded.twilio_call_sid
          else coalesce(excluded.twilio_call_sid, call_links.twilio_call_sid) end,
        claimed = call_links.claimed and excluded.claimed
      where (call_links.claimed and not excluded.claimed)
        or (call_links.organization_id, call_links.call_id)
          = (excluded.organization_id, excluded.call_id)
    returning *, (select organization_id from was) as was_organization_id,
      (select call_id from was) as was_call_id`;
}

function linkKey(provider: string, providerCallId: string): string {
  return `${provider}:${providerCallId}`;
}

function fromRow(row: CallLinkRow): CallLink {
  return {
    provider: row.provider,
    providerCallId: row.provider_call_id,
    organizationId: row.organization_id,
    callId: row.call_id,
    holdId: row.hold_id,
    partition: row.partition,
    controlUrl: row.control_url,
    twilioCallSid: row.twilio_call_sid,
    claimed: row.claimed,
    createdAt: row.created_at,
  };
}
