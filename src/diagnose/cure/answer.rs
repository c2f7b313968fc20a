//! Cures for answers that are wrong, late, or not trusted, and for files that are too old.

use crate::diagnose::cure::Case;
use crate::diagnose::cure::command::{hint, words};
use crate::diagnose::cure::observed::text;
use crate::diagnose::cure::server::in_its_place;
use crate::model::Hint;
use crate::text::{redact, shell};

pub(super) fn slow(case: Case<'_>) -> Hint {
    hint("see in which phase the time goes", Some(case.again()))
}

pub(super) fn bad(case: Case<'_>) -> Hint {
    if let Some(tail) = case.last_lines() {
        return hint(
            "it lives and answers, so a restart may not help: see what it logged meanwhile",
            Some(tail),
        );
    }
    let url = text(case.finding, "url").filter(|url| !url.contains(redact::MASK));
    let whole = url.and_then(|url| case.program(["curl", "-sSi", "-m", "10", url]));
    match whole {
        Some(curl) => hint("look at the whole answer", Some(curl)),
        None => in_its_place(case).unwrap_or_else(|| hint("ask it again by itself", Some(case.again()))),
    }
}

pub(super) fn certificate(case: Case<'_>) -> Hint {
    let finding = case.finding;
    let of_file = text(finding, "path")
        .and_then(|path| case.program(["openssl", "x509", "-noout", "-subject", "-dates", "-in", path]));
    let of_server = || {
        let address = text(finding, "address")?;
        let connect = case.program(["openssl", "s_client", "-connect", address])?;
        Some(format!("{connect} </dev/null | openssl x509 -noout -subject -dates"))
    };
    let command = of_file.or_else(of_server).unwrap_or_else(|| case.again());
    hint("renew it, and have the server load the new one", Some(command))
}

pub(super) fn errors(case: Case<'_>) -> Hint {
    if let Some(analyze) = case.fuelops(["analyze-logs", "--since", "1h"]) {
        return hint("see which errors they are, and since when", Some(analyze));
    }
    let log = case.known.services.iter().find_map(|s| s.log_file.as_ref()).map(|log| log.to_string_lossy());
    let command =
        log.map(|log| format!("grep -nE 'ERROR|CRITICAL|FATAL' {} | tail -n 20", shell::quote(&log)));
    hint("see which errors they are", command)
}

pub(super) fn stale_log(case: Case<'_>) -> Option<Hint> {
    let path = text(case.finding, "path")?;
    Some(hint("see whether its writer still runs", Some(words(["ls", "-l", path]))))
}

pub(super) fn stale_backup(case: Case<'_>) -> Option<Hint> {
    let command = case.fuelops(["backup", "create"]).unwrap_or_else(|| case.again());
    Some(hint("make one now, and see why the last one was not made", Some(command)))
}

/// Something is wrong and has no name: what is known is what was measured.
pub(super) fn nameless(case: Case<'_>) -> Option<Hint> {
    let is_asked = case.finding.check.starts_with("check.") || case.service.is_some();
    let is_red = case.finding.severity == crate::model::Severity::Critical;
    let again = || hint("ask it again by itself", Some(case.again()));
    (is_asked && is_red).then(|| in_its_place(case).unwrap_or_else(again))
}
