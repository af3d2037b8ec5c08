//! `--kill-at POINT:N`: where a test makes this process end. Exists only with the feature `faults`.

use store::faults::{Point, set_kill_at};

/// A moment in the life of a commit, and the how many-th of them is the last of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KillAt {
    point: Point,
    n: u64,
}

/// Reads `before-fsync:N`, `after-fsync:N` or `before-cell:N`.
pub(super) fn parse(text: &str) -> Result<KillAt, String> {
    let (point, n) = text.split_once(':').ok_or("write POINT:N")?;
    let point = match point {
        "before-fsync" => Point::BeforeFsync,
        "after-fsync" => Point::AfterFsync,
        "before-cell" => Point::BeforeCell,
        _ => return Err("POINT is before-fsync, after-fsync or before-cell".to_owned()),
    };
    let n = n.parse().map_err(|_| "N is a number from 1".to_owned())?;
    if n == 0 {
        return Err("N is a number from 1".to_owned());
    }
    Ok(KillAt { point, n })
}

impl KillAt {
    /// Counted from now on.
    pub(super) fn arm(self) {
        set_kill_at(self.point, self.n);
    }
}
