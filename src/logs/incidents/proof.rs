//! What proves that one failure follows from another. That both happened at the same time does not.

use crate::logs::incidents::Known;
use crate::logs::incidents::fold::Draft;
use crate::logs::rules::{FaultClass, Rank};
use crate::model::Severity;

/// A name shorter than this stands in too many texts to tell anything.
const MIN_NAME: usize = 4;

/// Whether a failure may follow from a known fault of the surroundings.
pub(super) fn may_follow(effect: &Draft, cause: &Known) -> bool {
    // What lies below the program takes much with it; what is amiss in its setup, only what depends on that very thing.
    let is_below = cause.rank < Rank::Setup;
    match effect.known.as_ref().map(|known| known.rank) {
        Some(Rank::Consequence) => is_below || cause.severity == Severity::Critical,
        Some(Rank::Host | Rank::Network | Rank::Store | Rank::Pressure) => is_below,
        // What a program logs in its own words, without an exception, has no cause of its own.
        None if !effect.is_raised() => is_below || names(effect, cause),
        Some(Rank::Setup | Rank::Code) | None => names(effect, cause),
    }
}

/// Whether a failure's own words name what is broken, or the kind of thing that it is.
fn names(effect: &Draft, cause: &Known) -> bool {
    let thing = cause.thing.as_deref().filter(|thing| thing.len() >= MIN_NAME);
    thing.is_some_and(|thing| effect.said.contains(&thing.to_lowercase()))
        || (cause.rank < Rank::Setup && words(cause.class).iter().any(|word| effect.said.contains(word)))
}

/// What failures say that follow from a fault of a class, in lower case.
fn words(class: FaultClass) -> &'static [&'static str] {
    match class {
        FaultClass::Database => &[
            "operationalerror",
            "interfaceerror",
            "databaseerror",
            "database",
            "mysql",
            "postgres",
            "psycopg",
            "asyncpg",
            "sqlalchemy",
            "cursor",
            "connection",
            "service unavailable",
        ],
        FaultClass::Cache => {
            &["redis", "cache", "celery", "kombu", "broker", "connection", "service unavailable"]
        }
        FaultClass::Network | FaultClass::Certificate => {
            &["connect", "timeout", "timed out", "unreachable", "ssl", "bad gateway", "service unavailable"]
        }
        FaultClass::Disk | FaultClass::Files => {
            &["oserror", "ioerror", "operationalerror", "cannot open", "cannot write"]
        }
        FaultClass::Memory => &["memory", "brokenprocesspool"],
        FaultClass::Load => &["thread", "fork"],
        FaultClass::Port
        | FaultClass::Permission
        | FaultClass::Config
        | FaultClass::Dependency
        | FaultClass::Worker
        | FaultClass::Data
        | FaultClass::Code => &[],
    }
}
