//! The corpus generator keeps its word: same seed, same bytes, and books that an independent count agrees with.

#[allow(dead_code, unused_imports, reason = "the generator's own program uses all of it")]
#[path = "../../benches/corpus/mod.rs"]
pub(crate) mod generator;

use generator::{Kind, Truth, generate};

fn written(kind: Kind, seed: u64) -> (Vec<u8>, Option<Truth>) {
    let mut bytes = Vec::new();
    let truth = generate(kind, seed, 1 << 20, &mut bytes).unwrap();
    (bytes, truth)
}

fn lines_with(bytes: &[u8], needle: &str) -> u64 {
    let finder = memchr::memmem::Finder::new(needle);
    bytes.split(|byte| *byte == b'\n').filter(|line| finder.find(line).is_some()).count() as u64
}

#[test]
fn same_seed_gives_same_bytes() {
    for (name, kind) in Kind::ALL {
        assert_eq!(written(kind, 7).0, written(kind, 7).0, "{name}");
        assert_ne!(written(kind, 7).0, written(kind, 8).0, "{name}");
    }
}

#[test]
fn backend_books_agree_with_a_count_of_the_text() {
    let (bytes, truth) = written(Kind::Backend, 1);
    let truth = truth.unwrap();
    let json: serde_json::Value = serde_json::from_str(&truth.to_json()).unwrap();
    let count = |pointer: &str| json.pointer(pointer).unwrap().as_u64().unwrap();
    assert_eq!(count("/bytes"), bytes.len() as u64);
    assert_eq!(count("/lines"), lines_with(&bytes, "") - 1);
    assert_eq!(count("/restarts/starts"), lines_with(&bytes, "Started server process"));
    assert_eq!(count("/restarts/clean_stops"), lines_with(&bytes, "Finished server process"));
    assert_eq!(count("/http/requests"), lines_with(&bytes, " HTTP/1.1\" "));
    assert_eq!(count("/http/by_status/500"), lines_with(&bytes, "\" 500 Internal"));
    assert_eq!(count("/long_lines"), 1);
    let bad = bytes.split(|byte| *byte == b'\n').filter(|line| std::str::from_utf8(line).is_err()).count();
    assert_eq!(count("/invalid_utf8_lines"), bad as u64);
    let text = String::from_utf8_lossy(&bytes);
    let links =
        text.matches("During handling of the above").count() + text.matches("the direct cause of").count();
    let heads = text.matches("Traceback (most recent call last):").count();
    assert_eq!(count("/tracebacks"), (heads - links) as u64);
}

#[test]
fn celery_and_nginx_and_jsonl_books_agree_too() {
    let (bytes, truth) = written(Kind::Celery, 1);
    let truth = truth.unwrap();
    assert_eq!(truth.failures, lines_with(&bytes, "raised unexpected"));
    assert_eq!(truth.starts, lines_with(&bytes, "ready."));
    let (bytes, truth) = written(Kind::Nginx, 1);
    assert_eq!(truth.unwrap().records, lines_with(&bytes, "HTTP/1.1"));
    let (bytes, truth) = written(Kind::Jsonl, 1);
    assert_eq!(truth.unwrap().failures, lines_with(&bytes, "\"exception\": "));
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        serde_json::from_slice::<serde_json::Value>(line).unwrap();
    }
}
