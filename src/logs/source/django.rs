//! Django's tables of routes: `urlpatterns`, with what they include.

use crate::logs::source::declare::{Declarations, Include, first_text};
use crate::logs::source::python::{Token, arguments, dotted, text_of};

/// The variable that Django keeps its routes in.
pub(super) const URLPATTERNS: &str = "urlpatterns";

/// `path("trucks/<int:pk>/", view)`, `re_path(r"^x/(?P<id>\d+)/$", view)`, `path("api/", include("orders.urls"))`
pub(super) fn urlpatterns(tokens: &[Token<'_>], found: &mut Declarations) {
    let mut router = found.routers.remove(URLPATTERNS).unwrap_or_default();
    for (at, token) in tokens.iter().enumerate() {
        let Some(name @ ("path" | "re_path" | "url")) = token.name() else { continue };
        if !tokens.get(at + 1).is_some_and(|next| next.is_op('(')) {
            continue;
        }
        let values = arguments(tokens, at + 1);
        let Some(path) = first_text(&values, &["route"]) else { continue };
        let path = if name == "path" { path } else { without_regex(&path) };
        match values.get(1).and_then(|value| included(value.value)) {
            Some(target) => router.includes.push(Include { prefix: path, target, mounted: false }),
            None => router.add(&[None], &path),
        }
    }
    found.routers.insert(URLPATTERNS.to_owned(), router);
}

/// `include("orders.urls")`, `include(router.urls)`, `include((patterns, "name"))`
fn included(tokens: &[Token<'_>]) -> Option<String> {
    if tokens.first()?.name() != Some("include") || !tokens.get(1)?.is_op('(') {
        return None;
    }
    let values = arguments(tokens, 1);
    let first = values.first()?.value;
    match dotted(first) {
        Some(name) => Some(name.strip_suffix(".urls").unwrap_or(&name).to_owned()),
        None => text_of(first).map(|module| format!("{module}.{URLPATTERNS}")),
    }
}

/// `^trucks/(?P<pk>[0-9]+)/$` → `trucks/{pk}/`
fn without_regex(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern.trim_start_matches('^').trim_end_matches('$');
    while let Some(open) = rest.find('(') {
        out.push_str(&rest[..open]);
        let mut depth = 0usize;
        let close = rest[open..].find(|c| {
            depth = match c {
                '(' => depth + 1,
                ')' => depth.saturating_sub(1),
                _ => depth,
            };
            depth == 0
        });
        let group = &rest[open..open + close.unwrap_or(rest.len() - open - 1)];
        let name =
            group.strip_prefix("(?P<").and_then(|group| group.split_once('>')).map_or("id", |(name, _)| name);
        out.extend(["{", name, "}"]);
        rest = close.map_or("", |close| &rest[open + close + 1..]);
    }
    out.push_str(rest);
    out.replace(['\\', '?'], "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::source::declare::tests::{read, routes};

    #[test]
    fn django_urls_are_read() {
        let declared = read(
            r#"
router = DefaultRouter()
router.register(r"trucks", TruckViewSet, basename="truck")
urlpatterns = [
    path("", views.index),
    path("orders/<int:pk>/", views.order, name="order"),
    re_path(r"^old/(?P<slug>[a-z]+(-[0-9]+)?)/$", views.old),
    path("api/", include(router.urls)),
    path("shop/", include("shop.urls")),
]
urlpatterns += [path("late/", views.late)]
"#,
        );
        assert_eq!(routes(&declared, "router"), ["* trucks/", "* trucks/{pk}/"]);
        assert_eq!(
            routes(&declared, URLPATTERNS),
            [
                "* ",
                "* orders/<int:pk>/",
                "* old/{slug}/",
                "* late/",
                "api/ <- router",
                "shop/ <- shop.urls.urlpatterns"
            ]
        );
    }
}
