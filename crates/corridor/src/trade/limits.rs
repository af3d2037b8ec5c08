//! The limits of trade flows.

/// Longest name, reference or note, in bytes.
pub const TEXT_BYTES_MAX: usize = 500;
/// Most lines of an invoice.
pub const LINES_MAX: usize = 200;
/// Most kinds of goods of a bill of lading.
pub const GOODS_MAX: usize = 200;
/// Most documents a presentation names, and most kinds of documents a letter requires.
pub const DOCUMENTS_MAX: usize = 64;
/// Most days on which banks are closed that a flow lists.
pub const HOLIDAYS_MAX: usize = 366;
/// Banking days after presentation within which documents may be refused (UCP 600 art. 14(b)).
pub const EXAMINATION_BANKING_DAYS: u32 = 5;
/// Days after shipment within which documents are presented, unless the letter says otherwise
/// (UCP 600 art. 14(c)).
pub const PRESENTATION_DAYS: u32 = 21;
/// Longest period of presentation a letter may state, in days.
pub const PRESENTATION_DAYS_MAX: u32 = 366;
/// Largest tolerance of a letter's amount, in basis points (UCP 600 art. 30(a)).
pub const TOLERANCE_BP_MAX: u32 = 1_000;
/// All of something, in basis points.
pub const WHOLE_BP: i128 = 10_000;
/// Most digits of a quantity before its point.
pub const QUANTITY_WHOLE_DIGITS_MAX: usize = 12;
/// Most digits of a quantity after its point.
pub const QUANTITY_FRACTION_DIGITS_MAX: u32 = 6;
/// Most steps of a flow: those of the longest archetype.
pub const STEPS_MAX: usize = 6;
