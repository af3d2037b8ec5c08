//! A zone to be founded on keys that a signer elsewhere holds, such as one whose keys are in a token.
//!
//! Invariant: the signer's keys are asked for over the pinned link before the inception names them; a
//! zone that was founded is never pointed at another signer from here.

use std::time::Duration;

use canon::Entropy;
use link::{Link, RemoteError};
use proof::PublicKey;

use super::folder::{FolderError, link_of, point, zone_link};
use crate::founding::{FoundingError, Held, key_at};
use crate::layout::ZoneDir;

/// Longest wait for an answer, until `signer.json` says otherwise.
const WAIT: Duration = Duration::from_secs(2);

/// `tls://HOST:PORT#KEY`: where a signer answers, and the one key that may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    address: String,
    key: PublicKey,
}

impl Elsewhere {
    /// As it is written on a command line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts = text.strip_prefix("tls://").and_then(|rest| rest.split_once('#'));
        let (address, key) = parts.ok_or("give tls://HOST:PORT#KEY")?;
        let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty());
        let port = port.and_then(|(_, port)| port.parse::<u16>().ok());
        port.filter(|port| *port != 0).ok_or("give tls://HOST:PORT#KEY, the port a number")?;
        let key = PublicKey::from_multikey(key).map_err(|error| error.to_string())?;
        Ok(Self { address: address.to_owned(), key })
    }
}

/// Why no zone is founded on a signer's keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ElsewhereError {
    /// Files of the zone's end.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The zone's end of the link.
    #[error(transparent)]
    Founding(#[from] FoundingError),
    /// The signer.
    #[error(transparent)]
    Signer(#[from] RemoteError),
    /// The zone has its keys in its own folder.
    #[error("the zone was founded with keys of its own folder")]
    FoundedHere,
}

/// The key the zone calls under; made when there is none.
///
/// # Errors
/// See [`FoundingError`].
pub(crate) fn caller(dir: &ZoneDir, entropy: &dyn Entropy) -> Result<PublicKey, FoundingError> {
    dir.create()?;
    Ok(key_at(&zone_link(dir), entropy)?.public())
}

/// The public keys to found on, and the zone pointed at who holds them; `None` when the zone was
/// founded before, or is to have its keys in its own folder.
///
/// # Errors
/// See [`ElsewhereError`]; it may be asked again.
pub(crate) fn found_on(
    dir: &ZoneDir,
    asked: Option<&Elsewhere>,
    entropy: &dyn Entropy,
) -> Result<Option<Held>, ElsewhereError> {
    let founded = dir.inception().exists();
    let link = match (asked, link_of(dir)?) {
        (None, None) => return Ok(None),
        (Some(asked), Some(link)) if link.address != asked.address || link.pinned != asked.key => {
            return Err(FolderError::MovedBefore.into());
        }
        (Some(_), None) if founded => return Err(ElsewhereError::FoundedHere),
        (_, Some(_)) if founded => return Ok(None),
        (_, Some(link)) => link,
        (Some(asked), None) => {
            caller(dir, entropy)?;
            let own = key_at(&zone_link(dir), entropy)?;
            let (address, pinned) = (asked.address.clone(), asked.key.clone());
            Link { address, pinned, own, wait: WAIT }
        }
    };
    let keys = link::connect(&link)?;
    point(dir, &link)?;
    Ok(Some(Held { running: keys.public, next: keys.next }))
}

#[cfg(test)]
mod tests {
    use super::Elsewhere;

    #[test]
    fn an_address_has_a_scheme_a_port_and_a_key() {
        let key = "z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd";
        let read = |text: &str| Elsewhere::parse(&text.replace("KEY", key));
        assert_eq!(read("tls://[::1]:8095#KEY").unwrap().address, "[::1]:8095");
        for wrong in ["host:1#KEY", "tls://host#KEY", "tls://:1#KEY", "tls://h:0#KEY", "tls://h:1"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(Elsewhere::parse("tls://h:1#z6Mk").is_err());
    }
}
