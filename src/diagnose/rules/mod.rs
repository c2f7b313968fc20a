//! The table of what explains what: each rule with the evidence that it needs.
//!
//! Order decides: the closest explanation stands first. A file holds the rules of one kind of cause.

mod certificate;
mod clock;
mod cpu;
mod dependency;
mod disk;
mod files;
mod hung_disk;
mod logs;
mod memory;
mod own_address;
mod own_parts;
mod same_server;
mod shared;
mod targets;
mod units;

use crate::diagnose::rule::Rule;

pub(super) use shared::is_of_kind;

/// Every rule, in the order in which they are tried.
pub(super) const RULES: &[Rule] = &[
    units::SAME_UNIT,
    hung_disk::FOLDERS_OF_A_DISK_THAT_DOES_NOT_ANSWER,
    own_parts::PORT_TAKEN_KEEPS_IT_DOWN,
    own_parts::ENDS_FOR_A_REASON_AND_AGAIN,
    own_parts::CRASH_LOOP,
    own_parts::NOT_RUNNING,
    own_parts::STOPPED,
    files::NO_DESCRIPTOR_LEFT,
    own_parts::NOBODY_LISTENS,
    own_address::CHECKS_OF_A_SERVICE,
    own_parts::SILENT_LOG,
    memory::OUT_OF_MEMORY,
    memory::THRASHING,
    memory::SWAP,
    disk::SAME_SPACE,
    disk::NO_SPACE_TO_WRITE,
    disk::NO_SPACE_TO_TELL,
    disk::SERVER_WITHOUT_SPACE,
    disk::NOTHING_WRITTEN,
    clock::WRONG_TIME,
    certificate::SAME_CERTIFICATE,
    dependency::WAITS_FOR_IT,
    dependency::LOG_NAMES_IT,
    dependency::SAME_BROKER,
    same_server::SAME_SERVER,
    dependency::DECLARED,
    targets::PAGE_IS_NO_PAGE,
    targets::SCRAPES_A_SERVICE,
    cpu::BUSY_SERVICE,
    cpu::NO_PROCESSOR_FREE,
    cpu::LOAD,
    files::MACHINE_HAS_NONE_LEFT,
    logs::ERRORS_NAME_IT,
    logs::SAME_ERRORS,
];

/// The names of all rules, in the order in which they are tried.
pub fn names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own() {
        let different: HashSet<_> = names().collect();
        assert_eq!(different.len(), RULES.len());
    }
}
