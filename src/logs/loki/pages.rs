//! What to ask next, until everything has come.

use std::collections::HashMap;
use std::fmt::Write;
use std::ops::ControlFlow;

use crate::logs::loki::answer::{Line, LokiFault, Reply, read};
use crate::logs::scan::hash64;

/// Lines that are asked for at once; Loki gives 5,000 at most where nobody set it otherwise.
const LIMIT: u64 = 2_000;

/// Which lines are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// LogQL.
    pub text: String,
    /// Nanoseconds since 1970; the end is left out.
    pub from: i64,
    pub to: i64,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// There may be more.
    More,
    /// Everything has come.
    Done,
}

/// A query on its way.
#[derive(Debug)]
pub struct Pages {
    query: Query,
    limit: u64,
    /// Where the next page begins.
    from: i64,
    /// How often each line came that bears this time.
    at_from: HashMap<u64, u64>,
    /// Times that more lines bear than one page holds: some of those lines are missing.
    crowded: u64,
}

impl Pages {
    /// Begins a query.
    pub fn new(query: Query) -> Self {
        let from = query.from;
        Self { query, limit: LIMIT, from, at_from: HashMap::new(), crowded: 0 }
    }

    /// Path and query of the next request, below the URL of Loki.
    pub fn target(&self) -> String {
        let Query { text, to, .. } = &self.query;
        let mut target = String::from("/loki/api/v1/query_range?query=");
        percent_encode(text, &mut target);
        write!(target, "&start={}&end={to}&limit={}&direction=forward", self.from, self.limit)
            .expect("writing to a string");
        target
    }

    /// How many moments there were with more lines than a page holds.
    pub fn crowded(&self) -> u64 {
        self.crowded
    }

    /// Takes an answer; `put` is given each line that is new, with its program and time, in the order of the times.
    ///
    /// # Errors
    /// When it is a refusal, or no answer of Loki.
    pub fn take<B>(
        &mut self,
        reply: &Reply,
        mut put: impl FnMut(&str, i64, &str) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B, Turn>, LokiFault> {
        if reply.status == 200 && reply.is_cut && self.ask_for_less() {
            return Ok(ControlFlow::Continue(Turn::More));
        }
        let lines = match read(reply) {
            Err(fault) if fault.is_of_limit() && self.ask_for_less() => {
                return Ok(ControlFlow::Continue(Turn::More));
            }
            read => read?,
        };
        let count = lines.len() as u64;
        for line in self.fresh(lines) {
            if let ControlFlow::Break(stop) = put(&line.program, line.at, &line.text) {
                return Ok(ControlFlow::Break(stop));
            }
        }
        let is_last = count < self.limit || self.from >= self.query.to;
        Ok(ControlFlow::Continue(if is_last { Turn::Done } else { Turn::More }))
    }

    /// Halves what is asked for at once; false where that is one line already.
    fn ask_for_less(&mut self) -> bool {
        let is_more_than_one = self.limit > 1;
        self.limit = (self.limit / 2).max(1);
        is_more_than_one
    }

    /// Drops what came with the page before, and goes on to the last time of this one.
    fn fresh(&mut self, lines: Vec<Line>) -> Vec<Line> {
        let Some(last) = lines.last().map(|line| line.at) else { return Vec::new() };
        let is_full = lines.len() as u64 >= self.limit;
        let mut known = std::mem::take(&mut self.at_from);
        if last > self.from {
            for line in lines.iter().filter(|line| line.at == last) {
                *self.at_from.entry(key(line)).or_default() += 1;
            }
        }
        let before = self.from;
        let fresh = lines.into_iter().filter(|line| {
            let came = known.get_mut(&key(line)).filter(|left| line.at == before && **left > 0);
            came.map(|left| *left -= 1).is_none()
        });
        let fresh: Vec<Line> = fresh.collect();
        if last > before {
            self.from = last;
        } else if is_full {
            // A whole page of one moment: there is no way to ask for the rest of it.
            self.crowded += 1;
            self.from = last + 1;
        }
        fresh
    }
}

fn key(line: &Line) -> u64 {
    hash64(line.text.as_bytes(), hash64(line.program.as_bytes(), 0))
}

fn percent_encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a string");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use serde_json::json;

    use super::*;

    /// A Loki that holds these lines, and gives so many at once at most.
    fn answer(all: &[(i64, String)], target: &str, most: usize) -> Reply {
        let number = |name: &str| -> i64 {
            let (_, rest) = target.split_once(&format!("&{name}=")).unwrap();
            rest.split('&').next().unwrap().parse().unwrap()
        };
        let limit = usize::try_from(number("limit")).unwrap();
        if limit > most {
            let words =
                format!("max entries limit per query exceeded, limit > max_entries_limit ({limit} > {most})");
            return Reply { status: 400, body: words.into_bytes(), is_cut: false };
        }
        let range = number("start")..number("end");
        let values = all.iter().filter(|(at, _)| range.contains(at)).take(limit);
        let values: Vec<_> = values.map(|(at, text)| json!([at.to_string(), text])).collect();
        let streams = json!([{ "stream": { "app": "api" }, "values": values }]);
        let body = json!({ "status": "success", "data": { "resultType": "streams", "result": streams } });
        Reply { status: 200, body: body.to_string().into_bytes(), is_cut: false }
    }

    fn all_of(lines: &[(i64, String)], most: usize) -> (Vec<(i64, String)>, u64) {
        let mut pages = Pages::new(Query { text: "{app=\"api\"}".into(), from: 0, to: 1_000_000 });
        let mut got = Vec::new();
        loop {
            let reply = answer(lines, &pages.target(), most);
            let put = |_: &str, at: i64, text: &str| {
                got.push((at, text.to_owned()));
                ControlFlow::<Infallible>::Continue(())
            };
            match pages.take(&reply, put).unwrap() {
                ControlFlow::Continue(Turn::Done) => return (got, pages.crowded()),
                ControlFlow::Continue(Turn::More) => {}
                ControlFlow::Break(never) => match never {},
            }
        }
    }

    #[test]
    fn every_line_comes_once_however_pages_fall_among_equal_times() {
        let lines: Vec<_> = (0..10_000_i64).map(|n| (n / 7, format!("line {}", n % 5))).collect();
        for most in [5_000, 1_000, 100, 16] {
            assert_eq!(all_of(&lines, most), (lines.clone(), 0), "{most}");
        }
    }

    #[test]
    fn a_moment_with_more_lines_than_a_page_is_told_and_left() {
        let mut lines: Vec<_> = (0..300).map(|n| (5, format!("at once {n}"))).collect();
        lines.push((9, "behind".into()));
        let (got, crowded) = all_of(&lines, 100);
        assert!(
            crowded == 1 && got.last().unwrap().1 == "behind" && got.len() < lines.len(),
            "{}",
            got.len()
        );
    }

    #[test]
    fn a_query_is_encoded_and_times_are_nanoseconds() {
        let pages = Pages::new(Query { text: "{a=\"b c\"} |~ \"é+\"".into(), from: 1, to: 2 });
        assert_eq!(
            pages.target(),
            "/loki/api/v1/query_range?query=%7Ba%3D%22b%20c%22%7D%20%7C~%20%22%C3%A9%2B%22&start=1&end=2&limit=2000&direction=forward"
        );
    }
}
