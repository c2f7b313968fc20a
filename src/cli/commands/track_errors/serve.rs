//! `track-errors serve` and `dsn`: where SDKs send to.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use chrono::Utc;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::place::Place;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::ui::Ui;
use crate::config::Config;
use crate::errors::door::{Alike, Door, EventId};
use crate::errors::feed::drain;
use crate::errors::intake::{Intake, Key, Sampler};
use crate::errors::store::{Access, Limits, Store, Writer};
use crate::serve::{Guard, Listener, dsn, intake, is_loopback};
use crate::store;

const KEY_FILE: &str = "errors.key";
const PRIVATE: u32 = 0o600;
const DEFAULT_LISTEN: &str = "127.0.0.1:9180";
const DRAIN_EVERY: Duration = Duration::from_millis(500);

/// Take in what Sentry's SDKs send, until a signal comes
///
/// Unmodified SDKs send here by their DSN, or beside another one by SENTRY_SPOTLIGHT. An event is answered when it is on
/// the disk. Beyond loopback the key of the DSN is asked for.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fuelops track-errors serve
  SENTRY_DSN=$(fuelops track-errors dsn) python3 main.py
  SENTRY_SPOTLIGHT=http://127.0.0.1:9180/stream python3 main.py")]
pub(super) struct ServeArgs {
    /// Address and port [default: [serve] listen of the config]
    #[arg(long, value_name = "ADDR", value_parser = address)]
    listen: Option<SocketAddr>,
}

#[derive(Args, Debug)]
pub(super) struct DsnArgs {
    /// Address and port [default: [serve] listen of the config]
    #[arg(long, value_name = "ADDR", value_parser = address)]
    listen: Option<SocketAddr>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    let numeric = numeric.as_deref().unwrap_or(text);
    numeric
        .parse()
        .map_err(|_| "no address; write an IP address and a port such as 127.0.0.1:9180".to_owned())
}

fn listen(asked: Option<SocketAddr>, config: &Config) -> Result<SocketAddr> {
    match asked.or_else(|| config.serve.as_ref().map(|serve| serve.listen)) {
        Some(address) => Ok(address),
        None => DEFAULT_LISTEN.parse().context("the default address"),
    }
}

pub(super) fn print_dsn(args: &DsnArgs, context: &Context) -> Result<Exit> {
    context.ui.plain_only("track-errors dsn")?;
    let place = Place::new(context)?;
    let key = key(&place.config.state_dir)?;
    let text = dsn(&key, listen(args.listen, &place.config)?) + "\n";
    context.ui.result(text.as_bytes())?;
    Ok(Exit::Done)
}

/// The key of this store's DSN, made when it is first asked for.
fn key(state_dir: &Path) -> Result<String> {
    let path = state_dir.join(KEY_FILE);
    if let Some(key) = read_key(&path)? {
        return Ok(key);
    }
    store::create_folder(state_dir, 0o700)?;
    let key = EventId::random().to_string();
    match store::write_new(&path, format!("{key}\n").as_bytes(), PRIVATE) {
        // Of several that make it at once the first one's is everybody's.
        Err(error) if error.source.kind() == io::ErrorKind::AlreadyExists => {
            read_key(&path)?.with_context(|| format!("{} holds no key; remove it", path.display()))
        }
        other => Ok(other.map(|()| key)?),
    }
}

/// Reads the key; none where there is no file, or nothing in it.
fn read_key(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|key| !key.is_empty())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

pub(super) fn serve(args: &ServeArgs, context: &Context) -> Result<Exit> {
    context.ui.plain_only("track-errors serve")?;
    let place = Place::new(context)?;
    let address = listen(args.listen, &place.config)?;
    let needs_key = place.config.errors.require_key || !is_loopback(&address);
    let key = key(&place.config.state_dir)?;
    let store = place.open(Access::Write, context)?;
    let path = store.path().to_owned();
    let taker = Intake {
        door: place.door(),
        writer: Writer::start(store, place.limits()),
        key: needs_key.then(|| Key(key.clone())),
        sampler: Sampler::default(),
        alike: Alike::default(),
    };
    let threads = thread::available_parallelism().map_or(2, |n| n.get().min(8));
    let guard = Guard {
        listen: address,
        allowed_origins: place
            .config
            .serve
            .as_ref()
            .map(|serve| serve.allowed_origins.clone())
            .unwrap_or_default(),
    };
    let spool = Spool::watch(&place.config.state_dir, &path, place.door(), place.limits());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    let exit = runtime.block_on(run(guard, taker, threads, &key, &context.ui));
    drop(spool);
    exit
}

async fn run(guard: Guard, taker: Intake, threads: usize, key: &str, ui: &Ui) -> Result<Exit> {
    let listener = Listener::bind(guard).await.map_err(|error| {
        let taken = error.source.kind() == io::ErrorKind::AddrInUse;
        let hint = if taken {
            "another program listens there; name another with --listen"
        } else {
            "name another with --listen"
        };
        UsageError(format!("{error}: {}; {hint}", error.source))
    })?;
    let address = listener.address();
    ui.note(&format!("listening on http://{address}"));
    ui.note(&format!("SENTRY_DSN={}", dsn(key, address)));
    ui.note(&format!("SENTRY_SPOTLIGHT=http://{address}/stream"));
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (end, ended) = watch::channel(false);
    let desk = intake(taker, threads);
    let serving = listener.serve(desk.router(), ended);
    let mut serving = std::pin::pin!(serving);
    let code = tokio::select! {
        () = serving.as_mut() => return Ok(Exit::Io),
        _ = term.recv() => 15,
        _ = int.recv() => 2,
    };
    end.send_replace(true);
    serving.await;
    Ok(Exit::Signal(code))
}

/// Takes the spool in while the server runs.
struct Spool {
    end: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Spool {
    fn watch(folder: &Path, store: &Path, door: Door, limits: Limits) -> Self {
        let end = Arc::new(AtomicBool::new(false));
        let (folder, store, stop) = (folder.to_owned(), store.to_owned(), Arc::clone(&end));
        let thread = thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let now = Utc::now().timestamp_micros();
                if waits(&folder) {
                    // What cannot be taken in now stays where it is, and is tried again.
                    let opened = Store::open(&store, Access::Write, now);
                    opened
                        .and_then(|mut store| drain(&folder, &mut store, &door, limits, now))
                        .map(|_| ())
                        .unwrap_or(());
                }
                thread::park_timeout(DRAIN_EVERY);
            }
        });
        Self { end, thread: Some(thread) }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            thread.join().unwrap_or(());
        }
    }
}

/// Whether something waits in the spool.
pub(super) fn waits(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.filter_map(Result::ok).any(|entry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with(crate::errors::feed::SPOOL)
            && entry.metadata().is_ok_and(|file| file.len() > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_start_at_once_have_one_key() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let mut keys: Vec<String> = thread::scope(|scope| {
                let made: Vec<_> = (0..8).map(|_| scope.spawn(|| key(folder.path()).unwrap())).collect();
                made.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            keys.dedup();
            assert_eq!(keys.len(), 1, "{keys:?}");
        }
    }
}
