//! The limits of a zone.

/// Largest page a list answers.
pub const PAGE_MAX: usize = 200;
/// Page size when none is asked for.
pub const PAGE_DEFAULT: usize = 50;
/// Journal entries looked at for one page of decisions.
pub const DECISIONS_SCANNED_MAX: usize = 10_000;
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
/// Most checks by an office kept of one person.
pub const CHECKS_MAX: usize = 64;
/// Longest idempotency key, in bytes.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;
/// Most corridor proposals waiting for a decision.
pub const PENDING_CORRIDORS_MAX: usize = 64;
/// Days for which the answer of a register about a person counts.
pub const ADAPTER_ANSWER_DAYS: i64 = 90;
/// Days for which the answer about a taxpayer counts: FBR draws up its list of active taxpayers each week.
pub const FILER_STATUS_DAYS: i64 = 7;
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
/// Most tokens of one zone.
pub const TOKENS_MAX: usize = 1_000;

/// Largest settlement plan that travels in a lane, in bytes of its canonical form.
pub const PLAN_BYTES_MAX: usize = 256 * 1_024;
/// Most settlement plans one zone keeps, ended ones included: none is archived yet.
pub const PLANS_MAX: usize = 1_000;
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
/// Most codes a zone adds to its chart.
pub const CHART_CODES_MAX: usize = 500;
/// Most rows of a schedule of fees.
pub const FEES_MAX: usize = 256;
/// Longest time for which a transfer is only promised, in seconds (30 days).
pub const PENDING_SECS_MAX: i64 = 2_592_000;
/// Oldest day a posting counts for, in days before it is booked.
pub const EFFECTIVE_DAYS_MAX: i64 = 366;

const _: () = assert!(PAGE_DEFAULT <= PAGE_MAX, "the default page is a page");
const _: () = assert!(RETRY_SECS_MIN <= RETRY_SECS_MAX, "pauses grow");
