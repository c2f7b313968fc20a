//! `fuelops alert`: whether anybody would be told, and what waits.

use std::time::Instant;

use anyhow::{Context as _, Result};
use chrono::Utc;
use clap::{Args, Subcommand};

use crate::alert::{self, Kind, Message, Notice, Outlook, Place, Sink};
use crate::checks::Postman;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::config::{Alert, Config};
use crate::model::Verdict;
use crate::platform;
use crate::render;
use crate::report::{AlertListReport, AlertSink, AlertTest, AlertTestReport, AlertWaiting};
use crate::text::suggest::did_you_mean;

/// Version of the JSON schemas.
const SCHEMA: u32 = 1;

/// See whom alerts reach, and what they wait for
#[derive(Args, Debug)]
#[command(
    disable_help_subcommand = true,
    after_help = "\
Examples:
  fuelops alert test                        does every receiver take what it is sent?
  fuelops alert test ops-chat               only this one
  fuelops alert list                        what was sent, what waits, and why
  fuelops health --send mail                hand a report to one of them

Exit codes: 0 done; 2 a receiver did not take the test; 3 no [[alert]] in the config; 64 no such alert."
)]
pub struct AlertArgs {
    #[command(subcommand)]
    command: AlertCommand,
}

#[derive(Debug, Subcommand)]
enum AlertCommand {
    /// Send a test to every alert, or to those that are named, and tell what was answered
    ///
    /// It is sent at once, whatever the quiet hours; for PagerDuty and Alertmanager the end follows the beginning, so that
    /// nothing stays open.
    Test(TestArgs),
    /// List alerts with what was sent, what waits in the outbox, and why
    List,
}

#[derive(Args, Debug)]
struct TestArgs {
    /// Names of alerts
    #[arg(value_name = "SINK")]
    sinks: Vec<String>,
}

/// Runs the subcommand.
///
/// # Errors
/// When the config cannot be used, an alert is not known, or the outbox or the result fails.
pub fn run(args: &AlertArgs, context: &Context) -> Result<Exit> {
    match &args.command {
        AlertCommand::Test(args) => test(args, context),
        AlertCommand::List => list(context),
    }
}

fn test(args: &TestArgs, context: &Context) -> Result<Exit> {
    let loaded = context.config()?;
    let config = &loaded.config;
    let chosen = match args.sinks.as_slice() {
        [] => config.alerts.iter().collect(),
        names => named(names, config)?,
    };
    let mut sinks = Vec::new();
    for alert in chosen {
        let progress = context.ui.spinner(format!("telling {}", alert.name));
        sinks.push(try_out(alert, config)?);
        progress.finish_and_clear();
    }
    let verdict = match sinks.iter().all(|sink| sink.is_delivered) {
        _ if sinks.is_empty() => Verdict::Unknown,
        true => Verdict::Healthy,
        false => Verdict::Critical,
    };
    let report = AlertTestReport { verdict, sinks };
    context.ui.report("alert-test", SCHEMA, &report, || render::alert_test(&report))?;
    Ok(Exit::Verdict(verdict))
}

/// The alerts of these names.
///
/// # Errors
/// When one is not there.
pub(in crate::cli) fn named<'a>(names: &[String], config: &'a Config) -> Result<Vec<&'a Alert>, UsageError> {
    let find = |name: &String| {
        config.alerts.iter().find(|alert| alert.name == *name).ok_or_else(|| {
            let known: Vec<&str> = config.alerts.iter().map(|alert| alert.name.as_str()).collect();
            let near = did_you_mean(name, known.iter().copied());
            let known = match known.as_slice() {
                [] => "; the config has no [[alert]]".to_owned(),
                known => format!("; there is {}", known.join(", ")),
            };
            UsageError(format!("no alert is called {name:?}{near}{known}"))
        })
    };
    names.iter().map(find).collect()
}

/// This machine and project, now.
pub(in crate::cli) fn place(config: &Config) -> Place {
    Place { host: platform::host_name(), project: config.name.clone(), at: Utc::now() }
}

fn try_out(alert: &Alert, config: &Config) -> Result<AlertTest> {
    let sink = Sink::new(alert, &config.root, config.run_as, &Postman::default());
    let place = place(config);
    let begun = Instant::now();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    let outcome = runtime.block_on(async {
        let first = Notice::test(&place);
        let receipt = sink.deliver(&Message::of(first.clone()), place.at).await?;
        if sink.keeps_state() {
            let last = Notice { kind: Kind::Resolved, ..first };
            return sink.deliver(&Message::of(last), Utc::now()).await;
        }
        Ok(receipt)
    });
    runtime.shutdown_background();
    let (is_delivered, answer) = match outcome {
        Ok(receipt) => (true, receipt.answer),
        Err(failure) => (false, failure.to_string()),
    };
    Ok(AlertTest {
        name: alert.name.clone(),
        kind: alert.sink.word().to_owned(),
        is_delivered,
        answer,
        elapsed_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

fn list(context: &Context) -> Result<Exit> {
    let loaded = context.config()?;
    let config = &loaded.config;
    let outlooks = alert::outlook(&config.state_dir)?;
    let sinks = config.alerts.iter().map(|alert| {
        let outlook = outlooks.iter().find(|outlook| outlook.sink == alert.name);
        described(alert, outlook)
    });
    let report = AlertListReport { sinks: sinks.collect() };
    context.ui.report("alert-list", SCHEMA, &report, || render::alert_list(&report))?;
    Ok(if report.sinks.is_empty() { Exit::Verdict(Verdict::Unknown) } else { Exit::Done })
}

fn described(alert: &Alert, outlook: Option<&Outlook>) -> AlertSink {
    let counts = outlook.map(|outlook| outlook.counts).unwrap_or_default();
    let waiting = outlook.map(|outlook| outlook.waiting.as_slice()).unwrap_or_default();
    let waiting = waiting.iter().map(|one| AlertWaiting {
        incident: one.incident.clone(),
        kind: one.kind.word().to_owned(),
        at: one.at,
    });
    AlertSink {
        name: alert.name.clone(),
        kind: alert.sink.word().to_owned(),
        min_severity: alert.min_severity.word().to_owned(),
        sent: counts.sent,
        failed: counts.failed,
        refused: counts.refused,
        dropped: counts.dropped,
        folded: counts.folded,
        last_sent_at: outlook.and_then(|outlook| outlook.last_sent_at),
        failing_since: outlook.and_then(|outlook| outlook.failing_since),
        retry_at: outlook.and_then(|outlook| outlook.retry_at),
        why: outlook.and_then(|outlook| outlook.why.clone()),
        waiting: waiting.collect(),
    }
}
