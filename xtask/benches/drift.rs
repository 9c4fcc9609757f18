//! Whether the time of a comparison grows with the documents and no faster:
//! each size beside the smallest one, in alternating rounds of one run, as
//! medians.
//!
//! ```console
//! $ cargo bench -p xtask --bench drift
//! ```

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use xtask::Source;
use xtask::drift::{Verdict, drift};

fn main() {
    // `cargo test` runs benchmarks too, to see that they still work.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let (times, rounds): (&[usize], _) = match quick {
        true => (&[1, 2], 1),
        false => (&[1, 10, 100, 167], 11),
    };
    let pairs: Vec<_> = times.iter().map(|times| pair(*times)).collect();
    let mut measured = vec![Vec::new(); pairs.len()];
    for _ in 0..rounds {
        for (pair, measured) in pairs.iter().zip(&mut measured) {
            measured.push(pair.compare());
        }
    }
    println!(
        "{:>10} {:>12} {:>12} {:>22}",
        "operations", "bytes", "median", "per operation to ×1"
    );
    let mut first = None;
    for (pair, measured) in pairs.iter().zip(measured) {
        let median = median(measured);
        let each = median.as_secs_f64() / pair.operations as f64;
        let ratio = each / *first.get_or_insert(each);
        let bytes = pair.base.bytes.len();
        println!(
            "{:>10} {bytes:>12} {median:>12.1?} {ratio:>21.2}×",
            pair.operations
        );
    }
}

struct Pair {
    base: Source,
    revision: Source,
    operations: usize,
}

impl Pair {
    fn compare(&self) -> Duration {
        let started = Instant::now();
        let comparison = drift(&self.base, &self.revision).expect("two documents");
        assert_eq!(comparison.verdict(), Verdict::Breaking);
        started.elapsed()
    }
}

/// The project's document so many times over, and with a change in each copy.
fn pair(times: usize) -> Pair {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/reward-points-api.yaml");
    let source = Source::read(&path, "api.yaml").expect("the document");
    let document = xtask::corrected_value(&source, None).expect("the document");
    let text = document.to_string();
    let (mut base, mut paths, mut schemas) = (document.clone(), Map::new(), Map::new());
    for copy in 0..times {
        let text = text.replace(
            "#/components/schemas/",
            &format!("#/components/schemas/Copy{copy}"),
        );
        let copied: Value = serde_json::from_str(&text).expect("JSON");
        for (path, item) in copied["paths"].as_object().into_iter().flatten() {
            paths.insert(format!("/copy{copy}{path}"), item.clone());
        }
        let components = copied["components"]["schemas"].as_object();
        for (name, schema) in components.into_iter().flatten() {
            schemas.insert(format!("Copy{copy}{name}"), schema.clone());
        }
    }
    let operations = paths.len();
    base["paths"] = paths.into();
    base["components"]["schemas"] = schemas.into();
    let changed = base
        .to_string()
        .replace("\"refresh_token\":{", "\"fresh_token\":{");
    let of = |name: &str, text: String| Source {
        name: format!("{name}.json"),
        bytes: text.into_bytes(),
    };
    Pair {
        base: of("base", base.to_string()),
        revision: of("revision", changed),
        operations,
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
