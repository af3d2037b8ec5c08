//! Ways over corridors from one host to another.

use canon::CorridorId;

use crate::world::World;

/// Corridors a payment crosses at most (`spec/bridge.md`, section 2).
const CROSSED_MAX: usize = 5;

impl World {
    /// Corridors that lead from one host to another, drawn among those no zone is on twice.
    pub(crate) fn way(&mut self, from: usize, to: usize) -> Option<Vec<CorridorId>> {
        let (mut at, mut way, mut been) = (from, Vec::new(), vec![from]);
        while at != to {
            let ends = self.lines.iter().filter_map(|line| match at {
                _ if line.a == at => Some((line.b, line.id.clone())),
                _ if line.b == at => Some((line.a, line.id.clone())),
                _ => None,
            });
            let ends: Vec<_> = ends.filter(|(there, _)| !been.contains(there)).collect();
            let (there, id) = ends.get(self.dice.place(ends.len())).cloned()?;
            way.push(id);
            been.push(there);
            at = there;
        }
        (!way.is_empty() && way.len() < CROSSED_MAX).then_some(way)
    }
}
