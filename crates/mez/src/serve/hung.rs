//! Ending the process that holds the signer's cell on this host although another replica writes now: it hangs, since
//! one that runs lets go by itself.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::http::problem::tell;

/// What the kernel shows of processes.
const PROCESSES: &str = "/proc";

/// End whoever holds a cell of this folder, if anybody else does.
pub(super) fn end_holder(signer: &Path) {
    let entries = fs::read_dir(signer).into_iter().flatten().flatten();
    let locks = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".cell.lock"));
    for process in locks.filter_map(|lock| holder(&lock.path())) {
        if process == std::process::id() {
            continue;
        }
        tell(&format!("process {process} holds the signer's cell and hangs: it is ended"));
        let mut kill = Command::new("kill");
        kill.args(["-KILL", &process.to_string()]).stdin(Stdio::null());
        if !kill.status().is_ok_and(|status| status.success()) {
            tell(&format!("process {process} cannot be ended: end it by hand"));
        }
    }
}

/// The process that locks a file, of those this one may look at.
///
/// Asked of the files that processes have open: `/proc/locks` names files by a device that on overlays and some other
/// file systems is not the one that `stat` tells.
fn holder(lock: &Path) -> Option<u32> {
    let known = fs::metadata(lock).ok()?;
    let processes = fs::read_dir(PROCESSES).ok()?.flatten();
    let mut numbered = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbered.find(|process: &u32| {
        let at = Path::new(PROCESSES).join(process.to_string());
        let mut files = fs::read_dir(at.join("fd")).into_iter().flatten().flatten();
        files.any(|file| {
            let same = fs::metadata(file.path())
                .is_ok_and(|open| (open.dev(), open.ino()) == (known.dev(), known.ino()));
            same && fs::read_to_string(at.join("fdinfo").join(file.file_name()))
                .is_ok_and(|told| locks(&told))
        })
    })
}

/// Whether an open file holds a lock: `lock:  1: FLOCK  ADVISORY  WRITE <process> <device>:<inode> 0 EOF`.
fn locks(told: &str) -> bool {
    told.lines().filter_map(|line| line.strip_prefix("lock:")).any(|lock| {
        let mut words = lock.split_whitespace().skip(1);
        (words.next(), words.nth(1)) == (Some("FLOCK"), Some("WRITE"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_waited_for_is_not_held() {
        let open = "pos:\t0\nflags:\t02100002\nmnt_id:\t31\nino:\t7\n";
        assert!(!locks(open));
        assert!(locks(&format!("{open}lock:\t1: FLOCK  ADVISORY  WRITE 19975 fe:00:7 0 EOF\n")));
        assert!(!locks(&format!("{open}lock:\t1: POSIX  ADVISORY  WRITE 19975 fe:00:7 0 EOF\n")));
        assert!(!locks("lock:\nnonsense\n"));
    }

    #[test]
    fn the_kernel_tells_who_holds_a_lock() {
        let folder = std::env::temp_dir().join(format!("mez-hung-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("k.cell.lock");
        let file = fs::File::create(&path).unwrap();
        assert_eq!(holder(&path), None, "open, and not locked");
        file.lock().unwrap();
        assert_eq!(holder(&path), Some(std::process::id()));
        drop(file);
        assert_eq!(holder(&path), None);
        fs::remove_dir_all(folder).unwrap();
    }
}
