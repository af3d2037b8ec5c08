//! Ethereum: its first two blocks by the hashes everybody knows, and blocks made here, whose tries are built by a
//! plain builder of their own.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use canon::{CorridorId, Digest};
use corridor::anchor::{Anchor, AnchorError, EthereumProof, Held, Root};
use corridor::attachment::{Attachment, Checkpointed, Relation};
use proptest::prelude::*;
use serde_json::json;
use sha3::{Digest as _, Keccak256};

/// The trie of nothing: transactions and receipts of an empty block.
const EMPTY: &str = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
/// The list of no uncles.
const NO_UNCLES: &str = "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347";
const FIRST: &str = "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3";
const SECOND: &str = "0x88e96d4537bea4d9c05d12549907b32561d3bf31f45aae734cdc119f13406cb6";
/// The first four bytes of the hash of `recordDigest(bytes32)`.
const RECORD_DIGEST: [u8; 4] = [0x23, 0x90, 0xa2, 0x41];

fn keccak(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn unhex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn headed(short: u8, body: &[u8]) -> Vec<u8> {
    if body.len() < 56 {
        return [&[short + body.len() as u8], body].concat();
    }
    let length: Vec<u8> =
        body.len().to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    [&[short + 55 + length.len() as u8], length.as_slice(), body].concat()
}

/// A string of bytes, as RLP.
fn text(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [0..=0x7f] => bytes.to_vec(),
        _ => headed(0x80, bytes),
    }
}

/// A list of items that are RLP.
fn list(items: &[Vec<u8>]) -> Vec<u8> {
    headed(0xc0, &items.concat())
}

fn number(number: u64) -> Vec<u8> {
    let bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    text(&bytes)
}

/// A trie of few keys, as a node and the nodes below it by their hash.
type Below = BTreeMap<[u8; 32], Vec<u8>>;

fn packed(path: &[u8], leaf: bool) -> Vec<u8> {
    let flag = if leaf { 0x20 } else { 0 };
    let (head, rest) = match path.len() % 2 {
        0 => (flag, path),
        _ => (flag | 0x10 | path[0], &path[1..]),
    };
    let rest = rest.chunks(2).map(|pair| pair[0] << 4 | pair[1]);
    text(&std::iter::once(head).chain(rest).collect::<Vec<u8>>())
}

/// The node of these rows, whose keys begin alike up to `depth`.
fn node(rows: &[(Vec<u8>, Vec<u8>)], depth: usize, below: &mut Below) -> Vec<u8> {
    if let [(key, value)] = rows {
        return list(&[packed(&key[depth..], true), text(value)]);
    }
    let first = &rows[0].0;
    let alike = |at: &usize| rows.iter().all(|(key, _)| key.get(*at) == first.get(*at));
    let end = (depth..first.len()).take_while(alike).last().map_or(depth, |last| last + 1);
    if end > depth {
        let child = referred(node(rows, end, below), below);
        return list(&[packed(&first[depth..end], false), child]);
    }
    let mut items: Vec<Vec<u8>> = (0..16)
        .map(|nibble| {
            let of: Vec<_> =
                rows.iter().filter(|(key, _)| key.get(depth) == Some(&nibble)).cloned().collect();
            if of.is_empty() { text(&[]) } else { referred(node(&of, depth + 1, below), below) }
        })
        .collect();
    let own = rows.iter().find(|(key, _)| key.len() == depth);
    items.push(text(own.map_or(&[][..], |(_, value)| value)));
    list(&items)
}

fn referred(node: Vec<u8>, below: &mut Below) -> Vec<u8> {
    if node.len() < 32 {
        return node;
    }
    let hash = keccak(&node);
    below.insert(hash, node);
    text(&hash)
}

/// A trie of values by their place, and the nodes on the way to each.
struct Trie {
    root: [u8; 32],
    below: Below,
}

fn nibbles(place: u64) -> Vec<u8> {
    number(place).iter().flat_map(|byte| [byte >> 4, byte & 15]).collect()
}

impl Trie {
    fn of(values: &[Vec<u8>]) -> Self {
        let rows: Vec<_> =
            (0..).zip(values).map(|(place, value)| (nibbles(place), value.clone())).collect();
        let mut below = Below::new();
        let top = node(&rows, 0, &mut below);
        let root = keccak(&top);
        below.insert(root, top);
        Self { root, below }
    }

