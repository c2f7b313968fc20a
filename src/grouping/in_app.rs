//! Whose code a frame is: the team's own, or a runtime's or library's.

use crate::grouping::{Frame, Platform};

/// Folders that hold the backend's own source. Paths below one are printed relative to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceRoots {
    /// With `/` and a trailing `/`, longest first.
    roots: Vec<String>,
}

impl SourceRoots {
    /// Takes the folders as absolute paths; order and duplicates do not matter.
    pub fn new<S: AsRef<str>>(folders: impl IntoIterator<Item = S>) -> Self {
        let mut roots: Vec<String> = folders
            .into_iter()
            .map(|folder| format!("{}/", folder.as_ref().replace('\\', "/").trim_end_matches('/')))
            .filter(|root| root.len() > 1)
            .collect();
        roots.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        roots.dedup();
        Self { roots }
    }

    /// Returns the part of a `/`-separated path below the deepest root that holds it.
    pub fn relative<'p>(&self, path: &'p str) -> Option<&'p str> {
        self.roots.iter().find_map(|root| path.strip_prefix(root.as_str()))
    }
}

/// Parts of a path that mark an installed library or a runtime, in any position.
const FOREIGN_PARTS: &[&str] = &[
    "/site-packages/",
    "/dist-packages/",
    "/node_modules/",
    "/rustc/",
    "/.cargo/registry/",
    "/.cargo/git/",
    "/.rustup/",
    "/pkg/mod/",
    "/.pyenv/versions/",
    "/.local/share/uv/python/",
    "/webpack/bootstrap",
];

/// Openings of a path that is no file of the team's.
const FOREIGN_STARTS: &[&str] =
    &["<frozen ", "<attrs ", "<__array_function__", "<string>", "node:", "internal/", "bootstrap_node.js"];

/// Packages of the JVM and of .NET, and of what nearly every service there is built on.
const FOREIGN_PACKAGES: &[&str] = &[
    "java.",
    "javax.",
    "jakarta.",
    "jdk.",
    "sun.",
    "com.sun.",
    "kotlin.",
    "kotlinx.",
    "scala.",
    "akka.",
    "groovy.",
    "clojure.",
    "android.",
    "androidx.",
    "reactor.",
    "rx.",
    "io.reactivex.",
    "io.netty.",
    "io.undertow.",
    "io.micrometer.",
    "io.grpc.",
    "io.vertx.",
    "io.quarkus.",
    "io.micronaut.",
    "io.lettuce.",
    "org.springframework.",
    "org.apache.",
    "org.hibernate.",
    "org.eclipse.",
    "org.jboss.",
    "org.glassfish.",
    "org.postgresql.",
    "org.mariadb.",
    "org.slf4j.",
    "org.junit.",
    "org.aspectj.",
    "com.mysql.",
    "com.zaxxer.",
    "com.fasterxml.",
    "com.google.common.",
    "com.mongodb.",
    "redis.clients.",
    "ch.qos.",
    "okhttp3.",
    "System.",
    "Microsoft.",
    "Newtonsoft.",
    "Npgsql.",
    "MySqlConnector.",
    "StackExchange.",
    "Serilog.",
    "lambda_method",
];

/// First segments of Rust paths that belong to the toolchain or to what nearly every service there is built on.
const FOREIGN_CRATES: &[&str] = &[
    "std",
    "core",
    "alloc",
    "__rustc",
    "rust_begin_unwind",
    "tokio",
    "futures_util",
    "futures_core",
    "futures_executor",
    "hyper",
    "hyper_util",
    "tower",
    "axum",
    "actix_web",
    "actix_rt",
    "actix_http",
    "rayon",
    "rayon_core",
    "backtrace",
    "anyhow",
    "tracing",
    "tracing_core",
    "serde",
    "serde_json",
    "reqwest",
    "sqlx_core",
    "h2",
];

/// Says whether a frame is the team's own, whatever told of it: a printed stack or an SDK.
pub fn frame_is_own(platform: Platform, frame: &Frame, roots: &SourceRoots) -> bool {
    match platform {
        Platform::Java | Platform::DotNet => package_is_own(&frame.module),
        Platform::Rust => crate_is_own(&frame.function),
        Platform::Go => go_is_own(&frame.function, &frame.path, roots),
        Platform::Python | Platform::Node => path_is_own(&frame.path, roots),
    }
}

/// Says whether a file, as printed with `/`, is the team's own. A root's own path is no evidence against what lies below it.
pub(super) fn path_is_own(path: &str, roots: &SourceRoots) -> bool {
    let inside = roots.relative(path);
    let judged = inside.unwrap_or(path);
    if FOREIGN_STARTS.iter().any(|start| judged.starts_with(start)) {
        return false;
    }
    let foreign = |part: &&str| {
        judged.contains(*part) || part.strip_prefix('/').is_some_and(|open| judged.starts_with(open))
    };
    !(FOREIGN_PARTS.iter().any(foreign) || is_python_library(judged) || is_console_script(judged))
}

/// Says whether a JVM class or .NET method is the team's own.
pub(super) fn package_is_own(qualified: &str) -> bool {
    !FOREIGN_PACKAGES.iter().any(|package| qualified.starts_with(package))
}

