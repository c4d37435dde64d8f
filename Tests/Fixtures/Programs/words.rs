//! Counts and sorts words: closures, generics and traits of the Rust standard library on the stack.
//! Runs for the seconds given.
use std::collections::HashMap;
use std::time::{Duration, Instant};

trait Score {
    fn score(&self) -> u64;
}

struct Word(String);

impl Score for Word {
    #[inline(never)]
    fn score(&self) -> u64 {
        self.0.bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte as u64))
    }
}

#[inline(never)]
fn make_words(seed: &mut u64) -> Vec<Word> {
    (0..3000)
        .map(|_| {
            *seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            Word(format!("word{}", (*seed >> 33) % 700))
        })
        .collect()
}

#[inline(never)]
fn count(words: &[Word]) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for word in words {
        *counts.entry(word.0.as_str()).or_insert(0) += 1;
    }
    counts
}

#[inline(never)]
fn rank<T: Score>(items: &mut Vec<T>) {
    items.sort_by(|left, right| left.score().cmp(&right.score()));
}

fn main() {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(3.0);
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let mut seed = 42;
    let mut total = 0;
    while Instant::now() < end {
        let mut words = make_words(&mut seed);
        total += count(&words).len();
        rank(&mut words);
        total += words[0].0.len();
    }
    println!("{total}");
}