    /// By trying: a node is on the way when the one before names it and the value is found with it.
    fn way(&self, place: u64) -> Vec<String> {
        let (mut way, mut hash, key) = (Vec::new(), self.root, nibbles(place));
        let mut depth = 0;
        loop {
            let node = self.below[&hash].clone();
            way.push(hex(&node));
            match self.next(&node, &key, &mut depth) {
                Some(next) => hash = next,
                None => return way,
            }
        }
    }

    fn next(&self, node: &[u8], key: &[u8], depth: &mut usize) -> Option<[u8; 32]> {
        let items = items(node);
        let child = if items.len() == 2 {
            let path = &items[0][usize::from(items[0][0] >= 0x80)..];
            let leaf = path[0] & 0x20 != 0;
            let passed = 2 * (path.len() - 1) + usize::from(path[0] & 0x10 != 0);
            *depth += passed;
            if leaf {
                return None;
            }
            items[1].clone()
        } else {
            let nibble = key.get(*depth)?;
            *depth += 1;
            items[usize::from(*nibble)].clone()
        };
        match child.first()? {
            0xa0 => child[1..].try_into().ok(),
            _ => self.next(&child, key, depth),
        }
    }
}

/// The items of a list, each as RLP.
fn items(list: &[u8]) -> Vec<Vec<u8>> {
    let width = |head: u8| if head < 0xf8 { 0 } else { usize::from(head - 0xf7) };
    let mut rest = &list[1 + width(list[0])..];
    let mut items = Vec::new();
    while let Some(head) = rest.first() {
        let long = |base: u8| {
            let width = usize::from(head - base);
            let length = rest[1..=width].iter().fold(0, |n, byte| n << 8 | usize::from(*byte));
            1 + width + length
        };
        let length = match head {
            0..=0x7f => 1,
            0x80..=0xb7 => 1 + usize::from(head - 0x80),
            0xb8..=0xbf => long(0xb7),
            0xc0..=0xf7 => 1 + usize::from(head - 0xc0),
            0xf8..=0xff => long(0xf7),
        };
        items.push(rest[..length].to_vec());
        rest = &rest[length..];
    }
    items
}

struct Of<'a> {
    parent: [u8; 32],
    number: u64,
    state: &'a str,
    transactions: [u8; 32],
    receipts: [u8; 32],
    rest: Vec<Vec<u8>>,
    beneficiary: &'a str,
    difficulty: u64,
}

fn header(of: &Of<'_>) -> Vec<u8> {
    let mut fields = vec![
        text(&of.parent),
        text(&unhex(NO_UNCLES)),
        text(&unhex(of.beneficiary)),
        text(&unhex(of.state)),
        text(&of.transactions),
        text(&of.receipts),
        text(&[0; 256]),
        number(of.difficulty),
        number(of.number),
    ];
    fields.extend(of.rest.iter().cloned());
    list(&fields)
}

fn hash_of(text: &str) -> [u8; 32] {
    unhex(text).try_into().unwrap()
}

/// The first two blocks of Ethereum.
fn real() -> [Vec<u8>; 2] {
    let empty = hash_of(EMPTY);
    let first = header(&Of {
        parent: [0; 32],
        number: 0,
        state: "d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
        transactions: empty,
        receipts: empty,
        beneficiary: "0000000000000000000000000000000000000000",
        difficulty: 0x4_0000_0000,
        rest: vec![
            number(5000),
            number(0),
            number(0),
            text(&unhex("11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa")),
            text(&[0; 32]),
            text(&0x42_u64.to_be_bytes()),
        ],
    });
    let second = header(&Of {
        parent: keccak(&first),
        number: 1,
        state: "d67e4d450343046425ae4271474353857ab860dbc0a1dde64b41b5cd3a532bf3",
        transactions: empty,
        receipts: empty,
        beneficiary: "05a56e2d52c817161883f50c441c3228cfe54d9f",
        difficulty: 0x3_ff80_0000,
        rest: vec![
            number(5000),
            number(0),
            number(0x55ba_4224),
            text(b"Geth/v1.0.0/linux/go1.4.2"),
            text(&unhex("969b900de27b6ac6a67742365dd65f55a0526c41fd18e1b16f1a1215c2e66f59")),
            text(&unhex("539bd4979fef1ec4")),
        ],
    });
    [first, second]
}

