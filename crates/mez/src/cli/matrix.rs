//! A mesh as a picture: zones down and across, one square per corridor, coloured by its border.
//!
//! Four thousand lines between a hundred points are a ball of wool; four thousand squares can be
//! read. Zones stand beside their neighbours: by region, then by jurisdiction.

use std::fmt::Write as _;

use law::manifest::{CorridorType, ZoneRow, mesh};

/// Side of a square, in pixels.
const CELL: usize = 9;
/// Room for a letter of a name, which is wide for most.
const LETTER: usize = 5;
/// Room for title and legend above.
const TOP: usize = 64;
/// Room for the names of columns, which rise from the diagonal.
const RIGHT: usize = 150;

const fn colour(kind: CorridorType) -> &'static str {
    match kind {
        CorridorType::CrossBorder => "#c9d3df",
        CorridorType::IntraFederal => "#3d7dca",
        CorridorType::FreeZoneToHost => "#e08a1e",
        CorridorType::FreeZoneToFreeZone => "#2f9e6e",
        CorridorType::Synthetic => "#b9a3d9",
    }
}

/// The picture.
pub(super) fn svg(zones: &[&ZoneRow]) -> String {
    let mut zones = zones.to_vec();
    zones.sort_by(|a, b| (a.region, &a.jurisdiction).cmp(&(b.region, &b.jurisdiction)));
    let side = zones.len() * CELL;
    let label = |zone: &ZoneRow| format!("{}  {}", zone.name, zone.jurisdiction);
    let longest = zones.iter().map(|zone| label(zone).chars().count()).max().unwrap_or(0);
    let left = 10 + longest * LETTER;
    let (width, height) = ((left + side + RIGHT).max(900), TOP + side + 20);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"8\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    heading(&mut out, &zones);
    for (row, zone) in zones.iter().enumerate() {
        let y = TOP + row * CELL;
        let name = escaped(&label(zone));
        let at = (left - 6, y + CELL - 2);
        let _ =
            writeln!(out, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>", at.0, at.1);
        let (x, id) = (left + row * CELL, &zone.jurisdiction);
        let _ = writeln!(
            out,
            "<text transform=\"translate({},{}) rotate(-45)\" fill=\"#667\">{id}</text>",
            x + CELL,
            y + 2
        );
        for (column, other) in zones.iter().take(row).enumerate() {
            let kind = CorridorType::between(zone, other);
            let (x, size, fill) = (left + column * CELL, CELL - 1, colour(kind));
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{size}\" height=\"{size}\" fill=\"{fill}\">\
                 <title>{} – {id}: {kind}</title></rect>",
                other.jurisdiction
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

/// The title, and what the colours mean.
fn heading(out: &mut String, zones: &[&ZoneRow]) {
    let corridors = mesh(zones);
    let _ = writeln!(
        out,
        "<text x=\"20\" y=\"24\" font-size=\"16\">{} zones, {} corridors</text>",
        zones.len(),
        corridors.len()
    );
    for (at, kind) in CorridorType::ALL.into_iter().enumerate() {
        let count = corridors.iter().filter(|one| one.kind == kind).count();
        let x = 20 + at * 172;
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"36\" width=\"11\" height=\"11\" fill=\"{}\"/>\
             <text x=\"{}\" y=\"45\" font-size=\"11\">{} {count}</text>",
            colour(kind),
            x + 16,
            kind.name().replace('_', " ")
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
