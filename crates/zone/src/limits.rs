//! The limits of a zone.

/// Most entries of one account, from the first day of its statement to now, that are read back from Mass.
pub const STATEMENT_AT_MASS_MAX: usize = 100_000;
/// Largest page a list answers.
pub const PAGE_MAX: usize = 200;
/// Page size when none is asked for.
pub const PAGE_DEFAULT: usize = 50;
/// Journal entries looked at for one page of decisions.
pub const DECISIONS_SCANNED_MAX: usize = 10_000;
/// Entries of the log of views looked at for one page of it.
pub const VIEWS_SCANNED_MAX: usize = 10_000;
/// Most properties a figure over the population is split by.
pub const SPLITS_MAX: usize = 3;
/// Most groups of one figure.
pub const GROUPS_MAX: usize = 5_000;
/// Most records of a kind that alerts look at.
pub const ALERT_RECORDS_MAX: usize = 20_000;
/// Days before its end from which a license is said to end soon.
pub const LICENSE_ENDS_DAYS: i64 = 30;
/// Refused writes in 24 hours below which they are no spike.
pub const SPIKE_MIN: i64 = 10;
/// Days before with which they are compared.
pub const SPIKE_DAYS: i64 = 30;
/// How many times as many as on an average day before make a spike.
pub const SPIKE_FACTOR: i64 = 3;
/// Payments looked at for those of one entity that crossed a corridor.
pub const PAYMENTS_SEARCHED_MAX: usize = 20_000;
/// Receipts of each lane looked at for what law said of a corridor.
pub const CORRIDOR_RECEIPTS_LOOKED_MAX: u64 = 200;
/// Days for which a signed export to a regulator holds (ten years, as long as files of supervision are kept).
pub const EXPORT_DAYS: i64 = 3_653;
/// Most sanctions hits one entry of the decision journal keeps, over all its subjects.
pub const HITS_KEPT_MAX: usize = 200;
/// Most decisions about hits kept of one subject.
pub const DISPOSITIONS_MAX: usize = 200;
/// Most subjects named one by one in a report of coverage; the counts are of all.
pub const UNCOVERED_NAMED_MAX: usize = 100;
/// Most credentials handed in as evidence with one request.
pub const EVIDENCE_MAX: usize = 32;
/// Most credentials in force that are kept of one entity, or of one person.
pub const EVIDENCE_KEPT_MAX: usize = 256;
/// Most entities looked at for one answer of a search.
pub const ENTITIES_SEARCHED_MAX: usize = 5_000;
/// Most licenses of one entity that law is told of.
pub const LICENSES_TOLD_MAX: usize = 200;
/// Most DIDs bound to one person.
pub const DIDS_MAX: usize = 16;
/// Seconds for which a document that binds a DID may be brought after it was signed.
pub const DID_FRESH_SECS: i64 = 3_600;
/// Longest idempotency key, in bytes.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;
/// Most corridor proposals waiting for a decision.
pub const PENDING_CORRIDORS_MAX: usize = 64;
/// Days for which the answer of a register about a person counts.
pub const ADAPTER_ANSWER_DAYS: i64 = 90;
/// Days for which the answer about a taxpayer counts: FBR draws up its list of active taxpayers each week.
pub const FILER_STATUS_DAYS: i64 = 7;
/// Days for which the answer of a register about a company or its license counts.
pub const COMPANY_ANSWER_DAYS: i64 = 30;
/// Days an evaluation credential is valid.
pub const CREDENTIAL_DAYS: i64 = 30;
/// First pause before a failed delivery is tried again, in seconds; doubles up to the next.
pub const RETRY_SECS_MIN: i64 = 1;
/// Longest pause before a failed delivery is tried again, in seconds.
pub const RETRY_SECS_MAX: i64 = 60;
/// Threads that do what the outbox holds, one corridor each; half of them at most for peers that could not be reached.
pub const OUTBOX_THREADS: usize = 4;
/// Threads kept for peers that hang, beside those of [`OUTBOX_THREADS`].
pub const OUTBOX_SPARE: usize = 12;
/// Seconds after which a turn at a corridor is a peer that hangs.
pub const HANGS_SECS: i64 = 2;
/// Pause between two knocks at a peer that cannot be reached, in seconds; doubles up to [`RETRY_SECS_MAX`] with each
/// attempt that fails although the peer answered a knock.
pub const KNOCK_SECS: i64 = 1;
/// Longest wait for the answer to a knock, in seconds.
pub const KNOCK_PATIENCE_SECS: u64 = 2;
/// Longest wait for the answer to a message, in seconds; doubles up to the next with each attempt in vain.
pub const PATIENCE_SECS_MIN: u64 = 3;
/// Longest wait for the answer of a peer that is slow, in seconds.
pub const PATIENCE_SECS_MAX: u64 = 10;
/// Attempts in a row that a peer's own messages cause at once, although it answers none of ours.
pub const SENDERS_TRIED_MAX: u32 = 4;
/// Peers knocked at at once.
pub const KNOCKS_AT_ONCE: usize = 8;
/// Pause before law is asked again whether a refund it refused may be made, in seconds.
pub const LAW_RETRY_SECS: i64 = 3_600;
/// Failed attempts in a row after which a peer is called silent: a minute or more without an answer.
pub const SILENT_ATTEMPTS_MIN: u32 = 6;
/// Seconds after which a receipt the peer has not decided is called unanswered.
pub const UNANSWERED_SECS: i64 = 3_600;
/// Most corridors of which the health is told at once.
pub const CORRIDORS_SHOWN_MAX: usize = 1_000;
/// Most corridors that are counted for whoever draws curves, each time anybody asks.
pub const CORRIDORS_GAUGED_MAX: usize = 50;
/// Most currencies of which a corridor's account is told.
pub const CURRENCIES_MAX: usize = 200;
/// Most waiting messages looked at for the health of corridors.
pub const WAITING_MAX: usize = 10_000;
/// Bridged payments whose jobs are looked at when one is repaired, at most.
pub const BRIDGE_PULLS_MAX: usize = 16;
/// Seconds for which a zone goes by what its peers told of corridors before it asks again.
pub const WAYS_FRESH_SECS: i64 = 600;
/// Seconds an invoice is valid unless it says otherwise (an hour).
pub const BRIDGE_INVOICE_SECS: i64 = 3_600;
/// Jobs taken from the outbox at once.
pub const JOBS_MAX: usize = 32;
/// Seconds an HTTP message of a peer stays fresh.
pub const PEER_FRESH_SECS: i64 = 300;
/// Longest nonce of a peer's message, in bytes.
pub const NONCE_BYTES_MAX: usize = 128;
/// Most proofs of equivocation kept of one corridor; a peer that forks more often has been proven to.
pub const EVIDENCE_FILES_MAX: usize = 16;
/// Most endorsements kept of one corridor at once.
pub const ENDORSEMENTS_KEPT_MAX: usize = 256;
/// Most amendments of one corridor.
pub const AMENDMENTS_MAX: usize = 100;
/// Most requests to watchers that wait for an answer on one corridor.
pub const REQUESTS_OPEN_MAX: usize = 64;
/// Seconds for which refusals of one principal are counted together in the audit log.
pub const AUDIT_WINDOW_SECS: i64 = 60;
/// Most entries of refusals of one principal within [`AUDIT_WINDOW_SECS`]; what is beyond is counted.
pub const AUDIT_REFUSALS_MAX: usize = 20;
/// Most principals whose refusals are counted one by one.
pub const AUDIT_PRINCIPALS_MAX: usize = 2_048;
/// Seconds for which a request awaits its second person.
pub const APPROVAL_SECS: i64 = 3_600;
/// Most requests that await a second person at once.
pub const APPROVALS_PENDING_MAX: usize = 100;
/// Requests a minute of one principal, unless set.
pub const RATE_PER_MINUTE: u32 = 600_000;
/// Requests of one principal at once after a rest, unless set.
pub const RATE_BURST: u32 = 600_000;
/// Requests a replica takes out of a principal's bucket at once, unless set.
pub const RATE_LEASE: u32 = 10_000;
/// Seconds for which a lease may be used.
pub const RATE_LEASE_SECS: i64 = 60;
/// Most principals whose leases a replica keeps.
pub const RATE_PRINCIPALS_MAX: usize = 4_096;
/// Times a lease is asked for again when another replica was quicker.
pub const RATE_TRIES: usize = 4;
/// Most tokens of one zone.
pub const TOKENS_MAX: usize = 1_000;

