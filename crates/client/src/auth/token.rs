//! The token that all calls of a client share: fetched once however many ask for it, and renewed in time.

use crate::auth::TokenInfo;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use secrecy::SecretString;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A token as its source gives it.
#[derive(Clone)]
pub(crate) struct Fetched {
    pub(crate) token: SecretString,
    /// How long the source says, or is known, to make it good for; what the token says itself goes first.
    pub(crate) lifetime: Option<Duration>,
}

/// A token in use.
#[derive(Clone)]
pub(crate) struct Used {
    pub(crate) token: SecretString,
    /// Which token it is, so that only the one that was refused is given up.
    pub(crate) generation: u64,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    generation: u64,
    /// The number of the last fetch, and its failure if it failed.
    fetches: u64,
    failure: Option<(Error, Duration)>,
}

struct Held {
    token: SecretString,
    renew_at: Option<Duration>,
}

/// Refused credentials are not tried again for this long: many calls with a wrong password lock the user out.
const REFUSED_FOR: Duration = Duration::from_secs(300);

pub(crate) struct TokenCache {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    fetching: tokio::sync::Mutex<()>,
}

impl TokenCache {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> TokenCache {
        TokenCache { clock, state: Mutex::default(), fetching: tokio::sync::Mutex::new(()) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token that is held, good or not.
    pub(crate) fn peek(&self) -> Option<SecretString> {
        self.lock().held.as_ref().map(|held| held.token.clone())
    }

    /// The token that is held, if it is good.
    fn held(&self) -> Option<Used> {
        let now = self.clock.ticks();
        let state = self.lock();
        let held = state.held.as_ref()?;
        if held.renew_at.is_some_and(|at| now >= at) {
            return None;
        }
        Some(Used { token: held.token.clone(), generation: state.generation })
    }

    /// A good token; `fetch` is called by one of those who wait, and all of them get what came of it.
    pub(crate) async fn get<F>(&self, fetch: impl FnOnce() -> F) -> Result<Used, Error>
    where
        F: Future<Output = Result<Fetched, Error>>,
    {
        if let Some(used) = self.held() {
            return Ok(used);
        }
        let before = self.lock().fetches;
        let _one_at_a_time = self.fetching.lock().await;
        if let Some(used) = self.held() {
            return Ok(used);
        }
        {
            let now = self.clock.ticks();
            let state = self.lock();
            if let Some((failure, at)) = &state.failure {
                let meanwhile = state.fetches != before;
                let refused = failure.kind() == ErrorKind::Unauthenticated && now < *at + REFUSED_FOR;
                if meanwhile || refused {
                    return Err(failure.clone());
                }
            }
        }
        let fetched = fetch().await;
        let now = self.clock.ticks();
        let mut state = self.lock();
        state.fetches += 1;
        match fetched {
            Ok(fetched) => {
                let lifetime = self.lifetime(&fetched);
                state.generation += 1;
                state.failure = None;
                state.held = Some(Held {
                    token: fetched.token.clone(),
                    renew_at: lifetime.map(|l| now + l.saturating_sub(ahead(l))),
                });
                Ok(Used { token: fetched.token, generation: state.generation })
            }
            Err(e) => {
                state.failure = Some((e.clone(), now));
                Err(e)
            }
        }
    }

    /// Gives up a token that was refused, unless it was replaced meanwhile.
    pub(crate) fn give_up(&self, generation: u64) {
        let mut state = self.lock();
        if state.generation == generation {
            state.held = None;
        }
    }

    /// How long a token is good from now on. The difference of its own two instants does not depend on how
    /// well the clocks agree.
    fn lifetime(&self, fetched: &Fetched) -> Option<Duration> {
        let info = TokenInfo::of(&fetched.token);
        let between = |from: jiff::Timestamp, to: jiff::Timestamp| {
            Duration::try_from(to.duration_since(from)).ok().filter(|d| !d.is_zero())
        };
        let stated = match (info.issued, info.expires) {
            (Some(issued), Some(expires)) => between(issued, expires),
            (None, Some(expires)) => between(self.clock.now(), expires),
            _ => None,
        };
        stated.or(fetched.lifetime)
    }
}

/// How long before its end a token is renewed.
fn ahead(lifetime: Duration) -> Duration {
    (lifetime / 10).min(Duration::from_secs(60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::RuntimeClock;
    use jiff::Timestamp;
    use secrecy::ExposeSecret;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn cache() -> Arc<TokenCache> {
        Arc::new(TokenCache::new(Arc::new(RuntimeClock::starting_at(Timestamp::UNIX_EPOCH))))
    }

    async fn fetched(calls: &AtomicU32, lifetime: u64) -> Result<Fetched, Error> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let n = calls.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(Fetched { token: format!("t{n}").into(), lifetime: Some(Duration::from_secs(lifetime)) })
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_ask_at_once_get_one_token() {
        let (cache, calls) = (cache(), Arc::new(AtomicU32::new(0)));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (cache, calls) = (Arc::clone(&cache), Arc::clone(&calls));
                tokio::spawn(async move { cache.get(|| fetched(&calls, 100)).await.unwrap() })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().token.expose_secret(), "t1");
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_ask_at_once_share_one_failure_and_a_refusal_is_remembered() {
        let (cache, calls) = (cache(), Arc::new(AtomicU32::new(0)));
        let ask = |kind| {
            let (cache, calls) = (Arc::clone(&cache), Arc::clone(&calls));
            async move {
                let fetch = || async {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    calls.fetch_add(1, Ordering::SeqCst);
                    Err(Error::new(kind, "no"))
                };
                cache.get(fetch).await.err().unwrap().kind()
            }
        };
        let tasks: Vec<_> = (0..9).map(|_| tokio::spawn(ask(ErrorKind::Network))).collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), ErrorKind::Network);
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        ask(ErrorKind::Unauthenticated).await;
        ask(ErrorKind::Unauthenticated).await;
        assert_eq!(calls.load(Ordering::SeqCst), 2);
        tokio::time::sleep(REFUSED_FOR).await;
        ask(ErrorKind::Unauthenticated).await;
        assert_eq!(calls.load(Ordering::SeqCst), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_before_its_end_and_when_it_was_refused() {
        let (cache, calls) = (cache(), AtomicU32::new(0));
        let first = cache.get(|| fetched(&calls, 100)).await.unwrap();
        tokio::time::sleep(Duration::from_secs(85)).await;
        assert_eq!(cache.get(|| fetched(&calls, 100)).await.unwrap().generation, first.generation);
        tokio::time::sleep(Duration::from_secs(6)).await;
        let second = cache.get(|| fetched(&calls, 100)).await.unwrap();
        assert_ne!(second.generation, first.generation);
        cache.give_up(first.generation);
        assert_eq!(cache.get(|| fetched(&calls, 100)).await.unwrap().generation, second.generation);
        cache.give_up(second.generation);
        assert_ne!(cache.get(|| fetched(&calls, 100)).await.unwrap().generation, second.generation);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_token_says_itself_goes_first() {
        use base64::Engine as _;
        let cache = cache();
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"iat":5000,"exp":5600}"#);
        let fetch = Fetched { token: format!("a.{claims}.b").into(), lifetime: Some(Duration::from_secs(9)) };
        assert_eq!(cache.lifetime(&fetch), Some(Duration::from_secs(600)));
    }
}
