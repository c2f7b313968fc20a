//! The backend that writes the corpus, as Python source: its routes, and the calls that log.
//!
//! It is never run. It is what `logs.source_dirs` points at when an analysis is graded on naming routes and calls.

use std::collections::BTreeMap;

use super::messages::{Layout, MESSAGES, Message};
use super::traffic::routes;
use super::truth::Level;

/// Where all routes but a few lie.
const PREFIX: &str = "/fuelAnalytics/api/v2";

/// Files by path, and for each logged text the place of its call.
#[derive(Debug, Default)]
pub(crate) struct PythonSource {
    pub(crate) files: BTreeMap<String, String>,
    /// Text of the message as in [`MESSAGES`], path, line.
    pub(crate) calls: Vec<(&'static str, String, usize)>,
}

/// Writes the source.
pub(crate) fn python_source() -> PythonSource {
    let mut source = PythonSource::default();
    let rooms: Vec<&str> = routes().filter_map(|(_, route)| room_of(route)).collect();
    let main = source.files.entry("main.py".to_owned()).or_default();
    main.push_str("import logging\n\nfrom fastapi import FastAPI\n\nfrom routers import fleet\n\n");
    main.push_str("logger = logging.getLogger(__name__)\napp = FastAPI()\n");
    if !rooms.is_empty() {
        main.extend(["app.include_router(fleet.router, prefix=\"", PREFIX, "\")\n"]);
    }
    let fleet = source.files.entry("routers/fleet.py".to_owned()).or_default();
    fleet.push_str("import logging\n\nfrom fastapi import APIRouter\n\nlogger = logging.getLogger(__name__)\nrouter = APIRouter()\n");
    for (index, (method, route)) in routes().enumerate() {
        let (file, owner, path) = match room_of(route) {
            Some(path) => ("routers/fleet.py", "router", path),
            None => ("main.py", "app", route),
        };
        let method = method.to_ascii_lowercase();
        let text = source.files.entry(file.to_owned()).or_default();
        text.extend(["\n\n@", owner, ".", &method, "(\"", path, "\")\n"]);
        text.extend(["async def route_", &index.to_string(), "(", &parameters(path), "):\n    return {}\n"]);
    }
    for message in MESSAGES.iter().filter(|message| message.1 != Layout::Shell) {
        source.add_call(message);
    }
    source
}

impl PythonSource {
    /// Adds a function with one logging call: an f-string, or a text with `%s` and arguments.
    fn add_call(&mut self, message: &Message) {
        let (_, layout, logger, level, _, text) = *message;
        let module = logger.split(':').next().filter(|name| !name.is_empty()).unwrap_or("scheduler");
        let path = format!("{}.py", module.replace('.', "/"));
        let file = self.files.entry(path.clone()).or_default();
        if file.is_empty() {
            file.push_str("import logging\n\nlogger = logging.getLogger(__name__)\n");
        }
        let method = if level == Level::None { "info" } else { level.upper() }.to_ascii_lowercase();
        let literal = text.replace('"', "\\\"");
        let call = if layout == Layout::Dashed {
            let (template, arguments) = percent_template(&literal);
            format!("    logger.{method}(\"{template}\"{arguments})\n")
        } else {
            format!("    logger.{method}(f\"{literal}\")\n")
        };
        let index = self.calls.len().to_string();
        file.extend([
            "\n\ndef say_",
            &index,
            "(truck, n, small, pct, ip, port, uuid, date, ms, user):\n",
            &call,
        ]);
        self.calls.push((text, path, file.lines().count()));
    }
}

/// The path below [`PREFIX`].
fn room_of(route: &'static str) -> Option<&'static str> {
    route.strip_prefix(PREFIX)
}

fn parameters(path: &str) -> String {
    let names = path.split('{').skip(1).filter_map(|part| part.split('}').next());
    names.collect::<Vec<_>>().join(", ")
}

/// `fuel {pct}%` as `fuel %s%%` and `, pct`.
fn percent_template(text: &str) -> (String, String) {
    let mut template = String::new();
    let mut arguments = String::new();
    for (index, part) in text.replace('%', "%%").split('{').enumerate() {
        match part.split_once('}').filter(|_| index > 0) {
            Some((name, rest)) => {
                template.extend(["%s", rest]);
                arguments.extend([", ", name]);
            }
            None => template.push_str(part),
        }
    }
    (template, arguments)
}
