//! Circles in a graph of dependencies.

/// Finds up to `max` circles among nodes of which each names those that it needs.
///
/// Each circle is given in the order of its arrows; circles share no node. Takes time in proportion to the graph for
/// each circle, and no stack.
pub(super) fn circles(needs: &[Vec<usize>], max: usize) -> Vec<Vec<usize>> {
    let mut dependents = vec![Vec::new(); needs.len()];
    for (node, targets) in needs.iter().enumerate() {
        for target in targets {
            dependents[*target].push(node);
        }
    }
    let mut left = vec![true; needs.len()];
    let mut found = Vec::new();
    while found.len() < max {
        prune(needs, &dependents, &mut left);
        let Some(start) = left.iter().position(|is_left| *is_left) else { break };
        let circle = walk(needs, &left, start);
        for node in &circle {
            left[*node] = false;
        }
        found.push(circle);
    }
    found
}

/// Takes away, one after another, what needs nothing that is left.
fn prune(needs: &[Vec<usize>], dependents: &[Vec<usize>], left: &mut [bool]) {
    let count = |node: usize| needs[node].iter().filter(|target| left[**target]).count();
    let mut open: Vec<usize> = (0..needs.len()).map(count).collect();
    let mut free: Vec<usize> = (0..needs.len()).filter(|node| left[*node] && open[*node] == 0).collect();
    while let Some(node) = free.pop() {
        left[node] = false;
        for dependent in &dependents[node] {
            open[*dependent] = open[*dependent].saturating_sub(1);
            if left[*dependent] && open[*dependent] == 0 {
                free.push(*dependent);
            }
        }
    }
}

/// Follows arrows until a node is met again; after [`prune`] every node that is left has an arrow to another.
fn walk(needs: &[Vec<usize>], left: &[bool], start: usize) -> Vec<usize> {
    let mut place = vec![None; needs.len()];
    let mut way = Vec::new();
    let mut node = start;
    loop {
        if let Some(first) = place[node] {
            return way.split_off(first);
        }
        place[node] = Some(way.len());
        way.push(node);
        match needs[node].iter().find(|target| left[**target]) {
            Some(next) => node = *next,
            None => return way,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_without_circles_has_none() {
        assert_eq!(circles(&[vec![1, 2], vec![2], vec![]], 10), Vec::<Vec<usize>>::new());
        assert_eq!(circles(&[], 10), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn circles_are_found_behind_what_leads_to_them() {
        assert_eq!(circles(&[vec![1], vec![2], vec![1]], 10), vec![vec![1, 2]]);
        assert_eq!(circles(&[vec![0]], 10), vec![vec![0]]);
        assert_eq!(circles(&[vec![1], vec![0], vec![3], vec![2]], 10), vec![vec![0, 1], vec![2, 3]]);
    }

    #[test]
    fn a_node_named_twice_counts_twice() {
        assert_eq!(circles(&[vec![1, 1], vec![]], 10), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn a_long_chain_takes_neither_stack_nor_quadratic_time() {
        let length = 200_000;
        let mut chain: Vec<Vec<usize>> = (0..length).map(|i| vec![(i + 1) % length]).collect();
        assert_eq!(circles(&chain, 10).len(), 1);
        chain[length - 1].clear();
        assert!(circles(&chain, 10).is_empty());
    }
}
