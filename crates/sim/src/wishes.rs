//! What clients come to want: companies, accounts, payments, stops, and some things they may not.

use canon::{AccountId, EntityId, PaymentId};
use corridor::Stop;
use zone::Envelope;

use crate::book::{Account, Paid};
use crate::content::LISTED;
use crate::failure::{Failure, rig};
use crate::ops::{Op, Payee, Pending};
use crate::world::World;

/// Companies each host begins with.
const COMPANIES: usize = 2;
const OWNERS: [&str; 4] =
    ["Ada Brightwater", "Noor Fairweather", "Ines Halloway", "Tomas Greenfield"];

impl World {
    /// What everybody wants at first.
    pub(crate) fn begin(&mut self) {
        for at in 0..self.hosts.len() {
            for number in 0..COMPANIES {
                self.found_company(at, number);
            }
        }
        for number in 0..self.lines.len() {
            let Some(line) = self.lines.get(number).cloned() else { continue };
            let Some(there) = self.hosts.get(line.b) else { continue };
            let (url, did) = (there.url.clone(), there.did.clone());
            self.want(line.a, Op::Propose { url, did });
        }
    }

    fn owner(&mut self) -> String {
        OWNERS.get(self.dice.place(OWNERS.len())).copied().unwrap_or_default().to_owned()
    }

    fn found_company(&mut self, at: usize, number: usize) {
        let Some(host) = self.hosts.get(at) else { return };
        let name = format!("Works {number} of {}", host.name);
        let one = OWNERS.first().copied().unwrap_or_default().to_owned();
        let other = OWNERS.get(1).copied().unwrap_or_default().to_owned();
        self.want(at, Op::Form { name, owners: [one, other] });
    }

    /// A client somewhere may want something new.
    pub(crate) fn wish(&mut self) -> Result<(), Failure> {
        for at in 0..self.hosts.len() {
            if self.is_waiting(at) || !self.dice.per_mille(600) {
                continue;
            }
            match self.dice.below(100) {
                0..20 => self.wish_across(at),
                20..25 => self.wish_here(at),
                25..31 => self.wish_fund(at),
                31..62 => self.wish_of_corridor(at),
                62..71 => self.wish_bridge(at),
                71..85 => self.wish_trade(at)?,
                85..94 => self.wish_plan(at),
                _ => self.wish_in_vain(at),
            }
        }
        Ok(())
    }

    pub(crate) fn account(&mut self, at: usize) -> Option<Account> {
        let places = self.book.of(at);
        let place = places.get(self.dice.place(places.len())).copied()?;
        self.book.accounts.get(place).cloned()
    }

    /// Mostly less than is there; now and then more.
    fn sum(&mut self, from: &Account) -> u64 {
        if self.dice.per_mille(30) {
            return from.about.saturating_mul(3).saturating_add(100);
        }
        self.dice.between(1, (from.about / 8).max(1))
    }

    fn wish_here(&mut self, at: usize) {
        let (Some(from), Some(to)) = (self.account(at), self.account(at)) else { return };
        if from.id == to.id {
            return;
        }
        let minor = self.sum(&from);
        let to = Payee { account: to.id, name: to.name, across: None };
        self.want(at, Op::Pay { from: from.id, to, minor });
    }

    fn wish_across(&mut self, at: usize) {
        let lines: Vec<_> =
            self.lines.iter().filter(|line| line.a == at || line.b == at).cloned().collect();
        let Some(line) = lines.get(self.dice.place(lines.len())) else { return };
        let there = if line.a == at { line.b } else { line.a };
        let (Some(from), Some(to)) = (self.account(at), self.account(there)) else { return };
        let Some(zone) = self.hosts.get(there).map(|host| host.zone_id.to_string()) else { return };
        let minor = self.sum(&from);
        let mut payee =
            Payee { account: to.id, name: to.name, across: Some((zone, line.id.clone())) };
        // An account nobody keeps there, or another name: decided there, and returned.
        match self.dice.below(20) {
            0 => payee.account = AccountId::parse("nobody").unwrap_or(payee.account),
            1 => "Somebody Else".clone_into(&mut payee.name),
            _ => {}
        }
        self.want(at, Op::Pay { from: from.id, to: payee, minor });
    }

    fn wish_fund(&mut self, at: usize) {
        let Some(account) = self.account(at) else { return };
        let minor = self.dice.between(1_000, 50_000);
        self.want(at, Op::Fund { account: account.id, minor });
    }

