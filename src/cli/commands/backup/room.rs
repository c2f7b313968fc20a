//! What every subcommand of `backup` stands on: the config, the folder, the key, the lock.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use chrono::Utc;

use crate::backup::{self, Entry, Key, KeyError, Means, Origin, SearchPath, Shelf, Source, Wanted};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::interrupt::Interrupt;
use crate::config::{Config, Loaded};
use crate::platform;
use crate::report::{BackupAction, BackupError, BackupOutcome, BackupReport};
use crate::store::{self, Lock};
use crate::text::suggest::did_you_mean;

const LOCK: &str = "backup.lock";
const STATE_MODE: u32 = 0o700;

/// One run of `backup`.
pub(super) struct Room<'a> {
    pub(super) context: &'a Context,
    pub(super) config: Config,
    pub(super) means: Means,
    pub(super) wanted: Vec<Wanted>,
    interrupt: Arc<Interrupt>,
    begun: Instant,
}

impl<'a> Room<'a> {
    /// Reads the config. Root with somebody else's config becomes that somebody, for good: databases and files are read
    /// by their rights only.
    pub(super) fn open(context: &'a Context) -> Result<Self> {
        let begun = Instant::now();
        let Loaded { config, .. } = context.config()?;
        let mut home = context.environment.home.clone();
        if let Some(uid) = config.run_as.filter(|uid| *uid != platform::caller_uid()) {
            let Some(account) = platform::account(uid) else {
                bail!(UsageError(format!(
                    "the config belongs to user {uid}, who does not exist on this machine"
                )));
            };
            platform::become_account(&account).with_context(|| format!("cannot become {}", account.name))?;
            home = Some(account.home);
        }
        let interrupt = Interrupt::listen().context("cannot prepare for Ctrl-C")?;
        let heard = Arc::clone(&interrupt);
        let means = Means {
            state_dir: config.state_dir.clone(),
            path: SearchPath::new(context.environment.path.clone()),
            home: home.map(Into::into),
            host: platform::host_name(),
            interrupt: backup::Interrupt::new(move || heard.is_at_work().load(Ordering::SeqCst)),
        };
        let wanted = backup::sources(&config.backup, &config.checks, &config.root);
        Ok(Self { context, config, means, wanted, interrupt, begun })
    }

    /// Takes the lock: one run at a time changes anything.
    pub(super) fn lock(&self, work: &str) -> Result<Lock> {
        store::create_folder(&self.config.state_dir, STATE_MODE)?;
        Ok(Lock::take(&self.config.state_dir.join(LOCK), work, Utc::now())?)
    }

    /// The key; a file that holds none is as good as lost.
    pub(super) fn key(&self) -> Result<Option<Key>> {
        match Key::load(&self.config.state_dir) {
            Err(KeyError::Void { .. }) => Ok(None),
            other => Ok(other?),
        }
    }

    /// The folder, if it is there.
    pub(super) fn shelf(&self) -> Result<Option<Shelf>> {
        let dir = &self.config.backup.dir;
        Shelf::open(dir).with_context(|| format!("cannot use {}", dir.display()))
    }

    /// The folder and what it holds; only for the holder of the lock, who takes away what killed runs have left.
    pub(super) fn swept(&self, shelf: &Shelf, key: Option<&Key>) -> Result<Vec<Entry>> {
        let at = || format!("cannot use {}", shelf.path().display());
        let swept = backup::sweep(shelf, &self.config.state_dir, key).with_context(at)?;
        if swept > 0 {
            self.context.ui.detail(&format!("{swept} files that a killed run had left"));
        }
        shelf.entries(key).with_context(at)
    }

    /// What is the matter where there are backups and the key proves none of them.
    pub(super) fn orphaned(
        &self,
        shelf: &Shelf,
        key: Option<&Key>,
        entries: &[Entry],
    ) -> Option<BackupError> {
        let why = backup::orphaned(shelf, key, &self.config.state_dir, entries)?;
        Some(super::tell::error(&self.config.backup.dir.display().to_string(), &why))
    }

    /// Refuses what is neither a backup nor a source.
    pub(super) fn known(&self, entries: &[Entry], name: &str) -> Result<(), UsageError> {
        let ids = entries.iter().map(|entry| entry.id.as_str());
        let made = entries.iter().filter_map(Entry::source);
        let names = ids.chain(made).chain(self.wanted.iter().map(|wanted| wanted.origin.name.as_str()));
        if names.clone().any(|known| known == name) {
            return Ok(());
        }
        let near = did_you_mean(name, names);
        Err(UsageError(format!(
            "there is no backup {name:?}, and no source of that name{near}; `fuelops backup list` shows them"
        )))
    }

    /// The configured source of a backup.
    pub(super) fn source(&self, origin: &Origin) -> Option<&Source> {
        let wanted = self.wanted.iter().find(|wanted| wanted.origin == *origin)?;
        wanted.source.as_ref().ok()
    }

    /// The name of the source, or the id, that somebody means.
    pub(super) fn named(&self, word: &str) -> String {
        backup::source_name(word, &self.config.root)
    }

    /// An empty report.
    pub(super) fn report(&self, action: BackupAction) -> BackupReport {
        BackupReport {
            name: self.config.name.clone(),
            action,
            outcome: BackupOutcome::Done,
            dir: self.config.backup.dir.display().to_string(),
            backups: Vec::new(),
            removed: Vec::new(),
            freed_bytes: 0,
            restore: None,
            skipped: Vec::new(),
            errors: Vec::new(),
            notes: Vec::new(),
            elapsed_ms: 0,
        }
    }

    /// Whether somebody wants an end.
    pub(super) fn is_interrupted(&self) -> bool {
        self.means.interrupt.is_asked()
    }

    /// Shows a report and tells how to end.
    pub(super) fn end(&self, mut report: BackupReport) -> Result<Exit> {
        report.elapsed_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        super::tell::show(&report, &self.context.ui)?;
        Ok(self.interrupt.exit().unwrap_or_else(|| super::tell::exit(report.outcome)))
    }
}
