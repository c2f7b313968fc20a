//! Who is told of what the monitor finds: the sinks of the config, by way of the outbox.

use std::time::Duration;

use chrono::Utc;

use crate::alert::{Dispatcher, Notice, OutboxError, Outfit, StartError};
use crate::cli::ui::Ui;
use crate::config::Config;
use crate::monitor::Told;

/// What could not be delivered within this time at the end stays in the outbox.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The way to the sinks, where there are any.
#[derive(Debug, Default)]
pub(super) struct Alerts {
    dispatcher: Option<Dispatcher>,
}

impl Alerts {
    /// Opens the outbox if anybody is to be told. Where it cannot be opened, services are watched all the same.
    pub(super) fn open(config: &Config, ui: &Ui) -> Self {
        if config.alerts.is_empty() && config.monitor.ping_url.is_none() {
            return Self::default();
        }
        let mut dispatcher = Dispatcher::start(outfit(config));
        // One for each of its files.
        for _ in 0..2 {
            let Err(error @ StartError::Outbox(OutboxError::PutAside { .. })) = dispatcher else { break };
            ui.warn(&format!("{:#}", anyhow::Error::from(error)));
            dispatcher = Dispatcher::start(outfit(config));
        }
        let dispatcher = dispatcher.map_err(|error| {
            ui.warn(&format!("nobody is told of what is found: {:#}", anyhow::Error::from(error)));
        });
        Self { dispatcher: dispatcher.ok() }
    }

    /// Takes over other sinks and rules.
    pub(super) fn reload(&mut self, config: &Config, ui: &Ui) {
        match &self.dispatcher {
            Some(dispatcher) => dispatcher.reload(outfit(config)),
            None => *self = Self::open(config, ui),
        }
    }

    /// Incidents that somebody was told of and that are not over.
    pub(super) fn standing(&self) -> Vec<Notice> {
        self.dispatcher.as_ref().map(Dispatcher::open_incidents).unwrap_or_default()
    }

    /// Hands something on; never waits.
    pub(super) fn tell(&self, told: Told) {
        let Some(dispatcher) = &self.dispatcher else { return };
        match told {
            Told::News(notice) => dispatcher.submit(*notice),
            Told::Acknowledged(incident) => dispatcher.acknowledge(&incident, Utc::now()),
            Told::Hushed(incidents) => dispatcher.hush(incidents),
            Told::Alive => dispatcher.ping(),
        }
    }

    /// Lets what was told go out, for a moment; the rest waits in the outbox.
    pub(super) fn close(&mut self) {
        if let Some(dispatcher) = self.dispatcher.take() {
            dispatcher.stop(LAST_WORDS);
        }
    }
}

fn outfit(config: &Config) -> Outfit {
    Outfit {
        state_dir: config.state_dir.clone(),
        root: config.root.clone(),
        run_as: config.run_as,
        alerts: config.alerts.clone(),
        ping_url: config.monitor.ping_url.clone(),
    }
}
