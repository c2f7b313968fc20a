//! Logs in, records out: what belongs together, that the books balance, that cuts do not matter.

use proptest::prelude::*;

use crate::logs::{Assembler, End, FormatId, Record, Sink, Start, Wrapper};
use crate::model::Level;

/// What a test looks at of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    line_no: u64,
    lines: u32,
    format: FormatId,
    wrapper: Wrapper,
    level: Option<Level>,
    logger: String,
    stamp: String,
    message: String,
    body: String,
    trace: String,
}

#[derive(Debug, Default)]
struct Seer {
    records: Vec<Seen>,
    unattached: Vec<(u64, String)>,
    /// Lines before the segment that is being told.
    base: u64,
}

impl Sink for Seer {
    fn record(&mut self, record: &Record<'_>) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let line = &record.line;
        self.records.push(Seen {
            line_no: self.base + record.line_no,
            lines: record.lines,
            format: line.format,
            wrapper: line.wrapper,
            level: line.level,
            logger: text(line.logger),
            stamp: text(line.stamp.text),
            message: text(line.message),
            body: text(record.body),
            trace: text(line.trace),
        });
    }

    fn unattached(&mut self, line: &[u8], line_no: u64) {
        self.unattached.push((self.base + line_no, String::from_utf8_lossy(line).into_owned()));
    }
}

fn assemble(text: &str) -> Seer {
    let mut seer = Seer::default();
    let borders = Assembler::new().segment(text.as_bytes(), Start::Clean, End::Clean, &mut seer);
    assert_eq!((borders.head, borders.tail), (0, text.len()));
    balanced(text, &seer);
    seer
}

/// lines = records + continuation + unattached.
fn balanced(text: &str, seer: &Seer) {
    let lines = text.lines().count();
    let taken: usize = seer.records.iter().map(|record| record.lines as usize).sum();
    assert_eq!(lines, taken + seer.unattached.len(), "{text}\n{seer:#?}");
}

/// Lines of each record, and the unattached ones.
fn shape(text: &str) -> (Vec<u32>, usize) {
    let seer = assemble(text);
    (seer.records.iter().map(|record| record.lines).collect(), seer.unattached.len())
}

const TRACEBACK: &str = "Traceback (most recent call last):
  File \"/app/main.py\", line 12, in get
    return trucks[id]
           ~~~~~~^^^^
KeyError: 'DO9693'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"/app/main.py\", line 15, in get
    raise HTTPException(404) from e
fastapi.exceptions.HTTPException: 404: not found
";

#[test]
fn a_traceback_belongs_to_its_record() {
    let text = format!("2025-12-28 10:00:00,123 [ERROR] main - boom\n{TRACEBACK}INFO:     after\n");
    let seer = assemble(&text);
    assert_eq!(seer.records.iter().map(|r| r.lines).collect::<Vec<_>>(), [13, 1]);
    assert_eq!(seer.records[0].body, TRACEBACK);
    assert_eq!(seer.records[0].message, "boom");
}

#[test]
fn a_traceback_behind_an_access_line_is_a_record_of_its_own() {
    let text = format!("INFO:     1.2.3.4:5 - \"GET /x HTTP/1.1\" 200 OK\n{TRACEBACK}");
    let seer = assemble(&text);
    assert_eq!(seer.records.len(), 2);
    assert_eq!(seer.records[1].format, FormatId::Stack);
    assert_eq!(seer.records[1].message, "fastapi.exceptions.HTTPException: 404: not found");
}

#[test]
fn an_uncaught_traceback_is_not_blamed_on_a_harmless_record() {
    let text = format!("INFO:main:Starting sync\n{TRACEBACK}");
    assert_eq!(shape(&text), (vec![1, 12], 0));
    let text = format!("INFO:main:Sync failed\n{TRACEBACK}");
    assert_eq!(shape(&text), (vec![13], 0));
}

