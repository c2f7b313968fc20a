//! From the config to the store and its door.

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::time_range::{self, TimeRange};
use crate::config::{self, Config};
use crate::errors::door::{Door, Scrubber};
use crate::errors::feed::drain;
use crate::errors::store::{Access, Limits, Store, StoreError};
use crate::errors::summary::RateBars;
use crate::grouping::SourceRoots;
use crate::logs::Zone;
use crate::model::Verdict;
use crate::render;
use crate::report::ErrorAction;
use crate::text::moment::parse_moment;

/// What the subcommands stand on.
pub(super) struct Place {
    pub(super) config: Config,
    pub(super) now: DateTime<Utc>,
    /// How the caller named this config, for the commands that are told.
    pub(super) program: String,
}

impl Place {
    pub(super) fn new(context: &Context) -> Result<Self> {
        Ok(Self { config: context.config()?.config, now: Utc::now(), program: context.command([]) })
    }

    pub(super) fn micros(&self) -> i64 {
        self.now.timestamp_micros()
    }

    /// Opens the store and takes in what applications left beside it; says where a damaged file went.
    pub(super) fn open(&self, access: Access, context: &Context) -> Result<Store> {
        let path = match &self.config.errors.store {
            config::Store::Sqlite(path) => path,
            config::Store::Postgres(_) => {
                let why = "[errors] store: this fuelops keeps errors in a file; write \"sqlite\" or \"sqlite:PATH\"";
                return Err(UsageError(why.to_owned()).into());
            }
        };
        let store = Store::open(path, access, self.micros())?;
        say_set_aside(&store, context);
        Ok(store)
    }

    /// Opens the store to be read, with what waits in the spool; none where there is neither.
    pub(super) fn read(&self, context: &Context) -> Result<Option<Store>> {
        if super::serve::waits(&self.config.state_dir) {
            let mut store = self.open(Access::Write, context)?;
            let drained =
                drain(&self.config.state_dir, &mut store, &self.door(), self.limits(), self.micros())
                    .and_then(|_| store.prune_daily(self.limits(), self.micros()));
            if let Err(error) = drained {
                // What the store holds is told all the same.
                let error = anyhow::Error::from(error);
                context.ui.warn(&format!("what applications left in the spool was not taken in: {error:#}"));
            }
            return Ok(Some(store));
        }
        match self.open(Access::Read, context) {
            Err(error) if matches!(error.downcast_ref(), Some(StoreError::Missing { .. })) => Ok(None),
            other => other.map(Some),
        }
    }

    /// Opens the store to be read, or says that there is none.
    pub(super) fn read_or_tell(&self, context: &Context) -> Result<Result<Store, Exit>> {
        Ok(self.read(context)?.ok_or_else(|| {
            context.ui.error(&self.no_store());
            Exit::Verdict(Verdict::Unknown)
        }))
    }

    pub(super) fn no_store(&self) -> String {
        format!(
            "there is no error store yet: nothing was recorded, imported or ingested; `{} track-errors ingest-logs` takes in what the logs hold",
            self.program
        )
    }

    pub(super) fn door(&self) -> Door {
        Door {
            scrubber: Scrubber::new(&self.config.errors.scrub),
            roots: SourceRoots::new(self.config.logs.source_dirs.iter().map(|dir| dir.to_string_lossy())),
        }
    }

    pub(super) fn limits(&self) -> Limits {
        let errors = &self.config.errors;
        Limits {
            max_age: i64::try_from(errors.max_age.as_micros()).unwrap_or(i64::MAX),
            max_bytes: errors.max_bytes.0,
            min_free: errors.min_free.0,
        }
    }

    pub(super) fn bars(&self) -> RateBars {
        let bars = self.config.thresholds.errors_per_hour;
        RateBars { warn: bars.warn, critical: bars.critical }
    }

    /// From when to when, and the zone of both, as somebody typed them.
    pub(super) fn range(&self, range: &TimeRange) -> Result<time_range::Span, UsageError> {
        range.span(self.config.logs.timezone, self.now)
    }

    /// The zone that times are read and told in where nobody typed one.
    pub(super) fn zone(&self) -> Zone {
        time_range::Span::whole(self.config.logs.timezone).zone()
    }

    /// A point in time as somebody typed it; it may lie ahead.
    pub(super) fn moment(&self, text: &str) -> Result<i64, UsageError> {
        let now = self.now.with_timezone(&self.zone());
        parse_moment(text, &now).map(|at| at.timestamp_micros()).map_err(|e| UsageError(e.to_string()))
    }
}

/// Says where a damaged file went, if there was one.
pub(super) fn say_set_aside(store: &Store, context: &Context) {
    if let Some(aside) = store.set_aside() {
        context.ui.warn(&format!(
            "{} was damaged; it is kept as {}, and a new one was started",
            store.path().display(),
            aside.display()
        ));
    }
}

/// Says what was done: nothing with `--quiet`.
pub(super) fn tell(action: &ErrorAction, context: &Context) -> Result<Exit> {
    if context.ui.quiet && context.ui.format == crate::cli::args::Format::Table {
        return Ok(Exit::Done);
    }
    context.ui.report("track-errors", super::SCHEMA, action, || render::error_action(action))?;
    Ok(Exit::Done)
}

/// An action without numbers of its own.
pub(super) fn action(done: String, issues: Vec<i64>) -> ErrorAction {
    ErrorAction { done, issues, events: 0, duplicates: 0, new_issues: 0, notes: Vec::new() }
}
