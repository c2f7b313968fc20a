//! Broken stacks, built for real, and what `health` has to say of each; and healthy ones, of which it must say nothing.
//!
//! A scenario is a row of a table: how the stack is broken, and the first line, cause, folded consequences, hint and exit
//! code that must come of it. The same rows make `docs/scenarios.md`. Each has a folder, ports and processes of its own, so
//! all of them can run side by side.

mod page;
mod play;
mod stage;
mod tmpfs;

/// Makes the table of a file, and a test of each row.
macro_rules! scenarios {
    ($($name:ident: $what:literal, $act:expr, $expected:expr;)*) => {
        pub(super) const ALL: &[$crate::scenarios::play::Scenario] = &[$(
            $crate::scenarios::play::Scenario { name: stringify!($name), what: $what, act: $act, expected: $expected },
        )*];
        $(
            #[test]
            fn $name() {
                $crate::scenarios::play::play(ALL, stringify!($name));
            }
        )*
    };
}

mod answers;
mod databases;
mod disks;
mod healthy;
mod limits;
mod ports;
mod processes;
mod servers;
mod several;

use play::Scenario;

/// Every scenario: title of its group, and its rows.
const GROUPS: [(&str, &[Scenario]); 9] = [
    ("The process", processes::ALL),
    ("The port", ports::ALL),
    ("Memory, files, processors", limits::ALL),
    ("Disks", disks::ALL),
    ("Databases", databases::ALL),
    ("Real servers and units", servers::ALL),
    ("Answers and certificates", answers::ALL),
    ("Several causes at once", several::ALL),
    ("Healthy, or merely busy: no cause may be named", healthy::ALL),
];

#[test]
fn the_suite_is_as_large_as_it_says() {
    let count = |healthy: bool| {
        let rows = GROUPS.iter().flat_map(|(_, rows)| *rows);
        rows.filter(|row| matches!(row.expected, play::Expected::Well) == healthy).count()
    };
    assert!(count(false) >= 20, "{} broken stacks", count(false));
    assert!(count(true) >= 10, "{} healthy stacks", count(true));
}
