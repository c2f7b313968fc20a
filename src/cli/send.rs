//! `--send SINK`: the report that a command made, handed to alerts of the config, too.
//!
//! Whether it can be handed to them is looked at before the command does anything. A report that was not taken is told on
//! stderr; it never hides the verdict, and never ends as if all had gone well.

use anyhow::{Context as _, Result};

use crate::alert::{OutgoingReport, Place, Sink};
use crate::checks::Postman;
use crate::cli::args::Command;
use crate::cli::commands::alert;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::config::Alert;

/// Where a report goes.
#[derive(Debug)]
pub struct Outlets {
    sinks: Vec<(Alert, Sink)>,
    place: Place,
}

/// Finds the alerts that `--send` names; `None` where it names none.
///
/// # Errors
/// When one is not there or takes no reports, or the command makes none.
pub fn prepare(command: &Command, context: &Context) -> Result<Option<Outlets>> {
    if context.global.send.is_empty() {
        return Ok(None);
    }
    if !command.makes_reports() {
        return Err(UsageError("this command makes no report that --send could hand on".to_owned()).into());
    }
    let config = context.config()?.config;
    let postman = Postman::default();
    let sinks: Vec<(Alert, Sink)> = alert::named(&context.global.send, &config)?
        .into_iter()
        .map(|alert| (alert.clone(), Sink::new(alert, &config.root, config.run_as, &postman)))
        .collect();
    if let Some((alert, _)) = sinks.iter().find(|(_, sink)| sink.keeps_state()) {
        let kind = alert.sink.word();
        let why = format!("{:?} is of type {kind}, which takes incidents and no reports", alert.name);
        return Err(
            UsageError(format!("--send: {why}; name an email, slack, webhook, command or file")).into()
        );
    }
    Ok(Some(Outlets { sinks, place: alert::place(&config) }))
}

/// Hands the report on that the command has made.
///
/// # Errors
/// When there is no runtime to be had.
pub fn hand_on(outlets: &Outlets, exit: Exit, context: &Context) -> Result<Exit> {
    let ui = &context.ui;
    let Some(made) = ui.kept_report() else {
        // With --quiet, a report that has nothing to say is none.
        if !ui.quiet {
            ui.error("there was no report to send");
        }
        return Ok(if ui.quiet { exit } else { told(exit) });
    };
    let report = OutgoingReport::new(&outlets.place, made.document, made.json);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot send")?;
    let mut is_taken = true;
    for (alert, sink) in &outlets.sinks {
        match runtime.block_on(sink.send(&report)) {
            Ok(receipt) => ui.detail(&format!("sent to {}: {}", alert.name, receipt.answer)),
            Err(failure) => {
                is_taken = false;
                ui.error(&format!("{} did not take the report: {failure}", alert.name));
            }
        }
    }
    runtime.shutdown_background();
    Ok(if is_taken { exit } else { told(exit) })
}

/// A verdict stays what it is; only a success is none any more.
fn told(exit: Exit) -> Exit {
    if exit.code() == 0 { Exit::Io } else { exit }
}
