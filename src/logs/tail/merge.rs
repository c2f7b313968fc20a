//! Several queues emptied in the order of time, the order within each kept.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;

/// A set of queues, known by their numbers.
pub(super) trait Queues {
    /// The time of a queue's next entry; `None` where it is empty.
    fn next_at(&mut self, queue: usize) -> Option<i64>;

    /// Takes a queue's next entry.
    fn take(&mut self, queue: usize) -> io::Result<()>;
}

/// Empties `count` queues, the oldest of their next entries first; at the same time, the lowest number.
pub(super) fn in_order(count: usize, queues: &mut impl Queues) -> io::Result<()> {
    let mut heads = BinaryHeap::new();
    heads.extend((0..count).filter_map(|queue| queues.next_at(queue).map(|at| Reverse((at, queue)))));
    while let Some(Reverse((_, queue))) = heads.pop() {
        queues.take(queue)?;
        heads.extend(queues.next_at(queue).map(|at| Reverse((at, queue))));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Numbers(Vec<Vec<i64>>, Vec<i64>);

    impl Queues for Numbers {
        fn next_at(&mut self, queue: usize) -> Option<i64> {
            self.0[queue].first().copied()
        }

        fn take(&mut self, queue: usize) -> io::Result<()> {
            self.1.push(self.0[queue].remove(0));
            Ok(())
        }
    }

    #[test]
    fn queues_are_merged_and_their_own_order_is_kept() {
        let mut queues = Numbers(vec![vec![1, 9, 4], vec![2, 3, 10], vec![]], Vec::new());
        in_order(3, &mut queues).unwrap();
        assert_eq!(queues.1, [1, 2, 3, 9, 4, 10]);
    }
}
