//! Who may write to a database while it is restored: its server takes their commits, and the restore replaces them.

use crate::backup::{Kind, RestorePlan};
use crate::config::{Manager, Service};
use crate::process::{Presence, Table, Twins, Wanted};

use super::room::Room;

/// What is lost by a restore over a database that is written to, and what to type first. SQLite's writers are held off.
pub(super) fn warning(room: &Room<'_>, plan: &RestorePlan) -> Option<String> {
    let is_served = matches!(plan.manifest.origin.kind, Kind::Mysql | Kind::Postgres);
    if !is_served || !plan.replaces() {
        return None;
    }
    let place = plan.place();
    let services = running(room, &place);
    let stop = if services.is_empty() {
        "stop what writes there first".to_owned()
    } else {
        let words = ["stop"].into_iter().chain(services);
        format!("stop what may write there first: {}", room.context.command(words))
    };
    Some(format!("what others commit to {place} while it is restored is lost; {stop}"))
}

/// The services that are up and are not the server itself.
fn running<'a>(room: &'a Room<'_>, place: &str) -> Vec<&'a str> {
    let Ok(table) = Table::read() else { return Vec::new() };
    let config = &room.config;
    let twins = Twins::among(&config.services);
    let is_server = |service: &Service| service.port.is_some_and(|port| place.contains(&format!(":{port}/")));
    let is_up = |service: &&Service| {
        let wanted = Wanted::of(service, &twins, &config.root, &config.state_dir);
        matches!(wanted.locate(&table, &[]), Presence::Running { .. })
    };
    let own = config.services.iter().filter(|s| s.manager == Manager::Process && !is_server(s));
    own.filter(is_up).map(|service| service.name.as_str()).collect()
}
