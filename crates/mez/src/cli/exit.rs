//! The exit codes, in one place (decision D13).

use std::process::ExitCode;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; for checks: everything holds.
    Done,
    /// Something failed that is nobody's verdict: a file, a disk, a setting.
    Error,
    /// What is locked and what is found differ.
    Drift,
    /// Law refuses it.
    Refused,
    /// Checked, and it does not hold.
    Invalid,
    /// It cannot be told; never to be read as fine.
    Unknown,
    /// The command line is wrong.
    Usage,
    /// Something needed cannot be reached.
    Unavailable,
    /// Not now; the same may do in a moment.
    Again,
}

impl Exit {
    /// The number the process ends with.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Drift => 2,
            Self::Refused => 3,
            Self::Invalid => 6,
            Self::Unknown => 7,
            Self::Usage => 64,
            Self::Unavailable => 69,
            Self::Again => 75,
        }
    }

    /// What a number another process of this program ended with means.
    pub(crate) fn of(code: i32) -> Option<Self> {
        let all = [
            Self::Done,
            Self::Error,
            Self::Drift,
            Self::Refused,
            Self::Invalid,
            Self::Unknown,
            Self::Usage,
            Self::Unavailable,
            Self::Again,
        ];
        all.into_iter().find(|exit| i32::from(exit.code()) == code)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
