//! Runs one probe under its deadline, waiting ones on the runtime and blocking ones on threads.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{sleep, timeout};

/// Blocking probes that run at once, as long as none stalls.
const LANES: usize = 8;
/// A blocking probe that takes longer gives its lane to the next one: it may hang for good.
const STALL: Duration = Duration::from_millis(20);

/// What a probe brought back, and how long it took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Seen<T> {
    Done {
        value: T,
        elapsed: Duration,
    },
    /// Its deadline passed.
    Missed {
        deadline: Duration,
    },
    /// It panicked: a bug of ours, and no news of the target.
    Broken,
}

impl<T> Seen<T> {
    pub(super) fn value(&self) -> Option<&T> {
        match self {
            Self::Done { value, .. } => Some(value),
            _ => None,
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        match self {
            Self::Done { elapsed, .. } => *elapsed,
            Self::Missed { deadline } => *deadline,
            Self::Broken => Duration::ZERO,
        }
    }
}

/// A probe that is under way.
pub(super) struct Running<T>(JoinHandle<Seen<T>>);

impl<T> Running<T> {
    pub(super) async fn end(self) -> Seen<T> {
        self.0.await.unwrap_or(Seen::Broken)
    }
}

/// Starts probes; all of one run share its lanes.
#[derive(Clone, Debug)]
pub(super) struct Starter {
    lanes: Arc<Semaphore>,
    /// Waiting probes that may run at once; more of them than there are, unless descriptors are scarce.
    places: Arc<Semaphore>,
}

impl Starter {
    /// `at_once` is the number of waiting probes that may run side by side.
    pub(super) fn new(at_once: usize) -> Self {
        let places = at_once.clamp(1, Semaphore::MAX_PERMITS);
        Self { lanes: Arc::new(Semaphore::new(LANES)), places: Arc::new(Semaphore::new(places)) }
    }

    /// Starts a probe that waits on the runtime.
    pub(super) fn waiting<T: Send + 'static>(
        &self,
        deadline: Duration,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Running<T> {
        let places = Arc::clone(&self.places);
        Running(tokio::spawn(async move {
            let in_place = async {
                let _place = places.acquire().await;
                let start = Instant::now();
                (work.await, start.elapsed())
            };
            match timeout(deadline, in_place).await {
                Ok((value, elapsed)) => Seen::Done { value, elapsed },
                Err(_) => Seen::Missed { deadline },
            }
        }))
    }

    /// Starts a probe that blocks a thread. One that never returns is left behind when its deadline has passed.
    pub(super) fn blocking<T: Send + 'static>(
        &self,
        deadline: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Running<T> {
        let lanes = Arc::clone(&self.lanes);
        Running(tokio::spawn(async move {
            match timeout(deadline, in_lane(lanes, work)).await {
                Ok(Some((value, elapsed))) => Seen::Done { value, elapsed },
                Ok(None) => Seen::Broken,
                Err(_) => Seen::Missed { deadline },
            }
        }))
    }
}

async fn in_lane<T: Send + 'static>(
    lanes: Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<(T, Duration)> {
    let lane = lanes.acquire_owned().await.ok()?;
    let start = Instant::now();
    let mut thread = spawn_blocking(work);
    let ended = tokio::select! {
        ended = &mut thread => ended,
        () = sleep(STALL) => {
            drop(lane);
            thread.await
        }
    };
    ended.ok().map(|value| (value, start.elapsed()))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn on_runtime<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let result = runtime.block_on(work);
        runtime.shutdown_background();
        result
    }

    #[test]
    fn hung_thread_costs_its_own_deadline_and_delays_no_other() {
        on_runtime(async {
            let starter = Starter::new(8);
            let deadline = Duration::from_millis(400);
            let forever = || thread::sleep(Duration::from_secs(3_600));
            let hung: Vec<_> = (0..3 * LANES).map(|_| starter.blocking(deadline, forever)).collect();
            let quick = starter.blocking(Duration::from_secs(30), || 7);
            let start = Instant::now();
            assert_eq!(quick.end().await.value(), Some(&7));
            assert!(start.elapsed() < Duration::from_millis(350), "{:?}", start.elapsed());
            for probe in hung {
                assert_eq!(probe.end().await, Seen::Missed { deadline });
            }
        });
    }

    #[test]
    fn panicking_probe_is_broken_and_nothing_else_is() {
        on_runtime(async {
            let starter = Starter::new(8);
            let bad = starter.blocking(Duration::from_secs(5), || panic!("a bug"));
            let good = starter.waiting(Duration::from_secs(5), async { 1 });
            assert_eq!(bad.end().await, Seen::<()>::Broken);
            assert_eq!(good.end().await.value(), Some(&1));
        });
    }
}
