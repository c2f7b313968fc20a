//! The same requests as nginx writes them, in the combined format.

use std::io;

use super::page::Page;
use super::traffic::{FAILED, STATUSES, Traffic};
use super::truth::{Level, Truth};

const AGENTS: [&str; 5] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "curl/8.5.0",
    "python-requests/2.32.3",
    "Prometheus/2.53.0",
];

/// Writes the log.
pub(crate) fn write(mut page: Page) -> io::Result<Truth> {
    let mut traffic = Traffic::new();
    while page.wants_more()? {
        let pause = page.rng.below(80_000);
        page.clock.advance(pause);
        let (route, mut status) = traffic.draw(&mut page.rng);
        if status < 2 && page.rng.once_in(300) {
            status = FAILED;
        }
        request(&mut page, &traffic, route, STATUSES[status].0);
        traffic.count(route, status);
    }
    page.truth.endpoints = traffic.endpoints();
    page.finish("nginx")
}

fn request(page: &mut Page, traffic: &Traffic, route: usize, status: u16) {
    let client = page.rng.below(2_000);
    page.text("10.0.");
    page.number(client / 250);
    page.text(".");
    page.number(1 + client % 250);
    page.text(" - - [");
    page.clock.common(&mut page.out);
    page.text("] \"");
    page.text(traffic.method(route));
    page.text(" ");
    traffic.write_path(route, &mut page.rng, &mut page.out);
    page.text(" HTTP/1.1\" ");
    page.number(u64::from(status));
    page.text(" ");
    let size = page.rng.below(20_000);
    page.number(size);
    page.text(" \"-\" \"");
    let agent = *page.rng.pick(&AGENTS);
    page.text(agent);
    page.text("\"\n");
    page.truth.level(Level::None, Level::None);
}
