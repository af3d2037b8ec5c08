//! A hundred thousand obligations of 210 zones in 8 currencies: positions of every zone, beside
//! `GROUP BY` of SQLite over the same rows in memory, with integer keys, and the same result.

use canon::{Amount, CorridorId, Currency, ZoneId};
use corridor::netting::{Book, Channel, Obligation, Plan, Reach, Source};
use rusqlite::Connection;

use crate::harness::{Bench, Clock, Reach as Target, Row};

const OBLIGATIONS: u64 = 100_000;
const ZONES: usize = 210;
const CURRENCIES: [&str; 8] = ["AED", "EUR", "GBP", "JPY", "KWD", "PKR", "SGD", "USD"];

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % most as u64).expect("below a usize")
    }
}

fn zone(n: usize) -> ZoneId {
    ZoneId::parse(&format!("org.momentum.mez.zone.z{n:03}")).expect("a zone")
}

fn channel(one: usize, other: usize) -> Channel {
    let (a, b) = (one.min(other), one.max(other));
    let id = format!("org.momentum.mez.corridor.z{a:03}--z{b:03}");
    let corridor_id = CorridorId::parse(&id).expect("a corridor");
    Channel { corridor_id, zones: [zone(a), zone(b)] }
}

/// Each zone has corridors to some twenty others; obligations run over them both ways.
fn scene() -> (Vec<Obligation>, Vec<Channel>) {
    let mut dice = Dice(24);
    let pairs: Vec<(usize, usize)> =
        (0..ZONES).flat_map(|a| (1..=10).map(move |step| (a, (a + step * step) % ZONES))).collect();
    let channels = pairs.iter().map(|(a, b)| channel(*a, *b)).collect();
    let one = |n: u64| {
        let (a, b) = pairs[dice.below(pairs.len())];
        let (debtor, creditor) = if dice.below(2) == 0 { (a, b) } else { (b, a) };
        let currency = Currency::parse(CURRENCIES[dice.below(CURRENCIES.len())]).expect("listed");
        let minor = 1 + dice.below(10_000_000) as i128;
        Obligation {
            amount: Amount::of_minor(minor, currency),
            corridor_id: channel(a, b).corridor_id,
            creditor: zone(creditor),
            debtor: zone(debtor),
            priority: 0,
            source: Source::Receipt(n),
        }
    };
    ((0..OBLIGATIONS).map(one).collect(), channels)
}

/// The rows of the book, in its order, as integers.
fn table(book: &Book) -> Connection {
    let base = Connection::open_in_memory().expect("SQLite");
    let make = "CREATE TABLE o(currency INTEGER, channel INTEGER, debtor INTEGER,
        creditor INTEGER, minor INTEGER)";
    base.execute_batch(make).expect("a table");
    base.execute_batch("BEGIN").expect("begun");
    {
        let sql = "INSERT INTO o VALUES (?1, ?2, ?3, ?4, ?5)";
        let mut insert = base.prepare(sql).expect("prepared");
        for one in book.obligations() {
            let of = |zone: &ZoneId| book.zones().binary_search(zone).expect("a zone") as i64;
            let currency = book.currencies().binary_search(&one.amount.currency());
            let currency = currency.expect("a currency") as i64;
            let minor = i64::try_from(one.amount.minor()).expect("small");
            let id = |channel: &Channel| channel.corridor_id.cmp(&one.corridor_id);
            let channel = book.channels().binary_search_by(id).expect("a channel") as i64;
            insert
                .execute((currency, channel, of(&one.debtor), of(&one.creditor), minor))
                .expect("inserted");
        }
    }
    base.execute_batch("COMMIT").expect("committed");
    base
}

/// (currency, zone, receivable, payable), in order.
type Sums = Vec<(i64, i64, i128, i128)>;

const POSITIONS: &str = "SELECT currency, zone, SUM(incoming), SUM(outgoing) FROM (
    SELECT currency, creditor AS zone, minor AS incoming, 0 AS outgoing FROM o
    UNION ALL SELECT currency, debtor, 0, minor FROM o) GROUP BY currency, zone ORDER BY currency, zone";
const LANES: &str = "SELECT currency, channel, debtor, SUM(minor) FROM o
    GROUP BY currency, channel, debtor ORDER BY currency, channel, debtor";

fn asked(base: &Connection, sql: &str) -> Sums {
    let mut select = base.prepare_cached(sql).expect("prepared");
    let row = |row: &rusqlite::Row<'_>| {
        let sum = |at: usize| row.get::<_, i64>(at).map(i128::from);
        Ok((row.get(0)?, row.get(1)?, sum(2)?, sum(3)?))
    };
    let rows = select.query_map([], row).expect("asked");
    rows.map(|row| row.expect("a row")).collect()
}

fn positions(book: &Book) -> Sums {
    let mut sums = Sums::new();
    for (currency, row) in (0..).zip(book.positions()) {
        for (zone, one) in (0..).zip(row) {
            if one != corridor::netting::Position::default() {
                sums.push((currency, zone, one.receivable, one.payable));
            }
        }
    }
    sums
}

/// A lane is a corridor and who writes: (currency, channel, debtor, sum).
fn lanes(book: &Book) -> Sums {
    let of = |one: corridor::netting::Gross| {
        let (channel, debtor) = (i64::from(one.channel), i128::from(one.debtor));
        (i64::from(one.currency), channel, debtor, one.minor)
    };
    book.gross().into_iter().map(of).collect()
}

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let (obligations, channels) = scene();
    let book = Book::of(obligations.clone(), &channels).expect("a book");
    let base = table(&book);
    assert_eq!(positions(&book), asked(&base, POSITIONS), "the same positions");
    assert_eq!(lanes(&book), asked(&base, LANES), "the same lanes");
    let plan = Plan::draw(&book, &[], Reach::Corridors, &[]).expect("a plan");
    for one in &plan.currencies {
        println!(
            "{}: {} zones, {} legs, {} bps of the gross need not be moved",
            one.currency,
            one.positions.len(),
            one.legs,
            one.reduction_bps
        );
    }
    println!();
    let long = (Clock::Thread, 5);
    vec![
        bench.short(
            "positions of 10^5 obligations beside GROUP BY",
            1,
            Target::Faster(150.0),
            || positions(&book),
            || asked(&base, POSITIONS),
        ),
        bench.short(
            "gross per lane of 10^5 obligations beside GROUP BY",
            1,
            Target::Faster(150.0),
            || lanes(&book),
            || asked(&base, LANES),
        ),
        bench.long(
            "10^5 obligations put in order beside inserted",
            long,
            Target::Within(2.0),
            || Book::of(obligations.clone(), &channels).expect("a book"),
            || table(&book),
        ),
    ]
}
