//! Whether the time of a generation and of a comparison grows with the documents
//! and no faster: what an operation costs in a large document, beside what it costs
//! in the project's own.
//!
//! ```console
//! $ cargo bench -p xtask --bench documents
//! ```

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use xoxoday_bench::{Aim, Bench, name};
use xtask::drift::{Verdict, drift};
use xtask::{Profile, Source};

fn main() {
    let bench = Bench::from_env();
    let times: &[usize] = bench.of(&[10, 100, 167], &[2]);
    let rounds = 5;
    let one = Documents::of(1);
    for times in times {
        let many = Documents::of(*times);
        let count = many.operations;
        let own = format!("the same in one of {}", one.operations);
        let grows = Aim::AtMost(1.2);
        bench.compare(
            name(
                &format!("generate an operation, in a document of {count}"),
                &own,
            ),
            grows,
            rounds,
            || one.generate(),
            || many.generate(),
        );
        bench.compare(
            name(
                &format!("compare an operation, in documents of {count}"),
                &own,
            ),
            grows,
            rounds,
            || one.compare(),
            || many.compare(),
        );
    }
}

/// What operations share, and each copy has of its own.
const SHARED: [&str; 2] = ["schemas", "responses"];

struct Documents {
    base: Source,
    revision: Source,
    operations: usize,
}

impl Documents {
    /// The project's document so many times over, and with a change in each copy.
    fn of(times: usize) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/reward-points-api.yaml");
        let source = Source::read(&path, "api.yaml").expect("the document");
        let overlay = path.with_file_name("overlay.yaml");
        let overlay = Source::read(&overlay, "overlay.yaml").expect("the overlay");
        let document = xtask::corrected_value(&source, Some(&overlay)).expect("the document");
        let text = document.to_string();
        let (mut base, mut paths) = (document.clone(), Map::new());
        let mut components = SHARED.map(|_| Map::new());
        for copy in 0..times {
            let prefixes = SHARED.map(|shared| format!("#/components/{shared}/"));
            let names = prefixes.iter().map(String::as_str);
            let text = names
                .chain(["\"operationId\":\""])
                .fold(text.clone(), |text, name| {
                    text.replace(name, &format!("{name}Copy{copy}"))
                });
            let copied: Value = serde_json::from_str(&text).expect("JSON");
            for (path, item) in copied["paths"].as_object().into_iter().flatten() {
                paths.insert(format!("/copy{copy}{path}"), item.clone());
            }
            for (shared, all) in SHARED.iter().zip(&mut components) {
                let those = copied["components"][shared].as_object();
                for (name, it) in those.into_iter().flatten() {
                    all.insert(format!("Copy{copy}{name}"), it.clone());
                }
            }
        }
        let operations = paths.len();
        base["paths"] = paths.into();
        for (shared, all) in SHARED.iter().zip(components) {
            base["components"][shared] = all.into();
        }
        let changed = base
            .to_string()
            .replace("\"refresh_token\":{", "\"fresh_token\":{");
        let of = |name: &str, text: String| Source {
            name: format!("{name}.json"),
            bytes: text.into_bytes(),
        };
        Self {
            base: of("base", base.to_string()),
            revision: of("revision", changed),
            operations,
        }
    }

    fn generate(&self) -> Duration {
        let started = Instant::now();
        let generated = xtask::generate(&self.base, None, Profile::General).expect("a client");
        assert_eq!(generated.operations.len(), self.operations);
        self.each(started)
    }

    fn compare(&self) -> Duration {
        let started = Instant::now();
        let comparison = drift(&self.base, &self.revision).expect("two documents");
        assert_eq!(comparison.verdict(), Verdict::Breaking);
        self.each(started)
    }

    fn each(&self, started: Instant) -> Duration {
        started.elapsed() / self.operations.try_into().unwrap_or(u32::MAX)
    }
}
