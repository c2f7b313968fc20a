//! The ways out: how each receiver wants to be told, and what its answer means.
//!
//! Every delivery has one deadline. Secrets are opened when they are used; an error or an answer never shows one. What a
//! receiver says is cut.

mod alertmanager;
mod answer;
mod email;
mod file;
mod pagerduty;
mod slack;
mod webhook;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::alert::{Message, OutgoingReport};
use crate::checks::{Errand, HttpPost, Postman};
use crate::config::{Alert, CommandLine, EmailSink, Sink as Means, Url};
use crate::text::human;

/// Longest that one delivery may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// A receiver and the way to it.
#[derive(Clone, Debug)]
pub struct Sink {
    means: Means,
    root: PathBuf,
    run_as: Option<u32>,
    postman: Postman,
}

/// What a receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub answer: String,
    /// Whom of several receivers it did not take it for, and why.
    pub refused: Option<String>,
}

/// Why a receiver was not told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It may take it later.
    #[error("{why}")]
    Unreachable { why: String, retry_after: Option<Duration> },
    /// It never will.
    #[error("{0}")]
    Refused(String),
}

impl Failure {
    /// It may take it later, and did not say when.
    fn later(why: impl Into<String>) -> Self {
        Self::Unreachable { why: why.into(), retry_after: None }
    }

    /// What is said where the fault is ours.
    pub(super) fn broken() -> Self {
        Self::later("fuelops has a bug; stderr says where")
    }
}

impl Sink {
    /// The receiver that the config names. Commands run in `root`; they run, and files are written, as
    /// the user `run_as` where that is somebody else.
    pub fn new(alert: &Alert, root: &Path, run_as: Option<u32>, postman: &Postman) -> Self {
        Self { means: alert.sink.clone(), root: root.to_owned(), run_as, postman: postman.clone() }
    }

    /// Delivers a message; never takes longer than the deadline.
    ///
    /// # Errors
    /// When the receiver did not take it.
    pub async fn deliver(&self, message: &Message, now: DateTime<Utc>) -> Result<Receipt, Failure> {
        match &self.means {
            Means::Slack(slack) => self.post(slack::post(slack, message)).await,
            Means::Webhook(webhook) => {
                self.post(webhook::post(webhook, &message.json().to_string(), &message.key)?).await
            }
            Means::Pagerduty(pagerduty) => self.post(pagerduty::post(pagerduty, message)?).await,
            Means::Alertmanager(server) => self.post(alertmanager::post(server, message, now)).await,
            Means::Email(email) => self.mail(email, &email::Letter::of(message)).await,
            Means::Command(command) => self.hand_over(&command.command, line(&message.json())).await,
            Means::File(file) => {
                let line = line(&message.json());
                file::append(file.path.clone(), self.run_as, line, Some(&message.key)).await
            }
        }
    }

    /// Hands a report over; never takes longer than the deadline.
    ///
    /// # Errors
    /// When the receiver did not take it.
    pub async fn send(&self, report: &OutgoingReport) -> Result<Receipt, Failure> {
        match &self.means {
            Means::Slack(slack) => self.post(slack::report(slack, report)).await,
            Means::Webhook(webhook) => self.post(webhook::post(webhook, &report.json, &report.key)?).await,
            Means::Email(email) => self.mail(email, &email::Letter::of_report(report)).await,
            Means::Command(command) => self.hand_over(&command.command, one_line(&report.json)?).await,
            Means::File(file) => {
                file::append(file.path.clone(), self.run_as, one_line(&report.json)?, None).await
            }
            Means::Pagerduty(_) | Means::Alertmanager(_) => {
                Err(Failure::Refused(format!("{} takes incidents and no reports", self.means.word())))
            }
        }
    }

    /// Whether the receiver keeps a state for each incident, and has no use for a report.
    pub fn keeps_state(&self) -> bool {
        matches!(self.means, Means::Pagerduty(_) | Means::Alertmanager(_))
    }

    async fn mail(&self, sink: &EmailSink, letter: &email::Letter) -> Result<Receipt, Failure> {
        let late = || {
            Failure::later(format!("the mail server did not take it within {}", human::duration(DEADLINE)))
        };
        tokio::time::timeout(DEADLINE, email::deliver(sink, letter)).await.unwrap_or_else(|_| Err(late()))
    }

    async fn hand_over(&self, command: &CommandLine, input: Vec<u8>) -> Result<Receipt, Failure> {
        let errand = Errand { command: command.clone(), dir: self.root.clone(), run_as: self.run_as, input };
        let said = errand.run(DEADLINE).await.map_err(Failure::later)?;
        let answer = if said.is_empty() { "exit code 0".to_owned() } else { answer::shown(&said, &[]) };
        Ok(Receipt { answer, refused: None })
    }

    async fn post(&self, post: HttpPost) -> Result<Receipt, Failure> {
        let secrets = answer::secrets_of(&post);
        let reply = self.postman.post(post, DEADLINE).await;
        answer::judge(reply, &secrets)
    }
}

/// Asks a URL, so that whoever watches it knows that we are alive.
pub(super) async fn ping(postman: &Postman, url: &Url) -> Result<Receipt, Failure> {
    answer::judge(postman.get(url, DEADLINE).await, &[])
}

fn line(json: &Value) -> Vec<u8> {
    format!("{json}\n").into_bytes()
}

/// A document of many lines on one.
fn one_line(json: &str) -> Result<Vec<u8>, Failure> {
    let json = serde_json::from_str::<Value>(json).map_err(|e| Failure::Refused(e.to_string()))?;
    Ok(line(&json))
}