/// Screenings without hits that are remembered, of those who acted lately.
pub const SCREENINGS_KNOWN_MAX: usize = 512;

/// Largest settlement plan that travels in a lane, in bytes of its canonical form.
pub const PLAN_BYTES_MAX: usize = 256 * 1_024;
/// Most settlement plans one zone keeps, ended ones included: none is archived yet.
pub const PLANS_MAX: usize = 1_000;
/// Seconds after which consent that found no room there is told again.
pub const PLAN_AGAIN_SECS: i64 = 600;
/// Priority of payments among obligations, of 0 to 7.
pub const PRIORITY_DEFAULT: u8 = 4;
/// Oldest day of a taxable event that is stated, in days (six years, as long as books are kept).
pub const TAX_EVENT_DAYS_MAX: i64 = 2_192;
/// Most taxable events one report reads.
pub const TAX_REPORT_EVENTS_MAX: usize = 20_000;
/// Most entries of which a statement by days that count is made.
pub const STATEMENT_ENTRIES_MAX: usize = 20_000;
/// Most postings, and accounts, one journal or trial balance reads.
pub const JOURNAL_POSTINGS_MAX: usize = 50_000;
/// Readings of the books beside writes before one is made with none.
pub const BOOKS_READ_MAX: usize = 3;
/// Most codes a zone adds to its chart.
pub const CHART_CODES_MAX: usize = 500;
/// Most rows of a schedule of fees.
pub const FEES_MAX: usize = 256;
/// Longest time for which a transfer is only promised, in seconds (30 days).
pub const PENDING_SECS_MAX: i64 = 2_592_000;
/// Oldest day a posting counts for, in days before it is booked.
pub const EFFECTIVE_DAYS_MAX: i64 = 366;
/// Journal entries looked at for one page of events.
pub const EVENTS_SCANNED_MAX: usize = 10_000;
/// Most types of events one query or webhook names.
pub const EVENT_TYPES_MAX: usize = 64;
/// Most segments of the archive that one entry of the journal gives up.
pub const SEGMENTS_DROPPED_MAX: usize = 4_096;
/// Most webhooks one zone keeps.
pub const WEBHOOKS_MAX: usize = 32;
/// Longest URL of a receiver, in bytes.
pub const WEBHOOK_URL_BYTES_MAX: usize = 2_048;
/// Attempts kept of one webhook, the newest.
pub const ATTEMPTS_KEPT_MAX: usize = 32;
/// Most events sent to one receiver before it is written how far it got.
pub const DELIVERIES_MAX: usize = 100;
/// Seconds of deliveries to one receiver after which it is written how far it got.
pub const DELIVERIES_SECS: i64 = 5;
/// Pauses before an event is sent again, in seconds (Standard Webhooks, "retry schedule"); the last is kept to.
pub const WEBHOOK_RETRY_SECS: [i64; 9] =
    [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// Longest pause a receiver may ask for, in seconds.
pub const WEBHOOK_PAUSE_SECS_MAX: i64 = 86_400;
/// Jitter of a pause, at most, in hundredths of it.
pub const WEBHOOK_JITTER_PERCENT: i64 = 10;
/// Days in a row without a success after which a webhook is disabled.
pub const WEBHOOK_FAILING_DAYS_MAX: i64 = 5;
/// Seconds for which a secret that was replaced still signs, unless said otherwise.
pub const WEBHOOK_OVERLAP_SECS: i64 = 86_400;
/// Longest such time, in seconds (seven days).
pub const WEBHOOK_OVERLAP_SECS_MAX: i64 = 604_800;
/// Longest reason kept of an attempt in vain, in bytes.
pub const ATTEMPT_REASON_BYTES_MAX: usize = 200;

const _: () = assert!(RATE_LEASE <= RATE_BURST, "a lease is part of a bucket");
const _: () = assert!(PAGE_DEFAULT <= PAGE_MAX, "the default page is a page");
const _: () = assert!(CORRIDOR_RECEIPTS_LOOKED_MAX <= store::PAGE_MAX as u64, "one page of a lane");
const _: () = assert!(RETRY_SECS_MIN <= RETRY_SECS_MAX, "pauses grow");