/// Says whether a Rust path is the team's own, by its first crate.
pub(super) fn crate_is_own(function: &str) -> bool {
    let start = function.trim_start_matches(['<', '&', '*']).trim_start_matches("dyn ");
    let end = start.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(start.len());
    let name = &start[..end];
    let has_path = start[end..].starts_with("::") || start[end..].starts_with('[');
    has_path && !FOREIGN_CRATES.contains(&name)
}

/// Says whether a Go function is the team's own: the standard library's import paths have no dot before the first `/`.
pub(super) fn go_is_own(function: &str, path: &str, roots: &SourceRoots) -> bool {
    if function.starts_with("main.") {
        return true;
    }
    let first = function.split('/').next().unwrap_or("");
    let standard = if function.contains('/') { !first.contains('.') } else { !path_has_module(path) };
    !standard && !path.contains("/vendor/") && path_is_own(path, roots)
}

/// A Go file outside of GOROOT: packages without `/` in their name may still be the team's.
fn path_has_module(path: &str) -> bool {
    !path.is_empty() && !path.contains("/src/runtime/") && !path.contains("/go/src/")
}

/// What `pip install` puts beside the interpreter to start a program: `venv/bin/uvicorn`, without an extension.
fn is_console_script(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or("");
    matches!(parts.next(), Some("bin" | "Scripts")) && !name.trim_end_matches(".exe").contains('.')
}

/// `/lib/python3.11/`, `/lib64/python3/`, `C:/Python311/Lib/`.
fn is_python_library(path: &str) -> bool {
    let versioned = |open: &str| {
        path.match_indices(open).any(|(at, _)| {
            let rest = &path[at + open.len()..];
            let version = rest.find('/').map_or("", |end| &rest[..end]);
            version.starts_with(|c: char| c.is_ascii_digit())
                && version.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b't'))
        })
    };
    let windows = path.find("/Python3").is_some_and(|at| path[at..].contains("/Lib/"));
    versioned("/lib/python") || versioned("/lib64/python") || versioned("lib/pypy") || windows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_and_runtimes_are_not_own() {
        let roots = SourceRoots::new(["/srv/app"]);
        for path in [
            "/srv/app/.venv/lib/python3.11/site-packages/starlette/routing.py",
            "/usr/lib/python3/dist-packages/apport.py",
            "/usr/lib/python3.11/asyncio/runners.py",
            "/home/dev/.pyenv/versions/3.11.7/lib/python3.11/json/decoder.py",
            "C:/Users/x/AppData/Local/Programs/Python/Python311/Lib/socket.py",
            "<frozen importlib._bootstrap>",
            "/srv/app/node_modules/express/lib/router.js",
            "node_modules/express/lib/router.js",
            "node:internal/modules/cjs/loader",
            "/rustc/59807616e1fa/library/std/src/panicking.rs",
            "/home/dev/.cargo/registry/src/index.crates.io-6f17/tokio-1.40.0/src/task.rs",
            "/home/dev/go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go",
            "/home/x/venv/bin/uvicorn",
        ] {
            assert!(!path_is_own(path, &roots), "{path}");
        }
        for path in [
            "/srv/app/main.py",
            "main.py",
            "/home/x/lib/pythonic/a.py",
            "/srv/app/bin/tool.py",
            "src/main.rs",
        ] {
            assert!(path_is_own(path, &roots), "{path}");
        }
    }

    #[test]
    fn a_root_below_a_library_folder_is_still_own() {
        let roots = SourceRoots::new(["/usr/lib/python3/dist-packages/fuel"]);
        assert!(path_is_own("/usr/lib/python3/dist-packages/fuel/main.py", &roots));
        assert!(!path_is_own("/usr/lib/python3/dist-packages/other/main.py", &roots));
    }

    #[test]
    fn relative_takes_the_deepest_root() {
        let roots = SourceRoots::new(["/srv", "/srv/app/", "/srv/app"]);
        assert_eq!(roots.relative("/srv/app/routers/fleet.py"), Some("routers/fleet.py"));
        assert_eq!(roots.relative("/srv/other.py"), Some("other.py"));
        assert_eq!(roots.relative("/srvx/other.py"), None);
        assert_eq!(SourceRoots::new(["/", ""]).relative("/x"), None);
    }

    #[test]
    fn classes_crates_and_packages_are_told_apart() {
        assert!(package_is_own("com.acme.Fleet.load") && !package_is_own("java.util.List.get"));
        assert!(crate_is_own("app::m::S::go") && !crate_is_own("core::panicking::panic_fmt"));
        assert!(!crate_is_own("<alloc::vec::Vec<T> as core::ops::Index>::index") && !crate_is_own("_start"));
        let roots = SourceRoots::default();
        assert!(go_is_own("main.get", "/srv/main.go", &roots));
        assert!(go_is_own("github.com/acme/fuel/db.Open", "/srv/db/open.go", &roots));
        assert!(!go_is_own("net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go", &roots));
        assert!(!go_is_own("runtime.gopanic", "/usr/local/go/src/runtime/panic.go", &roots));
        assert!(!go_is_own(
            "github.com/gin-gonic/gin.Run",
            "/home/dev/go/pkg/mod/github.com/gin/gin.go",
            &roots
        ));
    }
}
