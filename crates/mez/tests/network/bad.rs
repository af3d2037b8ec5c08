//! The bad network: namespaces with a veth pair and nftables where we may make them, or the proxies alone.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::ports::free;

/// Of a hundred packets, how many are dropped in either direction.
const LOST: u32 = 20;

/// What the packets between two zones meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packets {
    Pass,
    Lossy,
    Cut,
}

/// Where zones stand.
pub(crate) enum Network {
    /// Each in a namespace of its own.
    Namespaces(Namespaces),
    /// On loopback, their proxies between them.
    Proxies,
}

/// Two namespaces: a wire between them that loses, and one from each to the client that does not.
pub(crate) struct Namespaces {
    prefix: String,
    /// The first three bytes of all their addresses, in 198.18.0.0/15 (RFC 2544: benchmarks).
    net: String,
}

/// Where a zone listens, and under which addresses it is known.
pub(crate) struct Stand {
    /// The namespace, if any.
    pub(crate) netns: Option<String>,
    /// Where the zone listens.
    pub(crate) listen: String,
    /// The same for its proxy.
    pub(crate) zone: String,
    /// Where the client reaches it.
    pub(crate) client: String,
    /// Where the proxy listens, which is where peers reach the zone.
    pub(crate) proxy: String,
}

fn run(words: &str) -> Result<String, String> {
    let mut words = words.split(' ');
    let output = Command::new(words.next().unwrap()).args(words.clone()).output();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{}`: {}", words.collect::<Vec<_>>().join(" "), said.trim()))
}

impl Network {
    /// Namespaces for `count` zones; without the capability the proxies alone, and a line that says so.
    pub(crate) fn namespaces(count: usize) -> Self {
        assert_eq!(count, 2, "one wire");
        match Namespaces::make() {
            Ok(made) => Self::Namespaces(made),
            Err(why) => Self::proxies(&format!(
                "notice: no namespaces or no nftables here ({why}): the proxies alone lose and part"
            )),
        }
    }

    /// The proxies alone.
    pub(crate) fn proxies(why: &str) -> Self {
        println!("network: {why}");
        Self::Proxies
    }

    /// The place of a zone, with ports nobody uses.
    pub(crate) fn stand(&self, at: usize) -> Stand {
        let (port, proxy) = (free(1), free(1));
        match self {
            Self::Namespaces(made) => Stand {
                netns: Some(made.name(at)),
                listen: format!("0.0.0.0:{port}"),
                zone: format!("127.0.0.1:{port}"),
                client: format!("{}.{}:{port}", made.net, 4 * (at + 1) + 2),
                proxy: format!("{}.{}:{proxy}", made.net, at + 1),
            },
            Self::Proxies => {
                let local = |port: u16| format!("127.0.0.1:{port}");
                let (listen, zone, client) = (local(port), local(port), local(port));
                Stand { netns: None, listen, zone, client, proxy: local(proxy) }
            }
        }
    }

    /// What the proxies are told, and the packets meet, while the network loses.
    pub(crate) fn lossy(&self) -> &'static str {
        match self {
            Self::Namespaces(made) => {
                made.set(Packets::Lossy).unwrap();
                "mode mixed"
            }
            Self::Proxies => "mode lossy",
        }
    }

    /// The same while zones are parted; proxies of namespaces need not know.
    pub(crate) fn cut(&self) -> &'static str {
        match self {
            Self::Namespaces(made) => {
                made.set(Packets::Cut).unwrap();
                "mode mixed"
            }
            Self::Proxies => "mode cut",
        }
    }

    /// How many packets were dropped at random, and how many passed, where that is counted.
    pub(crate) fn packets(&self) -> Option<(u64, u64)> {
        let Self::Namespaces(made) = self else { return None };
        let counted = |at: usize, name: &str| -> u64 {
            let words = format!("ip netns exec {} nft list counter inet mez {name}", made.name(at));
            let told = run(&words).unwrap();
            let mut words = told.split_whitespace().skip_while(|word| *word != "packets");
            words.nth(1).unwrap().parse().unwrap()
        };
        let both = |name: &str| counted(0, name) + counted(1, name);
        Some((both("lost"), both("seen")))
    }
}

impl Namespaces {
    /// Take away what a run that was killed left behind.
    fn clear() {
        for line in run("ip netns list").unwrap_or_default().lines() {
            let name = line.split(' ').next().unwrap_or_default();
            let id = name.strip_prefix("mez-").and_then(|rest| rest.split('-').next());
            if id.is_some_and(|id| !std::path::Path::new("/proc").join(id).exists()) {
                let _ = run(&format!("ip netns delete {name}"));
            }
        }
    }

    fn make() -> Result<Self, String> {
        Self::clear();
        let id = std::process::id();
        let made = Self { prefix: format!("mez-{id}"), net: format!("198.18.{}", id % 256) };
        let (net, wire) = (&made.net, format!("mz{id}"));
        for at in 0..2 {
            run(&format!("ip netns add {}", made.name(at)))?;
            run(&format!("ip -n {} link set lo up", made.name(at)))?;
        }
        let (one, other) = (made.name(0), made.name(1));
        run(&format!("ip link add wire netns {one} type veth peer name wire netns {other}"))?;
        for at in 0..2 {
            let (name, block) = (made.name(at), 4 * (at + 1));
            run(&format!("ip -n {name} addr add {net}.{}/30 dev wire", at + 1))?;
            run(&format!("ip -n {name} link set wire up"))?;
            run(&format!("ip link add {wire}{at} type veth peer name client netns {name}"))?;
            run(&format!("ip addr add {net}.{}/30 dev {wire}{at}", block + 1))?;
            run(&format!("ip link set {wire}{at} up"))?;
            run(&format!("ip -n {name} addr add {net}.{}/30 dev client", block + 2))?;
            run(&format!("ip -n {name} link set client up"))?;
        }
        made.set(Packets::Pass)?;
        made.set(Packets::Lossy)?;
        made.set(Packets::Pass)?;
        Ok(made)
    }

    fn name(&self, at: usize) -> String {
        format!("{}-{at}", self.prefix)
    }

    /// The rules at both ends of the wire, replaced in one transaction each.
    fn set(&self, packets: Packets) -> Result<(), String> {
        let rule = match packets {
            Packets::Pass => String::new(),
            Packets::Lossy => format!(
                "add rule inet mez input iifname wire numgen random mod 100 < {LOST} counter name lost drop\n"
            ),
            Packets::Cut => "add rule inet mez input iifname wire drop\n".to_owned(),
        };
        let rules = format!(
            "add table inet mez\nadd counter inet mez lost\nadd counter inet mez seen\n\
             add chain inet mez input {{ type filter hook input priority 0 ; }}\n\
             flush chain inet mez input\n\
             add rule inet mez input iifname wire counter name seen\n{rule}"
        );
        for at in 0..2 {
            let mut nft = Command::new("ip");
            nft.args(["netns", "exec", &self.name(at), "nft", "-f", "-"]);
            nft.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
            let mut child = nft.spawn().map_err(|error| error.to_string())?;
            child.stdin.take().unwrap().write_all(rules.as_bytes()).map_err(|e| e.to_string())?;
            let output = child.wait_with_output().map_err(|error| error.to_string())?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
            }
        }
        Ok(())
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        // The wires go with the namespaces they lead to.
        for at in 0..2 {
            let _ = run(&format!("ip netns delete {}", self.name(at)));
        }
    }
}
