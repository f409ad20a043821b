//! How a sync is told to come to its end before it is done.

use tokio::sync::watch;

/// Tells a sync to stop.
#[derive(Debug)]
pub struct Stopper(watch::Sender<Option<String>>);

/// Whether the sync is to stop.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Option<String>>);

impl Stopper {
    /// A sync that holds the other half is asked to stop by [`Stopper::stop`].
    pub fn new() -> (Stopper, Stop) {
        let (tell, told) = watch::channel(None);
        (Stopper(tell), Stop(told))
    }

    /// Asks for the end; the reason stands in the report.
    pub fn stop(&self, reason: &str) {
        self.0.send_replace(Some(reason.to_owned()));
    }
}

impl Stop {
    /// Waits until it is asked to stop.
    pub async fn asked(&mut self) {
        if self.0.wait_for(Option::is_some).await.is_err() && self.reason().is_none() {
            // Nobody is left who could ask.
            std::future::pending().await
        }
    }

    /// Why it is to stop, if it is.
    pub fn reason(&self) -> Option<String> {
        self.0.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn the_reason_stays_when_the_one_who_asked_is_gone() {
        let (stopper, mut stop) = Stopper::new();
        assert!(stop.asked().now_or_never().is_none());
        stopper.stop("interrupted");
        drop(stopper);
        assert!(stop.asked().now_or_never().is_some());
        assert_eq!(stop.reason().as_deref(), Some("interrupted"));
        let (stopper, mut stop) = Stopper::new();
        drop(stopper);
        assert!(stop.asked().now_or_never().is_none());
    }
}