#[test]
fn sqlalchemy_tails_belong_to_their_traceback() {
    let text = "ERROR:main:query failed
Traceback (most recent call last):
  File \"/app/db.py\", line 3, in q
sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (2003, \"Can't connect\")
[SQL: SELECT id,
name FROM trucks
WHERE id = %(id)s]
[parameters: {'id': 1}]
(Background on this error at: https://sqlalche.me/e/20/e3q8)
Plain text goes on
";
    assert_eq!(shape(text), (vec![9, 1], 0));
}

#[test]
fn crash_blocks_are_one_record_each() {
    let bar = "=".repeat(80);
    let block = |at: &str| {
        format!(
            "\n{bar}\nCRASH: 2025-12-28 {at}\nContext: GET /x\n{bar}\nError: KeyError: 'x'\nTraceback:\n{TRACEBACK}\n"
        )
    };
    let text = format!("{}{}", block("10:00:00"), block("11:00:00"));
    let seer = assemble(&text);
    assert_eq!(seer.records.len(), 2, "{seer:#?}");
    assert_eq!(seer.unattached.len(), 1);
    for (record, at) in seer.records.iter().zip(["10:00:00", "11:00:00"]) {
        assert_eq!(record.format, FormatId::CrashBlock);
        assert_eq!(record.message, "Error: KeyError: 'x'");
        assert_eq!(record.stamp, format!("2025-12-28 {at}"));
        assert!(record.body.contains("HTTPException: 404"));
    }
}

#[test]
fn what_a_crash_block_quotes_is_no_record_and_its_last_line_belongs_to_it() {
    let bar = "=".repeat(80);
    let block = |quoted: &str| {
        format!(
            "\n{bar}\nCRASH: 2025-12-28 10:00:00\nContext: x\n{bar}\nError: Signal: killed by signal 9 (SIGKILL)\nTraceback:\n{quoted}{bar}\n"
        )
    };
    let lines = "(none was printed; the last lines of its output:)\n  | 2025-12-28 09:59:59 ERROR a: b\n  | INFO:     up\n  | ====================\n";
    let text = format!("{}{}INFO:main:next\n", block(TRACEBACK), block(lines));
    let lines_of = |quoted: &str| quoted.lines().count() as u32 + 7;
    // The blank line before a block goes with the record that it follows.
    assert_eq!(shape(&text), (vec![lines_of(TRACEBACK) + 1, lines_of(lines), 1], 1));
}

#[test]
fn stacks_of_other_languages_are_one_record() {
    for (text, lines) in [
        ("panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:7 +0x1d\nexit status 2\n", 6),
        ("thread 'main' panicked at src/main.rs:2:5:\nboom\nnote: run with `RUST_BACKTRACE=1`\n", 3),
        (
            "2024-01-01 10:00:00,1 ERROR a.b.C: x\njava.lang.IllegalStateException: y\n\tat a.b.C.d(C.java:1)\nCaused by: java.io.IOException: z\n\tat a.b.E.f(E.java:2)\n\t... 3 more\n",
            6,
        ),
        ("Exception in thread \"main\" java.lang.Error: x\n\tat a.B.c(B.java:1)\n", 2),
        (
            "/app/x.js:12\n    throw new Error('x')\n    ^\n\nError: x\n    at f (/app/x.js:12:3)\n\nNode.js v18.0.0\n",
            8,
        ),
        ("TypeError: x is not a function\n    at f (/app/x.js:1:2)\n    at g (/app/y.js:1:2)\n", 3),
    ] {
        assert_eq!(shape(text), (vec![lines], 0), "{text}");
    }
}

#[test]
fn printed_json_goes_with_its_record_or_is_one() {
    assert_eq!(shape("INFO:main:payload\n{\n  \"a\": 1\n}\nINFO:main:next\n"), (vec![4, 1], 0));
    let text = "{\n  \"level\": \"error\",\n  \"message\": \"boom\"\n}\n{\n  \"level\": \"info\",\n  \"message\": \"ok\"\n}\n";
    let seer = assemble(text);
    let told: Vec<_> = seer.records.iter().map(|r| (r.level, r.message.as_str(), r.lines)).collect();
    assert_eq!(told, [(Some(Level::Error), "boom", 4), (Some(Level::Info), "ok", 4)]);
}

#[test]
fn a_log_of_continuation_lines_only_is_all_unattached() {
    assert_eq!(shape("  File \"x.py\", line 1, in f\n    x\n\n}\n"), (vec![], 4));
}

#[test]
fn text_without_heads_is_records_without_level() {
    let seer = assemble("Connected\n\n🔥 UNHANDLED\n  details\n");
    assert_eq!(seer.records.iter().map(|r| (r.level, r.lines)).collect::<Vec<_>>(), [(None, 2), (None, 2)]);
}

#[test]
fn a_stack_goes_on_behind_an_interloper() {
    let text = "ERROR:    Exception in ASGI application
Traceback (most recent call last):
  File \"/app/main.py\", line 12, in get
INFO:     1.2.3.4:5 - \"GET /x HTTP/1.1\" 200 OK
  File \"/app/main.py\", line 15, in put
    return 1
KeyError: 'x'
INFO:     1.2.3.4:5 - \"GET /y HTTP/1.1\" 200 OK
";
    let seer = assemble(text);
    assert_eq!(
        seer.records.iter().map(|r| (r.line_no, r.lines)).collect::<Vec<_>>(),
        [(0, 6), (3, 1), (7, 1)]
    );
    assert!(seer.records[0].body.ends_with("KeyError: 'x'\n"));
}

#[test]
fn wrapped_lines_are_assembled_inside_their_streams() {
    let cri = "2024-01-01T10:00:00.000000000Z stderr F ERROR:main:boom
2024-01-01T10:00:00.000000000Z stderr F Traceback (most recent call last):
2024-01-01T10:00:00.100000000Z stdout F INFO:main:other
2024-01-01T10:00:00.000000000Z stderr F   File \"x.py\", line 1, in f
2024-01-01T10:00:00.000000000Z stderr F KeyError: 'x'
2024-01-01T10:00:01.000000000Z stdout P a line that was
2024-01-01T10:00:01.000000000Z stdout F  cut in two
";
    let seer = assemble(cri);
    let told: Vec<_> = seer.records.iter().map(|r| (r.lines, r.message.as_str())).collect();
    assert_eq!(told, [(4, "boom"), (1, "other"), (2, "a line that was cut in two")]);
    assert_eq!(
        seer.records[0].body,
        "Traceback (most recent call last):\n  File \"x.py\", line 1, in f\nKeyError: 'x'\n"
    );
    assert_eq!(seer.records[1].stamp, "2024-01-01T10:00:00.100000000Z");
    let docker = r#"{"log":"\u001b[31mERROR\u001b[0m:main:\"q\"\n","stream":"stderr","time":"2024-01-01T10:00:00Z"}
{"log":"\tat x\n","stream":"stderr","time":"2024-01-01T10:00:00Z"}
{"log":"one ","stream":"stdout","time":"2024-01-01T10:00:00Z"}
{"log":"line\n","stream":"stdout","time":"2024-01-01T10:00:00Z"}
"#;
    let seer = assemble(docker);
    let told: Vec<_> = seer.records.iter().map(|r| (r.lines, r.message.as_str(), r.wrapper)).collect();
    assert_eq!(told, [(2, "\"q\"", Wrapper::DockerJson), (2, "one line", Wrapper::DockerJson)]);
}

#[test]
fn records_inside_a_cut_line_are_told_once_wherever_reading_stops() {
    let line = |stream: &str, what: &str| format!("2024-01-01T10:00:00.000000000Z {stream} {what}\n");
    let many: String = (0..50).map(|n| line("stderr F", &format!("ERROR:main:x{n}"))).collect();
    for between in [&many[..many.len() / 10], &many] {
        let text = line("stdout P", "INFO:main:half ") + between + &line("stdout F", "of a line");
        let whole = assemble(&text);
        for (cut, _) in text.match_indices('\n') {
            let mut seer = Seer::default();
            let before = &text.as_bytes()[..=cut];
            let tail = Assembler::new().segment(before, Start::Clean, End::Middle, &mut seer).tail;
            seer.base = text[..tail].lines().count() as u64;
            Assembler::new().segment(&text.as_bytes()[tail..], Start::Clean, End::Clean, &mut seer);
            let by_line = |seer: &Seer| {
                let mut lines: Vec<_> =
                    seer.records.iter().map(|r| (r.line_no, r.lines, r.message.clone())).collect();
                lines.sort();
                lines
            };
            assert_eq!(by_line(&seer), by_line(&whole), "read on behind byte {cut}");
        }
    }
}

#[test]
fn a_unit_s_stack_is_joined_behind_syslog_heads() {
    let text = "Jan 01 10:00:00 web1 backend[12]: 2024-01-01 10:00:00,1 [ERROR] main - boom
Jan 01 10:00:00 web1 backend[12]: Traceback (most recent call last):
Jan 01 10:00:00 web1 backend[12]:   File \"x.py\", line 1, in f
Jan 01 10:00:00 web1 cron[7]: (root) CMD (true)
Jan 01 10:00:00 web1 backend[12]:   File \"y.py\", line 1, in g
Jan 01 10:00:00 web1 backend[12]: KeyError: 'x'
Jan 01 10:00:01 web1 backend[12]: done
";
    let seer = assemble(text);
    let told: Vec<_> = seer.records.iter().map(|r| (r.lines, r.message.as_str())).collect();
    assert_eq!(told, [(5, "boom"), (1, "(root) CMD (true)"), (1, "done")]);
}

#[test]
fn journal_entries_are_read_in_both_forms() {
    let text = "__CURSOR=s=1
__REALTIME_TIMESTAMP=1704103200000000
PRIORITY=3
SYSLOG_IDENTIFIER=app
MESSAGE=it broke

__CURSOR=s=2
__REALTIME_TIMESTAMP=1704103201000000
_TRANSPORT=stdout
PRIORITY=6
_COMM=python
MESSAGE=2024-01-01 10:00:00,1 [WARNING] main - careful

{\"__REALTIME_TIMESTAMP\":\"1704103202000000\",\"_TRANSPORT\":\"stdout\",\"PRIORITY\":\"6\",\"_COMM\":\"python\",\"MESSAGE\":\"ERROR:main:x\"}
";
    let seer = assemble(text);
    let told: Vec<_> = seer
        .records
        .iter()
        .map(|r| (r.level, r.logger.as_str(), r.message.as_str(), r.stamp.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Some(Level::Error), "app", "it broke", "1704103200000000"),
            (Some(Level::Warning), "main", "careful", "1704103201000000"),
            (Some(Level::Error), "main", "x", "1704103202000000"),
        ]
    );
}

#[test]
fn postgres_details_belong_to_their_error() {
    let text = "2024-01-01 10:00:00.000 UTC [1] ERROR:  duplicate key
2024-01-01 10:00:00.000 UTC [1] DETAIL:  Key (id)=(1) already exists.
2024-01-01 10:00:00.000 UTC [1] STATEMENT:  insert into x
\tvalues (1)
2024-01-01 10:00:01.000 UTC [1] LOG:  fine
";
    assert_eq!(shape(text), (vec![4, 1], 0));
}

#[test]
fn json_fields_are_unescaped_and_split() {
    let text = r#"{"level":"error","message":"line one\nTraceback\u003a","logger":"m"}
{"level":"error","message":"x","exc_info":"Traceback (most recent call last):\n  File \"a.py\"\nKeyError: 1"}
{"level":"info","logger":"uvicorn.access","message":"1.2.3.4:5 - \"GET /x HTTP/1.1\" 200"}
  indented
"#;
    let seer = assemble(text);
    assert_eq!(
        (seer.records[0].message.as_str(), seer.records[0].trace.as_str()),
        ("line one", "Traceback:")
    );
    assert_eq!(seer.records[1].trace, "Traceback (most recent call last):\n  File \"a.py\"\nKeyError: 1");
    assert_eq!(seer.records[2].message, "1.2.3.4:5 - \"GET /x HTTP/1.1\" 200");
    assert_eq!(seer.unattached.len(), 1);
}

/// Assembles the text cut into segments, seams put together as the module's head says.
fn assemble_cut(text: &str, cuts: &[usize]) -> Seer {
    let mut seer = Seer::default();
    let mut assembler = Assembler::new();
    let mut open = String::new();
    let mut before = 0;
    let mut edges = cuts.to_vec();
    edges.push(text.len());
    let last = edges.len() - 1;
    let mut from = 0;
    for (at, to) in edges.into_iter().enumerate() {
        let bytes = &text.as_bytes()[from..to];
        let start = if at == 0 { Start::Clean } else { Start::Middle };
        let end = if at == last { End::Clean } else { End::Middle };
        let mut told = Seer { base: before, ..Seer::default() };
        let borders = assembler.segment(bytes, start, end, &mut told);
        open.push_str(std::str::from_utf8(&bytes[..borders.head]).unwrap());
        if borders.head < bytes.len() || at == last {
            seer.base = before + borders.head_lines - open.lines().count() as u64;
            assembler.segment(open.as_bytes(), Start::Clean, End::Clean, &mut seer);
            open.clear();
        }
        seer.records.extend(told.records);
        seer.unattached.extend(told.unattached);
        open.push_str(std::str::from_utf8(&bytes[borders.tail.max(borders.head)..]).unwrap());
        before += bytes.iter().filter(|b| **b == b'\n').count() as u64;
        from = to;
    }
    assert!(open.is_empty());
    seer.records.sort_by_key(|record| record.line_no);
    seer.unattached.sort();
    seer
}

/// Blocks of lines that logs are made of, whole and in pieces.
fn blocks() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "2025-12-28 10:00:00,123 [ERROR] main - boom\n",
        "INFO:     1.2.3.4:5 - \"GET /x HTTP/1.1\" 200 OK\n",
        "INFO:main:fine\n",
        "{\"level\":\"info\",\"msg\":\"x\"}\n",
        TRACEBACK,
        "Traceback (most recent call last):\n",
        "  File \"/app/main.py\", line 12, in get\n",
        "    return 1\n",
        "KeyError: 'x'\n",
        "\n",
        "plain text\n",
        "}\n",
        "{\n  \"a\": 1\n}\n",
        "[SQL: SELECT\n",
        "FROM x]\n",
        "================================================================================\n",
        "CRASH: 2025-12-28 10:00:00\n",
        "Error: x\n",
        "Jan 01 10:00:00 web1 backend[12]: ERROR x\n",
        "Jan 01 10:00:00 web1 backend[12]: Traceback (most recent call last):\n",
        "Jan 01 10:00:00 web1 backend[12]:   File \"x.py\", line 1, in f\n",
        "2024-01-01T10:00:00.000000000Z stderr F Traceback (most recent call last):\n",
        "2024-01-01T10:00:00.000000000Z stderr F   File \"x.py\", line 1, in f\n",
        "2024-01-01T10:00:00.000000000Z stdout F INFO:main:x\n",
        "2024-01-01 10:00:00.000 UTC [1] ERROR:  x\n",
        "2024-01-01 10:00:00.000 UTC [1] DETAIL:  y\n",
        "\u{1b}[31mERROR\u{1b}[0m: x\n",
        "panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:7 +0x1d\n",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn cuts_between_lines_do_not_matter(parts in prop::collection::vec(blocks(), 1..80), picks in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        let text = parts.concat();
        let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        let mut cuts: Vec<usize> = picks.iter().map(|pick| ends[pick.index(ends.len())]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut whole = assemble(&text);
        whole.records.sort_by_key(|record| record.line_no);
        let cut = assemble_cut(&text, &cuts);
        prop_assert_eq!(&whole.records, &cut.records);
        prop_assert_eq!(&whole.unattached, &cut.unattached);
    }

    #[test]
    fn any_bytes_balance(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let mut seer = Seer::default();
        Assembler::new().segment(&bytes, Start::Clean, End::Clean, &mut seer);
        let lines = bytes.split_inclusive(|b| *b == b'\n').count();
        let taken: usize = seer.records.iter().map(|record| record.lines as usize).sum();
        prop_assert_eq!(lines, taken + seer.unattached.len());
    }

    #[test]
    fn mangled_lines_balance(parts in prop::collection::vec((blocks(), any::<prop::sample::Index>(), any::<u8>()), 1..30)) {
        let mut bytes = Vec::new();
        for (part, at, byte) in parts {
            let start = bytes.len();
            bytes.extend_from_slice(part.as_bytes());
            let at = start + at.index(part.len());
            bytes[at] = byte;
        }
        let mut seer = Seer::default();
        Assembler::new().segment(&bytes, Start::Clean, End::Clean, &mut seer);
        let lines = bytes.split_inclusive(|b| *b == b'\n').count();
        let taken: usize = seer.records.iter().map(|record| record.lines as usize).sum();
        prop_assert_eq!(lines, taken + seer.unattached.len());
    }
}
