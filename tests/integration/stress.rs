//! Strategies under real contention on a real server.

use std::sync::Arc;

use oversell::{
    server::Server,
    strategy,
    stress::{self, Progress, Workload},
};

#[tokio::test]
async fn smoke() {
    let server = Server::start().unwrap();
    for entry in strategy::catalogue() {
        let info = entry.strategy.info();
        let workload = Workload {
            duration: None,
            ..Workload::provoking(&entry.provocation)
        }
        .within(&info);
        let start = std::time::Instant::now();
        match stress::run(
            entry.strategy.clone(),
            server.target(),
            "",
            &workload,
            Arc::new(Progress::default()),
        )
        .await
        {
            Ok(o) => println!(
                "{:18} {:?} rounds {} {:?} {:.0}/s p50 {} p99 {} wall {:?} {:?} {:?}",
                info.name,
                o.totals,
                o.keys.len(),
                o.elapsed,
                o.totals.operations as f64 / o.elapsed.as_secs_f64(),
                o.latency.value_at_quantile(0.5) / 1000,
                o.latency.value_at_quantile(0.99) / 1000,
                start.elapsed(),
                o.cut_short,
                o.first_failure
            ),
            Err(e) => println!("{:18} {e}", info.name),
        }
    }
}