fn attached(headers: Vec<String>) -> Result<serde_json::Value, String> {
    let type_ = Attachment::TYPE.to_owned();
    let checkpoint = Checkpointed::Ethereum { headers };
    let attachment = Attachment { about: None, checkpoint, relation: Relation::Observed, type_ };
    let id = CorridorId::parse("org.momentum.mez.corridor.hk--sg").unwrap();
    attachment.verify(&id).map(|rests| json!(rests)).map_err(|error| error.to_string())
}

#[test]
fn real_headers_have_the_hashes_everybody_knows() {
    let [first, second] = real();
    let rests = attached(vec![hex(&first), hex(&second)]).unwrap();
    assert_eq!(rests, json!({ "chain": "ethereum", "blocks": [FIRST, SECOND], "number": 0 }));
    for at in 0..first.len() {
        let mut changed = first.clone();
        changed[at] ^= 1;
        assert!(attached(vec![hex(&changed), hex(&second)]).is_err(), "{at}");
    }
    assert!(attached(vec![hex(&second), hex(&first)]).is_err(), "in another order");
    assert!(attached(Vec::new()).is_err());
    assert!(attached(vec!["zz".to_owned()]).is_err());
}

fn transaction(kind: u8, data: &[u8]) -> Vec<u8> {
    let address = text(&[7; 20]);
    let (one, data) = (number(1), text(data));
    let (nothing, signed) = (list(&[]), [number(1), text(&[9; 32]), text(&[9; 32])]);
    let fields: Vec<Vec<u8>> = match kind {
        0 => vec![one.clone(), one.clone(), one.clone(), address, one, data],
        1 => vec![one.clone(), one.clone(), one.clone(), one.clone(), address, one, data, nothing],
        _ => {
            let five = vec![one.clone(); 5];
            [five, vec![address, one, data, nothing]].concat()
        }
    };
    let fields = list(&[fields, signed.to_vec()].concat());
    if kind == 0 { fields } else { [&[kind], fields.as_slice()].concat() }
}

/// A receipt of a call that went well, with logs of (topics, data).
fn receipt(kind: u8, logs: &[(Vec<[u8; 32]>, Vec<u8>)]) -> Vec<u8> {
    let log = |(topics, data): &(Vec<[u8; 32]>, Vec<u8>)| {
        let topics: Vec<Vec<u8>> = topics.iter().map(|topic| text(topic)).collect();
        list(&[text(&[7; 20]), list(&topics), text(data)])
    };
    let logs: Vec<Vec<u8>> = logs.iter().map(log).collect();
    let fields = list(&[number(1), number(21_000), text(&[0; 256]), list(&logs)]);
    if kind == 0 { fields } else { [&[kind], fields.as_slice()].concat() }
}

struct Chain {
    headers: Vec<String>,
    transactions: Trie,
    receipts: Trie,
}

/// Three blocks, of which the second holds these transactions and receipts.
fn chain(transactions: &[Vec<u8>], receipts: &[Vec<u8>]) -> Chain {
    let (transactions, receipts) = (Trie::of(transactions), Trie::of(receipts));
    let (mut parent, mut headers) = ([3; 32], Vec::new());
    for n in 0..3 {
        let (sent, logged) = match n {
            1 => (transactions.root, receipts.root),
            _ => (hash_of(EMPTY), hash_of(EMPTY)),
        };
        let block = header(&Of {
            parent,
            number: 20_000_000 + n,
            state: EMPTY,
            transactions: sent,
            receipts: logged,
            beneficiary: "0000000000000000000000000000000000000000",
            difficulty: 0,
            // As blocks are since the Merge, with base fee, withdrawals and what followed.
            rest: vec![
                number(30_000_000),
                number(9_000_000),
                number(1_800_000_000),
                text(b"mez"),
                text(&[5; 32]),
                text(&[0; 8]),
                number(7),
                text(&[6; 32]),
                number(0),
                number(0),
                text(&[6; 32]),
                text(&[6; 32]),
            ],
        });
        parent = keccak(&block);
        headers.push(hex(&block));
    }
    Chain { headers, transactions, receipts }
}

