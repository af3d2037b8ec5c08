//! A lane never goes back, and a damaged cell never opens.

use super::*;

struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Dir {
        let path = std::env::temp_dir().join(format!("mez-cell-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Dir(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn root(n: u8) -> Digest {
    Digest::from_bytes([n; 32])
}

#[test]
fn a_lane_only_goes_forward_and_survives_reopening() {
    let dir = Dir::new("forward");
    let cell = Cell::open(&dir.0, "log").unwrap();
    assert!(!cell.existed());
    assert_eq!(cell.last("a"), None);
    cell.advance("a", 0, root(1)).unwrap();
    cell.advance("a", 0, root(1)).unwrap();
    let other = cell.advance("a", 0, root(2)).unwrap_err();
    assert_eq!(other, CellError::NotAfter { lane: "a".into(), last: 0, asked: 0 });
    cell.advance("a", 7, root(3)).unwrap();
    assert!(matches!(cell.advance("a", 6, root(3)), Err(CellError::NotAfter { .. })));
    cell.advance("lane with spaces", 1, root(4)).unwrap();
    drop(cell);
    let cell = Cell::open(&dir.0, "log").unwrap();
    assert!(cell.existed());
    assert_eq!(cell.last("a"), Some(Last { sequence: 7, next_root: root(3) }));
    assert_eq!(cell.last("lane with spaces"), Some(Last { sequence: 1, next_root: root(4) }));
    assert_eq!(cell.lanes().len(), 2);
}

#[test]
fn several_steps_are_all_or_none() {
    let dir = Dir::new("several");
    let cell = Cell::open(&dir.0, "log").unwrap();
    let step =
        |lane: &str, sequence, n| Advance { lane: lane.into(), sequence, next_root: root(n) };
    cell.advance_all(&[step("a", 1, 1), step("a", 2, 2), step("b", 1, 1)]).unwrap();
    let before = cell.lanes();
    assert!(cell.advance_all(&[step("a", 3, 3), step("b", 1, 9)]).is_err());
    assert_eq!(cell.lanes(), before);
    drop(cell);
    assert_eq!(Cell::open(&dir.0, "log").unwrap().lanes(), before);
}

#[test]
fn one_process_signs_with_a_key() {
    let dir = Dir::new("lock");
    let first = Cell::open(&dir.0, "log").unwrap();
    assert!(matches!(Cell::open(&dir.0, "log"), Err(CellError::InUse { .. })));
    Cell::open(&dir.0, "other").unwrap();
    drop(first);
    Cell::open(&dir.0, "log").unwrap();
}

#[test]
fn a_cell_with_any_byte_changed_or_cut_does_not_open() {
    let dir = Dir::new("damage");
    let cell = Cell::open(&dir.0, "log").unwrap();
    cell.advance("a", 3, root(3)).unwrap();
    drop(cell);
    let path = dir.0.join("log.cell");
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        assert!(matches!(Cell::open(&dir.0, "log"), Err(CellError::Corrupt { .. })), "byte {at}");
        fs::write(&path, &good[..at]).unwrap();
        assert!(matches!(Cell::open(&dir.0, "log"), Err(CellError::Corrupt { .. })), "cut {at}");
    }
    fs::rename(&path, dir.0.join("thief.cell")).unwrap();
    assert!(matches!(Cell::open(&dir.0, "thief"), Err(CellError::Corrupt { .. })));
}

#[test]
fn a_write_cut_short_leaves_the_old_cell() {
    let dir = Dir::new("torn");
    let cell = Cell::open(&dir.0, "log").unwrap();
    cell.advance("a", 3, root(3)).unwrap();
    drop(cell);
    fs::write(dir.0.join("log.cell.new"), "mez-signer-cell 1\nkey lo").unwrap();
    let cell = Cell::open(&dir.0, "log").unwrap();
    assert_eq!(cell.last("a"), Some(Last { sequence: 3, next_root: root(3) }));
    cell.advance("a", 4, root(4)).unwrap();
}

#[test]
fn a_failed_write_is_a_doubt_that_stays() {
    let dir = Dir::new("doubt");
    let cell = Cell::open(&dir.0, "log").unwrap();
    cell.advance("a", 1, root(1)).unwrap();
    fs::create_dir(dir.0.join("log.cell.new")).unwrap();
    assert!(matches!(cell.advance("a", 2, root(2)), Err(CellError::Doubt { .. })));
    fs::remove_dir(dir.0.join("log.cell.new")).unwrap();
    assert!(matches!(cell.advance("a", 2, root(2)), Err(CellError::Doubt { .. })));
    assert_eq!(cell.last("a"), Some(Last { sequence: 1, next_root: root(1) }));
}

#[test]
fn names_that_would_break_the_file_are_refused() {
    let dir = Dir::new("names");
    for key in ["", "../x", ".x", "a b", "a/b"] {
        let refused = Cell::open(&dir.0, key);
        assert!(matches!(refused, Err(CellError::DoesNotFit { .. })), "{key}");
    }
    let cell = Cell::open(&dir.0, "log").unwrap();
    for lane in ["", "a\nlane 9", "a\u{0}"] {
        let refused = cell.advance(lane, 1, root(1));
        assert!(matches!(refused, Err(CellError::DoesNotFit { .. })), "{lane:?}");
    }
}
