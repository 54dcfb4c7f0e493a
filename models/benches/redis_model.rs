//! What one step of an exploration costs in the model of Redis: copy, execute, hash.
//!
//! `cargo bench -p oversell-models`

#![allow(clippy::unwrap_used, reason = "a measurement")]

use std::{
    hash::{BuildHasher as _, BuildHasherDefault},
    hint::black_box,
    time::Instant,
};

use oversell_models::redis_model::RedisModel;
use rustc_hash::FxHasher;

const ROUNDS: u32 = 200_000;

fn words(line: &str) -> Vec<Vec<u8>> {
    line.split('|').map(|word| word.as_bytes().to_vec()).collect()
}

fn main() {
    let hasher = BuildHasherDefault::<FxHasher>::default();
    let mut start = RedisModel::new(3);
    let buy = "if tonumber(redis.call('GET', KEYS[1])) < 1 then return -1 end return redis.call('DECR', KEYS[1])";
    start.execute(0, &words("SET|stock:1|50")).unwrap();
    start.execute(0, &words("SET|stock:1:lock|me|PX|100")).unwrap();
    start.execute(0, &words(&format!("SCRIPT|LOAD|{buy}"))).unwrap();
    let mut watching = start.clone();
    watching.execute(0, &words("WATCH|stock:1")).unwrap();
    let mut queued = watching.clone();
    queued.execute(0, &words("MULTI")).unwrap();
    queued.execute(0, &words("DECR|stock:1")).unwrap();
    for (state, line) in [
        (&start, "GET|stock:1".to_string()),
        (&start, "DECR|stock:1".to_string()),
        (&watching, "DECR|stock:1".to_string()),
        (&start, "WATCH|stock:1".to_string()),
        (&queued, "EXEC".to_string()),
        (&start, format!("EVAL|{buy}|1|stock:1")),
    ] {
        let command = words(&line);
        let mut medians = Vec::new();
        for _ in 0..7 {
            let begin = Instant::now();
            for _ in 0..ROUNDS {
                let mut next = black_box(state).clone();
                let _ = black_box(next.execute(0, &command));
                black_box(hasher.hash_one(&next));
            }
            medians.push(begin.elapsed().as_nanos() / u128::from(ROUNDS));
        }
        medians.sort_unstable();
        println!("{:>6} ns  {}", medians[3], line.chars().take(50).collect::<String>());
    }
}
