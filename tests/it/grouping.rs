//! Tracebacks as real programs printed them (`tests/data/tracebacks`; Go and .NET are written after their documentation).

use std::fs;
use std::path::Path;

use fuelops::grouping::{Basis, ExceptionChain, Fingerprint, Mechanism, SourceRoots, parse};

fn text(name: &str) -> Vec<u8> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tracebacks").join(name).with_extension("txt");
    fs::read(&path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()))
}

fn chains(name: &str) -> Vec<ExceptionChain> {
    parse(&text(name), &SourceRoots::new(["/srv/app", "/home/fuel"]))
}

fn chain(name: &str) -> ExceptionChain {
    let mut all = chains(name);
    assert_eq!(all.len(), 1, "{name}: {all:#?}");
    all.remove(0)
}

/// One line for each exception: `type: first line of the message <mechanism, parent> frames`.
fn outline(chain: &ExceptionChain) -> Vec<String> {
    let line = |e: &fuelops::grouping::Exception| {
        let message = e.message.lines().next().unwrap_or("");
        let parent = e.parent.map_or("-".to_owned(), |p| p.to_string());
        let how = format!("{:?}", e.mechanism).to_lowercase();
        let own: Vec<_> = e.frames.iter().filter(|f| f.in_app).map(|f| f.function.as_str()).collect();
        format!("{}: {message} <{how} {parent}> {}/{} {}", e.kind, own.len(), e.frames.len(), own.join(" "))
    };
    chain.exceptions.iter().map(line).collect()
}

#[test]
fn python_stack_has_frames_sources_and_the_place_to_look_at() {
    let chain = chain("python311_lookup");
    assert_eq!(outline(&chain), ["KeyError: 'DO9693' <raised -> 5/5 run lookup get_fleet <listcomp> load"]);
    assert_eq!(chain.location().unwrap().to_string(), "routers/fleet.py:10 in load");
    let frames = &chain.last().frames;
    assert_eq!(frames[4].source_line.as_deref(), Some("return TRUCKS[truck]"));
}

#[test]
fn python_cause_leads_to_what_was_raised_from_it() {
    let chain = chain("python311_refused");
    assert_eq!(
        outline(&chain),
        [
            "ConnectionRefusedError: [Errno 111] Connection refused <cause 1> 1/3 connect",
            "routers.fleet.FleetError: database away <raised -> 3/3 run refused connect",
        ]
    );
    assert_eq!(chain.last().message, "database away\nhost 127.0.0.1");
    assert_eq!(chain.root().kind, "ConnectionRefusedError");
}

#[test]
fn python_context_is_told_from_cause() {
    assert_eq!(chain("python313_context").exceptions[0].mechanism, Mechanism::Context);
}

#[test]
fn python_repeats_are_counted_and_not_listed() {
    let chain = chain("python311_recursion");
    let frames = &chain.last().frames;
    assert_eq!(frames.iter().map(|f| f.repeated).max(), Some(37));
    assert_eq!(frames.len(), 6);
}

#[test]
fn same_program_elsewhere_under_another_python_has_the_same_fingerprint() {
    for case in ["lookup", "refused", "context", "recursion", "mutual", "decode"] {
        let old = Fingerprint::of(&chain(&format!("python311_{case}")));
        let new = Fingerprint::of(&chain(&format!("python313_{case}")));
        assert_eq!(old, new, "{case}");
        assert_eq!(old.1, Basis::App, "{case}");
        let blind = parse(&text(&format!("python313_{case}")), &SourceRoots::default());
        assert_eq!(Fingerprint::of(&blind[0]).0, new.0, "{case}: source roots must not matter");
    }
}

#[test]
fn python_group_holds_the_chains_of_its_members() {
    assert_eq!(
        outline(&chain("python_group")),
        [
            "ZeroDivisionError: division by zero <context 6> 1/1 group",
            "KeyError: 'truck' <cause 2> 1/1 chained",
            "MyErr: no truck <member 6> 2/2 group chained",
            "ZeroDivisionError: division by zero <member 5> 1/1 group",
            "TypeError: t <member 5> 0/0 ",
            "ExceptionGroup: inner (2 sub-exceptions) <member 6> 0/0 ",
            "ExceptionGroup: eg (2 sub-exceptions) <raised -> 2/2 show group",
        ]
    );
}

#[test]
fn python_task_group_has_its_one_member_as_root() {
    let chain = chain("python_taskgroup");
    assert_eq!(chain.last().kind, "ExceptionGroup");
    assert_eq!((chain.root().kind.as_str(), chain.root().mechanism), ("RuntimeError", Mechanism::Member));
    assert_eq!(chain.location().unwrap().to_string(), "p1.py:30 in f");
}

#[test]
fn python_group_can_be_a_cause() {
    assert_eq!(
        outline(&chain("python_group_cause")),
        [
            "ValueError: 1 <member 1> 0/0 ",
            "ExceptionGroup: g (1 sub-exception) <cause 2> 1/1 a",
            "RuntimeError: late <context 3> 2/2 b a",
            "KeyError: 'after' <raised -> 2/2 <module> b",
        ]
    );
}

