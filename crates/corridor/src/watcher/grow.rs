//! How a watcher's mirror goes on from what it holds: piece by piece, and whole only where pieces do not join.
//!
//! Invariant: what a mirror holds is what the folder holds; a piece counts once it is kept. One that does not join, or
//! does not hold, changes nothing: the whole history is asked for instead, and judged against what was held.

use canon::Canonical;

use super::round::{Doubt, Folder, Shown, Source, Told, Watching};
use super::{Mirror, read_piece};

/// Pieces kept beside a bundle until the whole is asked for again: it is what a start has to verify one by one.
pub const PIECES_KEPT_MAX: usize = 1_000;
/// Pieces asked for in one round; what is left comes in the next.
const PIECES_ROUND_MAX: usize = 64;

/// What is held of one zone's history.
pub(super) struct Held {
    pub mirror: Mirror,
    /// By how many pieces it grew since it was verified whole.
    pub pieces: usize,
    /// The heads the zone showed when all of it was held; none while something is missing.
    pub heads: Vec<Vec<u8>>,
}

impl<F: Folder, S: Source<Fault = F::Fault>> Watching<'_, F, S> {
    /// What the folder holds of a zone's history, verified again.
    pub(super) fn held(&self, source: &S) -> Result<Option<Held>, F::Fault> {
        let Some(Shown { bundle, pieces }) = self.dir.mirror(source.zone())? else {
            return Ok(None);
        };
        let refuted = |reasons| Doubt::Refuted(source.did().clone(), reasons);
        let mut mirror = Mirror::read(&bundle, &self.trust()).map_err(refuted)?;
        for piece in &pieces {
            let unread = |e: canon::Refusal| Doubt::Answer(source.did().clone(), e.to_string());
            mirror.extend(&read_piece(piece).map_err(unread)?).map_err(refuted)?;
        }
        Ok(Some(Held { mirror, pieces: pieces.len(), heads: Vec::new() }))
    }

    /// Go on from what is held of a zone's history. `false` where the whole has to be asked for.
    pub(super) fn grow(
        &mut self,
        at: usize,
        heads: &[Vec<u8>],
        told: &mut Vec<Told>,
    ) -> Result<bool, F::Fault> {
        let Some(source) = self.sources.get(at) else { return Ok(true) };
        let zone = source.zone().clone();
        let Some(mut held) = self.mirrors.remove(&zone) else { return Ok(false) };
        let before = held.pieces;
        match self.pieces(source, &mut held) {
            Ok(Some(all)) => {
                held.heads = if all { heads.to_vec() } else { Vec::new() };
                if held.pieces > before {
                    let receipts = held.mirror.sizes().map(|(_, size)| size).sum();
                    told.push(Told::Mirrored { zone: zone.clone(), receipts });
                }
                self.mirrors.insert(zone, held);
                Ok(true)
            }
            // What was half taken is not what is kept.
            not => {
                let kept = self.held(source)?;
                kept.into_iter().for_each(|kept| drop(self.mirrors.insert(zone.clone(), kept)));
                not.map(|_| false)
            }
        }
    }

    /// Takes pieces until there is nothing more; whether that came. Nothing where one does not join.
    fn pieces(&self, source: &S, held: &mut Held) -> Result<Option<bool>, F::Fault> {
        for _ in 0..PIECES_ROUND_MAX {
            if held.pieces >= PIECES_KEPT_MAX {
                return Ok(None);
            }
            let cuts = held.mirror.cut_count();
            let mut from = [0; 2];
            from.iter_mut().zip(held.mirror.sizes()).for_each(|(from, (_, size))| *from = size);
            let piece = source.piece(&self.id, from, cuts)?;
            if piece.is_empty() && held.mirror.joins(&piece) {
                return Ok(Some(true));
            }
            let Ok(grown) = held.mirror.extend(&piece) else { return Ok(None) };
            if grown == 0 && held.mirror.cut_count() == cuts {
                return Ok(None);
            }
            let unread = |e: canon::Refusal| Doubt::Answer(source.did().clone(), e.to_string());
            let bytes = Canonical::of(&piece).map_err(unread)?;
            self.dir.keep_piece(source.zone(), held.pieces, bytes.bytes())?;
            held.pieces += 1;
        }
        Ok(Some(false))
    }
}