    fn wish_of_corridor(&mut self, at: usize) {
        let lines: Vec<_> =
            self.lines.iter().filter(|line| line.a == at || line.b == at).cloned().collect();
        let Some(line) = lines.get(self.dice.place(lines.len())).cloned() else { return };
        let state = self.state_of(at, &line.id);
        let op = match (state.as_deref(), self.dice.below(100)) {
            (Some("HALTED" | "SUSPENDED"), 0..80) => Op::Resume(line.id),
            (Some("ACTIVE" | "HALTED" | "SUSPENDED"), 80..88) => Op::Stop(line.id, Stop::Halt),
            (Some("ACTIVE" | "SUSPENDED"), 88..94) => Op::Stop(line.id, Stop::Suspend),
            (Some("ACTIVE"), 94..95) if self.lines.len() > 2 && self.acknowledged > 150 => {
                Op::Stop(line.id, Stop::Deprecate)
            }
            (_, 0..65) => Op::Noop(line.id),
            _ => Op::Cut(line.id),
        };
        self.want(at, op);
    }

    /// What a corridor's state is at a host, when it can be asked.
    pub(crate) fn state_of(&self, at: usize, id: &canon::CorridorId) -> Option<String> {
        let shown = self.hosts.get(at)?.zone()?.corridor(id).ok()?;
        shown.get("state")?.as_str().map(str::to_owned)
    }

    fn wish_in_vain(&mut self, at: usize) {
        let Some(account) = self.account(at) else { return };
        let op = match self.dice.below(7) {
            0 => Op::Stranger,
            1 => Op::ReaderPays(account.id),
            2 => Op::OtherBody { key: "k1".to_owned() },
            3 => {
                let other = self.owner();
                let name = format!("Shadow {} of {}", self.acknowledged, self.seed);
                Op::Form { name, owners: [LISTED.to_owned(), other] }
            }
            4 => Op::Fund { account: account.id, minor: 0 },
            5 => Op::Form { name: String::new(), owners: [String::new(), String::new()] },
            _ => match AccountId::parse("nobody") {
                Ok(account) => Op::Fund { account, minor: 100 },
                Err(_) => Op::Stranger,
            },
        };
        self.want(at, op);
    }

    /// What an answer means for what clients know.
    pub(crate) fn learn(
        &mut self,
        at: usize,
        request: &Pending,
        envelope: &Envelope,
    ) -> Result<(), Failure> {
        let id = |pointer: &str| {
            let found = envelope.body.pointer(pointer).and_then(|id| id.as_str());
            found.map(str::to_owned).ok_or_else(|| rig(format!("no {pointer} in an answer")))
        };
        match &request.op {
            Op::Form { name, .. } => {
                let entity = EntityId::parse(&id("/result/entity_id")?).map_err(rig)?;
                self.want(at, Op::Account { entity, name: name.clone() });
            }
            Op::Account { entity, name } => {
                let id = AccountId::parse(&id("/result/account_id")?).map_err(rig)?;
                let name = name.clone();
                self.want(at, Op::Fund { account: id.clone(), minor: 100_000 });
                let entity = entity.clone();
                let account = Account { host: at, id, entity, name, funded: 0, about: 0 };
                self.book.accounts.push(account);
            }
            Op::Fund { account, minor } => {
                if let Some(account) = self.book.account(account) {
                    account.funded += minor;
                    account.about += minor;
                }
            }
            Op::Pay { from, to, minor } => {
                let payment = PaymentId::parse(&id("/result/payment_id")?).map_err(rig)?;
                let to_host = self.host_of(at, to);
                if let Some(account) = self.book.account(from) {
                    account.about = account.about.saturating_sub(*minor);
                }
                self.book.payments.push(Paid {
                    host: at,
                    id: payment,
                    from: from.clone(),
                    to: to.account.clone(),
                    to_host,
                    minor: *minor,
                });
            }
            Op::Propose { did, .. } => {
                let there = self.hosts.iter().position(|host| host.did == *did);
                let line = self.lines.iter().find(|line| line.a == at && Some(line.b) == there);
                if let (Some(line), Some(here)) = (line.cloned(), self.hosts.get(at)) {
                    self.want(line.b, Op::Accept(line.id, here.did.clone()));
                }
            }
            Op::Stop(id, corridor::Stop::Deprecate) => {
                let ended = self.lines.iter_mut().find(|line| line.id == *id);
                ended.into_iter().for_each(|line| line.ended = true);
            }
            Op::Bridge(op) => self.learn_bridge(at, op, &envelope.body)?,
            Op::Watch(op) => self.learn_watch(op),
            Op::Trade(op) => self.learn_trade(op, &envelope.body)?,
            _ => {}
        }
        Ok(())
    }

    fn host_of(&self, at: usize, to: &Payee) -> usize {
        let Some((zone, _)) = &to.across else { return at };
        let there = self.hosts.iter().position(|host| host.zone_id.as_str() == zone);
        there.unwrap_or(at)
    }
}
