//! Being told to stop: SIGINT, SIGTERM, or the end of standard input.

use std::io::Read;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// The ways to be told.
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
    parent: watch::Receiver<bool>,
    /// Kept, so that the channel stays open when nobody watches standard input.
    _sender: Option<watch::Sender<bool>>,
}

impl Stop {
    /// Begin to listen.
    ///
    /// # Errors
    /// Signals or the thread cannot be had.
    pub(crate) fn listen(with_parent: bool) -> std::io::Result<Self> {
        let (sender, parent) = watch::channel(false);
        let kept = if with_parent {
            let builder = std::thread::Builder::new().name("parent".to_owned());
            builder.stack_size(64 * 1024).spawn(move || {
                let mut buffer = [0u8; 64];
                // Whatever is written there means nothing; its end does.
                while matches!(std::io::stdin().lock().read(&mut buffer), Ok(read) if read > 0) {}
                let _ = sender.send(true);
            })?;
            None
        } else {
            Some(sender)
        };
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { interrupt, terminate, parent, _sender: kept })
    }

    /// Wait until told.
    pub(crate) async fn told(&mut self) {
        let parent = self.parent.wait_for(|gone| *gone);
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = parent => {}
        }
    }
}