impl Chain {
    fn sent(&self, position: u64) -> EthereumProof {
        let (headers, nodes) = (self.headers.clone(), self.transactions.way(position));
        EthereumProof { block: 1, headers, log: None, nodes, position }
    }

    fn logged(&self, position: u64, log: u64) -> EthereumProof {
        let (headers, nodes) = (self.headers.clone(), self.receipts.way(position));
        EthereumProof { block: 1, headers, log: Some(log), nodes, position }
    }
}

fn verified(proof: &EthereumProof, digest: &Digest) -> Result<Held, AnchorError> {
    Anchor::Ethereum(proof.clone()).verify(digest)
}

/// Data of many transactions, each of its own.
fn digest(n: usize) -> Digest {
    Digest::of_blob(&n.to_be_bytes())
}

fn crowd(count: usize) -> Chain {
    let call = |n| [&RECORD_DIGEST[..], digest(n).as_bytes()].concat();
    let sent = |n: usize| match n % 3 {
        0 => transaction((n % 5) as u8, digest(n).as_bytes()),
        _ => transaction((n % 5) as u8, &call(n)),
    };
    let logged = |n: usize| {
        let data = [[1; 32], *digest(n).as_bytes()].concat();
        let topics = (vec![[4; 32], *digest(n).as_bytes()], vec![1, 2, 3]);
        receipt((n % 5) as u8, &[(Vec::new(), data), topics, (Vec::new(), Vec::new())])
    };
    let (sent, logged): (Vec<_>, Vec<_>) = (0..count).map(|n| (sent(n), logged(n))).unzip();
    chain(&sent, &logged)
}

#[test]
fn a_digest_in_a_transaction_or_a_log_is_shown_down_to_a_block() {
    for count in [1, 2, 17, 128, 129, 300] {
        let chain = crowd(count);
        for n in (0..count).step_by(1 + count / 40) {
            let (place, of) = (n as u64, digest(n));
            for proof in [chain.sent(place), chain.logged(place, 0), chain.logged(place, 1)] {
                let held = verified(&proof, &of).unwrap();
                let Held::Ethereum { blocks, number } = &held else { panic!("{held:?}") };
                assert_eq!((blocks.len(), *number), (2, 20_000_001));
                assert_eq!(verified(&proof, &digest(n + 1)), Err(AnchorError::Output));
            }
            assert_eq!(verified(&chain.logged(place, 2), &of), Err(AnchorError::Output));
            assert_eq!(verified(&chain.logged(place, 3), &of), Err(AnchorError::Form("log")));
        }
    }
}

/// What a library of others writes; `vectors/ethereum.json` says which.
#[derive(serde::Deserialize)]
struct Others {
    proofs: Vec<Proved>,
}

#[derive(serde::Deserialize)]
struct Proved {
    digest: Digest,
    anchor: Anchor,
}

#[test]
fn tries_of_another_library_are_read() {
    let others = include_str!("../../../../vectors/ethereum.json");
    let Others { proofs } = serde_json::from_str(others).unwrap();
    assert_eq!(proofs.len(), 4);
    for Proved { digest, anchor } in proofs {
        anchor.verify(&digest).unwrap();
        assert_eq!(anchor.verify(&self::digest(1)), Err(AnchorError::Output));
    }
}

#[test]
fn it_is_believed_for_a_block_that_is_known_to_be_final_and_no_other() {
    let chain = crowd(40);
    let held = verified(&chain.sent(7), &digest(7)).unwrap();
    let hashes: Vec<String> =
        chain.headers.iter().map(|header| format!("0x{}", hex(&keccak(&unhex(header))))).collect();
    let trusts = |block: &str| Root::parse(&format!("ethereum:{block}")).unwrap().carries(&held);
    assert!(!trusts(&hashes[0]), "a block before it says nothing of it");
    assert!(trusts(&hashes[1]) && trusts(&hashes[2]));
    assert!(!trusts(FIRST));
    assert!(held.needs().contains(&hashes[2]), "{}", held.needs());
    for text in ["ethereum:", "ethereum:0x00", &format!("ethereum:{}", &hashes[1][2..])] {
        assert_eq!(Root::parse(text), None, "{text}");
    }
}

