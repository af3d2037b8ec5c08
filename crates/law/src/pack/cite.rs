//! Reading citations: no row without one.

use crate::pack::SourceText;
use crate::rule::Citation;
use crate::yaml::{Map, Reader};

/// The sources citations of a pack may name; `own` admits `self`.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) list: &'a [SourceText],
    pub(crate) own: bool,
}

/// The citation under `citation`.
pub(crate) fn citation(
    reader: &mut Reader<'_>,
    row: Map<'_>,
    sources: Sources<'_>,
) -> Option<Citation> {
    let node = reader.need(row, "citation")?;
    let keys = ["instrument", "section", "heading", "source", "disagrees"];
    let map = reader.map(node, Some(&keys))?;
    let instrument = reader.need_text(map, "instrument");
    let section = reader.need_text(map, "section");
    let heading = reader.maybe_text(map, "heading");
    let disagrees = reader.maybe_text(map, "disagrees");
    let source = reader.need_text(map, "source")?;
    let known = sources.list.iter().any(|s| s.id == source) || (sources.own && source == "self");
    if !known {
        let ids = sources.list.iter().map(|s| s.id.as_str());
        let hint = crate::nearest::hint(&source, ids);
        reader.problem(map.at, format!("the pack has no source `{source}`{hint}"));
    }
    let (instrument, section) = (instrument?, section?);
    Some(Citation { instrument, section, heading, source, disagrees })
}
