//! Units of a manager that both a service and a check name.

use crate::config::CheckKind;
use crate::diagnose::rule::Rule;
use crate::diagnose::scene::Part;

/// The check of a unit says what the service of that unit says.
pub(super) const SAME_UNIT: Rule = Rule {
    name: "same-unit",
    is_root: |root| {
        root.is_part(Part::Process) && root.service().is_some_and(|(service, _)| service.unit.is_some())
    },
    proof: |root, consequence| {
        let (service, _) = root.service()?;
        let (CheckKind::Systemd(check) | CheckKind::Launchd(check)) = consequence.kind()? else {
            return None;
        };
        (service.unit.as_ref() == Some(&check.unit)).then(|| format!("it is the unit of {}", service.name))
    },
};
