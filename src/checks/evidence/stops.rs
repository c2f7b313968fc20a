//! Which services are down because an operator stopped them.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::checks::evidence::StoppedByOperator;
use crate::config::Service;
use crate::store::{Desired, Wish};

/// Reads what is wanted of each service.
pub(super) fn find(services: &[Service], state_dir: &Path, now: DateTime<Utc>) -> Vec<StoppedByOperator> {
    let stopped = |service: &Service| {
        let desired = Desired::read(state_dir, &service.name)?;
        let ago = now.signed_duration_since(desired.since).to_std().unwrap_or_default();
        (desired.wish == Wish::Stopped).then(|| StoppedByOperator { service: service.name.clone(), ago })
    };
    services.iter().filter_map(stopped).collect()
}
