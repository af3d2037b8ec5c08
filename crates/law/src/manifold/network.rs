//! The network of the content: the zones there are, and the terms of the corridors they offer.
//!
//! A zone or corridor that cannot be used stays in it as closed, with the reason, so that a plan can say
//! why there is no way. A figure is never made up: a corridor without terms is closed for want of them.

use crate::files::{Problem, Problems};
use crate::manifest::{Catalog, Unknown};

use super::{Attestations, Terms, Zone};

impl Terms {
    /// The terms of every corridor template (`corridors/<id>/terms.yaml`) over the zones of the content.
    ///
    /// # Errors
    /// Content that cannot be read, terms in two currencies or that contradict each other, or no terms
    /// at all.
    pub fn of_content(catalog: &Catalog<'_>) -> Result<Self, Unknown> {
        let files = catalog.files();
        let mut network: Option<Self> = None;
        let templates = files.list("corridors").map_err(|error| fault("corridors", error))?;
        for template in &templates {
            let path = format!("corridors/{template}/terms.yaml");
            let Some(bytes) = files.read(&path).map_err(|error| fault(&path, error))? else {
                continue;
            };
            let terms = Self::parse(&path, &bytes)?;
            network = Some(match network {
                None => terms,
                Some(known) => known.and(terms, &path)?,
            });
        }
        let mut network = network.ok_or_else(|| {
            fault("corridors", "no corridor template has a terms.yaml".to_owned())
        })?;
        network.close(catalog)?;
        Ok(network)
    }

    /// Both as one network.
    fn and(mut self, other: Self, path: &str) -> Result<Self, Problems> {
        if self.currency != other.currency || self.prices != other.prices {
            let detail = "currency and prices of attestations differ from other terms";
            return Err(Problem::of_file(path, detail).into());
        }
        let mut at = Vec::with_capacity(other.zones.len());
        for zone in other.zones {
            match self.zones.iter().position(|known| known.name == zone.name) {
                Some(known) if self.zones.get(known) == Some(&zone) => at.push(known),
                Some(_) => {
                    let detail = format!("zone `{}` has other terms elsewhere", zone.name);
                    return Err(Problem::of_file(path, detail).into());
                }
                None => {
                    at.push(self.zones.len());
                    self.zones.push(zone);
                }
            }
        }
        let moved = |old: u32| at.get(old as usize).and_then(|new| u32::try_from(*new).ok());
        for mut passage in other.passages {
            // The reader has found both ends among the zones of its file.
            let (Some(from), Some(to)) = (moved(passage.from), moved(passage.to)) else { continue };
            (passage.from, passage.to) = (from, to);
            self.passages.push(passage);
        }
        Ok(self)
    }

    /// Closes what the content does not offer, and adds the zones no terms speak of.
    fn close(&mut self, catalog: &Catalog<'_>) -> Result<(), Unknown> {
        let names = catalog.zone_names()?;
        let mut offered = Vec::with_capacity(names.len());
        for name in &names {
            let zone = catalog.zone(name)?;
            let known = self.zones.iter().position(|known| known.name == *name);
            if known.is_none() {
                let why = match zone.corridors.as_slice() {
                    [] => "the zone offers no corridor".to_owned(),
                    some => format!("no terms are known for {}", some.join(", ")),
                };
                self.zones.push(Zone {
                    name: name.clone(),
                    entry_fee: 0,
                    requires: Attestations::NONE,
                    closed: Some(why),
                });
            }
            offered.push((name, zone.corridors));
        }
        for zone in &mut self.zones {
            if !names.contains(&zone.name) && zone.closed.is_none() {
                zone.closed = Some("the content holds no such zone".to_owned());
            }
        }
        let Self { zones, passages, .. } = self;
        for passage in passages {
            let ends = [passage.from, passage.to].map(|at| zones.get(at as usize));
            let lacking = ends.into_iter().flatten().find(|zone| {
                let offers = offered.iter().find(|(name, _)| **name == zone.name);
                offers.is_some_and(|(_, corridors)| !corridors.contains(&passage.corridor))
            });
            if let (Some(zone), None) = (lacking, &passage.closed) {
                passage.closed = Some(format!("`{}` does not offer this corridor", zone.name));
            }
        }
        Ok(())
    }
}

fn fault(path: &str, detail: String) -> Problems {
    Problem::of_file(path, detail).into()
}
