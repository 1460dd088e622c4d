//! Which window of each literal stands in which bucket of the filter.
//!
//! Takes literals and gives the filter's table with the windows that were entered into it. Both choices are made
//! together and greedily: each window goes where the least noise is expected to come through. Knows nothing of
//! searching.

use super::fold::{PAIRS, pair, representatives};
use super::frequency::Frequency;
use super::literal::Literal;
use super::window::Window;

/// How many buckets half an entry of the table holds.
const BUCKETS: usize = 32;

/// A comparison costs so many times what a place that the filter alone lets through costs.
const COMPARED: f32 = 3.0;

/// The filter's table and what it was made of.
pub(super) struct Plan {
    /// By pair: the buckets whose windows may begin with it, and those whose windows may end with it.
    pub(super) table: Box<[[u32; 2]; PAIRS]>,
    /// Two windows for each literal, one at an even and one at an odd offset.
    pub(super) windows: Vec<Window>,
    /// The buckets with windows of which no more than two bytes are known.
    pub(super) loose: u32,
    /// What comes through the two halves of each bucket.
    shares: [[f32; 2]; BUCKETS],
}

impl Plan {
    #[expect(clippy::large_stack_arrays, reason = "32 KB, once")]
    pub(super) fn new(literals: &[Literal]) -> Self {
        let frequency = Frequency::new();
        let mut plan = Self {
            table: Box::new([[0; 2]; PAIRS]),
            windows: Vec::with_capacity(2 * literals.len()),
            loose: 0,
            shares: [[0.0; 2]; BUCKETS],
        };
        for choice in choices(literals, &frequency) {
            plan.enter(&choice, &frequency);
        }
        plan
    }

    /// Enters the window that adds the least.
    fn enter(&mut self, choice: &[Window], frequency: &Frequency) {
        let mut best: Option<(f32, usize, &Window)> = None;
        for window in choice {
            let own = COMPARED * frequency.run(&window.fixed());
            let halves = [numbers(window, 0), numbers(window, 1)];
            for bucket in 0..BUCKETS {
                let [begin, end] = [0, 1].map(|half| self.with(&halves[half], bucket, half, frequency));
                let before = self.shares[bucket][0] * self.shares[bucket][1];
                let cost = own + begin * end - before;
                if best.is_none_or(|(least, ..)| cost < least) {
                    best = Some((cost, bucket, window));
                }
            }
        }
        let Some((_, bucket, window)) = best else { return };
        for half in 0..2 {
            let numbers = numbers(window, half);
            self.shares[bucket][half] = self.with(&numbers, bucket, half, frequency);
            for number in numbers {
                self.table[number][half] |= 1 << bucket;
            }
        }
        if window.wild() > 1 {
            self.loose |= 1 << bucket;
        }
        self.windows.push(*window);
    }

    /// The share of pairs that come through half a bucket once these are in it.
    fn with(&self, numbers: &[usize], bucket: usize, half: usize, frequency: &Frequency) -> f32 {
        if numbers.len() == PAIRS {
            return 1.0;
        }
        let new = numbers.iter().filter(|number| self.table[**number][half] >> bucket & 1 == 0);
        self.shares[bucket][half] + new.map(|number| frequency.pair(*number)).sum::<f32>()
    }
}

/// The windows to choose from, for each literal and both kinds of places; the most frequent first.
fn choices(literals: &[Literal], frequency: &Frequency) -> Vec<Vec<Window>> {
    let mut choices: Vec<(f32, Vec<Window>)> = Vec::with_capacity(2 * literals.len());
    for (literal, text) in (0..).zip(literals.iter().map(Literal::text)) {
        for odd in [false, true] {
            let all = Window::all(text, literal, odd);
            let rarest = all.iter().map(|window| frequency.run(&window.fixed())).fold(1.0, f32::min);
            choices.push((rarest, all));
        }
    }
    choices.sort_by(|a, b| b.0.total_cmp(&a.0));
    choices.into_iter().map(|(_, all)| all).collect()
}

/// The pairs that may be the first or the second half of a window.
fn numbers(window: &Window, half: usize) -> Vec<usize> {
    let side = |place: usize| window.byte(place).map_or_else(|| representatives().collect(), |byte| vec![byte]);
    let (firsts, seconds) = (side(2 * half), side(2 * half + 1));
    firsts.iter().flat_map(|first| seconds.iter().map(|second| pair(*first, *second))).collect()
}