#[test]
fn python_group_says_that_members_are_missing() {
    let chain = chain("python_group_many");
    assert_eq!(chain.exceptions.len(), 16);
    assert!(chain.truncated);
}

#[test]
fn python_syntax_error_fatal_error_and_remote_traceback_are_read() {
    assert_eq!(outline(&chain("python_syntax")), ["SyntaxError: invalid syntax <raised -> 1/1 "]);
    assert_eq!(outline(&chain("python_fatal")), ["Fatal Python error: Segmentation fault <raised -> 0/2 "]);
    let remote = chain("python_remote");
    assert_eq!(remote.exceptions.len(), 2);
    assert_eq!(remote.root().message, "integer division or modulo by zero");
}

#[test]
fn java_chain_is_turned_round_and_keeps_what_was_suppressed() {
    let chain = chain("java_chain");
    assert_eq!(
        outline(&chain),
        [
            "java.lang.IllegalArgumentException: close failed <suppressed 1> 1/1 close",
            "java.io.IOException: disk <cause 2> 3/3 a a a",
            "java.lang.RuntimeException: wrapped <cause 3> 2/9 main lambda$main$0",
            "java.lang.IllegalStateException: outer: state 7 <raised -> 1/1 main",
        ]
    );
    assert_eq!(chain.exceptions[1].message, "disk\nsecond line");
}

#[test]
fn node_causes_and_members_are_read() {
    assert_eq!(
        outline(&chain("node_cause")),
        [
            "Error: ENOENT: no such file or directory, open '/nope' <cause 1> 4/10 Object.<anonymous> main load inner",
            "DbError: load failed <raised -> 2/5 main load",
        ]
    );
    assert_eq!(
        outline(&chain("node_aggregate")),
        [
            "Error: a <member 2> 1/1 main",
            "TypeError: b <member 2> 1/1 main",
            "AggregateError: many <raised -> 1/1 main",
        ]
    );
}

#[test]
fn node_errors_are_found_behind_text_and_at_the_end_of_a_process() {
    assert_eq!(chain("node_logged").last().kind, "TypeError");
    assert_eq!(chain("node_json").location().unwrap().to_string(), "n.js:11 in main");
    let uncaught = chain("node_uncaught");
    assert_eq!(uncaught.last().message, "Cannot read properties of null (reading 'x')");
}

#[test]
fn rust_panics_are_read_with_and_without_backtrace() {
    let with = chains("rust_backtrace");
    assert_eq!(with.len(), 2);
    assert_eq!(with[1].location().unwrap().to_string(), "r.rs:1 in r::get");
    let full = chains("rust_full");
    assert_eq!(Fingerprint::of(&with[1]), Fingerprint::of(&full[1]));
    let plain = chains("rust_plain");
    assert_eq!(plain[1].last().message, "index out of bounds: the len is 3 but the index is 99");
    assert_eq!(plain[1].location().unwrap().to_string(), "r.rs:1");
    assert_ne!(Fingerprint::of(&plain[0]).0, Fingerprint::of(&plain[1]).0);
}

#[test]
fn go_panic_ends_at_its_own_goroutine() {
    let chain = chain("go_panic");
    assert_eq!(
        outline(&chain),
        [
            "panic: runtime error: index out of range [5] with length 3 <context 1> 0/0 ",
            "panic: wrapped: boom <raised -> 2/5 github.com/acme/fuel/db.Open.func1.2 main.(*Fleet).load",
        ]
    );
    assert_eq!(chain.location().unwrap().to_string(), "fleet.go:42 in main.(*Fleet).load");
}

#[test]
fn dotnet_inner_exceptions_come_first() {
    assert_eq!(
        outline(&chain("dotnet_inner")),
        [
            "System.IO.IOException: disk <cause 1> 1/2 Read",
            "System.Data.DataException: no row <cause 2> 1/1 MoveNext",
            "System.InvalidOperationException: order 12 failed <raised -> 2/2 Main Load",
        ]
    );
}

#[test]
fn every_sample_cut_anywhere_is_read_without_harm() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tracebacks");
    for entry in fs::read_dir(dir).unwrap() {
        let text = fs::read(entry.unwrap().path()).unwrap();
        let step = (text.len() / 60).max(1);
        for cut in (0..text.len()).step_by(step) {
            for part in [&text[..cut], &text[cut..]] {
                for chain in parse(part, &SourceRoots::default()) {
                    Fingerprint::of(&chain);
                    assert!(!chain.exceptions.is_empty());
                }
            }
        }
    }
}

#[test]
fn text_that_only_speaks_of_exceptions_holds_none() {
    for text in [
        "ERROR main - KeyError: 'truck'",
        "Exception type: ValueError\nException message: bad",
        "we met at 10:15:12 at the gate\n    at last",
        "Stack (most recent call last):\n  File \"a.py\", line 1, in f\n    x\n",
        "goroutine 1 [running]:\nmain.main()\n\t/srv/main.go:8 +0x20\n",
        "",
    ] {
        assert_eq!(parse(text.as_bytes(), &SourceRoots::default()), [], "{text}");
    }
}
