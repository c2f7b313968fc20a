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

use crate::alert::Message;
use crate::checks::{Errand, HttpPost, Postman};
use crate::config::{Alert, Sink as Means, Url};

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
    /// The receiver that the config names. Commands run in `root`, as the user `run_as` where that is somebody else.
    pub fn new(alert: &Alert, root: &Path, run_as: Option<u32>) -> Self {
        Self { means: alert.sink.clone(), root: root.to_owned(), run_as, postman: Postman::default() }
    }

    /// Delivers a message; never takes longer than the deadline.
    ///
    /// # Errors
    /// When the receiver did not take it.
    pub async fn deliver(&self, message: &Message, now: DateTime<Utc>) -> Result<Receipt, Failure> {
        match &self.means {
            Means::Slack(slack) => self.post(slack::post(slack, message)).await,
            Means::Webhook(webhook) => {
                self.post(webhook::post(webhook, &message.json(), &message.key)?).await
            }
            Means::Pagerduty(pagerduty) => self.post(pagerduty::post(pagerduty, message)?).await,
            Means::Alertmanager(server) => self.post(alertmanager::post(server, message, now)).await,
            Means::Email(email) => email::deliver(email, message).await,
            Means::Command(command) => {
                let input = line(&message.json());
                let errand = Errand {
                    command: command.command.clone(),
                    dir: self.root.clone(),
                    run_as: self.run_as,
                    input,
                };
                let said = errand.run(DEADLINE).await.map_err(Failure::later)?;
                Ok(Receipt { answer: answer::shown(&said, &[]) })
            }
            Means::File(file) => file::append(file.path.clone(), line(&message.json())).await,
        }
    }

    async fn post(&self, post: HttpPost) -> Result<Receipt, Failure> {
        let secrets = answer::secrets_of(&post);
        let reply = self.postman.post(post, DEADLINE).await;
        answer::judge(reply, &secrets)
    }
}

/// Asks a URL, so that whoever watches it knows that we are alive.
pub(super) async fn ping(url: &Url) -> Result<Receipt, Failure> {
    answer::judge(Postman::default().get(url, DEADLINE).await, &[])
}

fn line(json: &serde_json::Value) -> Vec<u8> {
    format!("{json}\n").into_bytes()
}
