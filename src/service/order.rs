//! The order in which services are started; stopped in reverse.

use crate::config::Service;

/// Services so that each stands behind those that it needs. A circle, which the config refuses, is left as it stands.
pub fn in_order(services: &[Service]) -> Vec<&Service> {
    let mut ordered: Vec<&Service> = Vec::new();
    while ordered.len() < services.len() {
        let is_placed = |name: &String| ordered.iter().any(|s| s.name == *name);
        let is_open = |name: &String| services.iter().any(|s| s.name == *name) && !is_placed(name);
        let waiting: Vec<&Service> = services.iter().filter(|s| !is_placed(&s.name)).collect();
        let next = waiting.iter().find(|s| !s.depends_on.iter().any(is_open)).or(waiting.first()).copied();
        ordered.extend(next);
    }
    ordered
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Environment, parse};

    #[test]
    fn what_others_need_comes_first_and_the_rest_keeps_its_order() {
        let section = |name: &str, needs: &str| {
            format!("[[service]]\nname = \"{name}\"\ncommand = [\"true\"]\ndepends_on = [{needs}]\n")
        };
        let text =
            section("web", "\"api\"") + &section("cron", "") + &section("api", "\"db\"") + &section("db", "");
        let config = parse(&text, Path::new("/"), &Environment::default()).unwrap();
        let names: Vec<&str> = in_order(&config.services).iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["cron", "db", "api", "web"]);
    }
}