#[test]
fn what_is_not_there_is_not_shown() {
    let chain = crowd(40);
    let (good, of) = (chain.sent(7), digest(7));
    let refused = |edit: fn(&mut EthereumProof)| {
        let mut changed = good.clone();
        edit(&mut changed);
        verified(&changed, &of).unwrap_err()
    };
    assert_eq!(refused(|p| p.block = 0), AnchorError::Branch);
    assert_eq!(refused(|p| p.block = 3), AnchorError::Form("block"));
    assert_eq!(refused(|p| p.position = 8), AnchorError::Branch);
    assert_eq!(refused(|p| p.position = u64::MAX), AnchorError::Branch);
    assert_eq!(refused(|p| p.log = Some(0)), AnchorError::Branch);
    assert_eq!(refused(|p| drop(p.nodes.pop())), AnchorError::Branch);
    assert_eq!(refused(|p| p.nodes.push("80".to_owned())), AnchorError::Branch);
    assert_eq!(refused(|p| p.nodes.clear()), AnchorError::Branch);
    assert_eq!(refused(|p| p.nodes = vec!["80".to_owned(); 25]), AnchorError::Form("nodes"));
    assert_eq!(refused(|p| p.nodes[0].push('g')), AnchorError::Form("nodes"));
    assert!(matches!(refused(|p| p.headers.swap(1, 2)), AnchorError::Header(1, _)));
    assert!(matches!(refused(|p| drop(p.headers.remove(1))), AnchorError::Header(1, _)));
    assert_eq!(refused(|p| p.headers.clear()), AnchorError::Form("headers"));
    let longer = [&RECORD_DIGEST[..], of.as_bytes(), &[0]].concat();
    for data in [&longer[..], &of.as_bytes()[..31], &[]] {
        let sent = [transaction(2, data), transaction(2, of.as_bytes())];
        let chain = self::chain(&sent, &sent);
        assert_eq!(verified(&chain.sent(0), &of), Err(AnchorError::Output));
    }
    let blob = [transaction(5, of.as_bytes()), transaction(2, of.as_bytes())];
    let unknown = self::chain(&blob, &blob);
    assert_eq!(verified(&unknown.sent(0), &of), Err(AnchorError::Form("nodes")));
}

static CROWD: LazyLock<Chain> = LazyLock::new(|| crowd(300));

proptest! {
    #[test]
    fn a_changed_byte_of_a_node_shows_nothing(
        place in 0u64..300, at in any::<prop::sample::Index>(), bit in 0u8..8, log in any::<bool>(),
    ) {
        let chain = &*CROWD;
        let mut proof = if log { chain.logged(place, 0) } else { chain.sent(place) };
        let whole: Vec<Vec<u8>> = proof.nodes.iter().map(|node| unhex(node)).collect();
        let at = at.index(whole.iter().map(Vec::len).sum());
        let mut past = 0;
        for (node, bytes) in proof.nodes.iter_mut().zip(whole) {
            if (past..past + bytes.len()).contains(&at) {
                let mut changed = bytes.clone();
                changed[at - past] ^= 1 << bit;
                *node = hex(&changed);
            }
            past += bytes.len();
        }
        prop_assert_eq!(verified(&proof, &digest(place as usize)), Err(AnchorError::Branch));
    }

    #[test]
    fn no_bytes_panic(
        headers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..700), 0..3),
        nodes in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..4),
        block in 0u64..3, position in any::<u64>(), log in any::<Option<u64>>(),
    ) {
        let hexed = |all: Vec<Vec<u8>>| all.iter().map(|one| hex(one)).collect::<Vec<String>>();
        let mut proof = EthereumProof { block, headers: hexed(headers), log, nodes: hexed(nodes.clone()), position };
        prop_assert!(verified(&proof, &digest(1)).is_err());
        // As far as the trie: a block that names these bytes as its root.
        let root = keccak(nodes.first().map_or(&[], Vec::as_slice));
        let of = Of { parent: [0; 32], number: 1, state: EMPTY, transactions: root, receipts: root,
            beneficiary: "", difficulty: 0, rest: vec![number(0); 6] };
        (proof.block, proof.headers) = (0, vec![hex(&header(&of))]);
        prop_assert!(verified(&proof, &digest(1)).is_err());
    }
}
