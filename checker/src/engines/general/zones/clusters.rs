//! Which operations are about the same value.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::access::Access;
use crate::{engines::general::alike::Alike, history::Operation};

/// Not in any cluster.
const NONE: u32 = u32::MAX;

/// The writes, each with the reads of its value.
pub(super) struct Clusters {
    /// The cluster of each operation, or `NONE`.
    of: Vec<u32>,
    /// The write of each cluster. The initial value's has none; another without is read but was not written.
    write: Vec<Option<usize>>,
}

impl Clusters {
    /// The cluster of the initial value.
    pub(super) const INITIAL: usize = 0;

    /// `None` when it is not known of a value that was read which write it is from.
    pub(super) fn of<'a, V, Op, Ret>(
        initial: &'a V,
        operations: &[Operation<Op, Ret>],
        accesses: &[Access<'a, V>],
    ) -> Option<Self>
    where
        V: PartialEq + Hash,
    {
        let mut of = vec![NONE; accesses.len()];
        let mut write = vec![None];
        let mut cluster_of = FxHashMap::default();
        for (index, access) in accesses.iter().enumerate() {
            if let Access::Read(value) = *access {
                of[index] = *cluster_of.entry(Alike(value)).or_insert_with(|| {
                    if value == initial {
                        Self::INITIAL as u32
                    } else {
                        write.push(None);
                        write.len() as u32 - 1
                    }
                });
            }
        }
        for (index, access) in accesses.iter().enumerate() {
            if let Access::Write(value) = *access {
                of[index] = match cluster_of.get(&Alike(value)) {
                    Some(&cluster) if cluster as usize == Self::INITIAL || write[cluster as usize].is_some() => {
                        return None;
                    }
                    Some(&cluster) => {
                        write[cluster as usize] = Some(index);
                        cluster
                    }
                    // Nobody read it: it stands alone, however often it was written.
                    None if operations[index].response.is_some() => {
                        write.push(Some(index));
                        write.len() as u32 - 1
                    }
                    None => NONE,
                };
            }
        }
        Some(Self { of, write })
    }

    pub(super) fn len(&self) -> usize {
        self.write.len()
    }

    /// The cluster of an operation; `None` when it is left out.
    pub(super) fn cluster(&self, operation: usize) -> Option<usize> {
        let cluster = self.of[operation];
        (cluster != NONE).then_some(cluster as usize)
    }

    /// The cluster of each operation.
    pub(super) fn of_each(&self) -> impl Iterator<Item = Option<usize>> {
        (0..self.of.len()).map(|operation| self.cluster(operation))
    }

    /// When the value of a cluster may be there at the earliest; `None` when it never may.
    pub(super) fn begins<Op, Ret>(&self, cluster: usize, operations: &[Operation<Op, Ret>]) -> Option<u64> {
        match self.write[cluster] {
            Some(write) => Some(operations[write].invoked),
            None => (cluster == Self::INITIAL).then_some(0),
        }
    }

    /// Did a read return before its value could be there?
    pub(super) fn read_too_early<Op, Ret>(&self, operations: &[Operation<Op, Ret>]) -> bool {
        operations.iter().zip(self.of_each()).any(|(operation, cluster)| {
            cluster.is_some_and(|cluster| {
                let begins = self.begins(cluster, operations);
                begins.is_none_or(|begins| operation.returned() < begins)
            })
        })
    }

    /// All operations, cluster after cluster: in each the write, then its reads by invocation.
    pub(super) fn one_after_the_other<Op, Ret>(
        &self,
        clusters: &[u32],
        operations: &[Operation<Op, Ret>],
    ) -> Vec<usize> {
        let mut sizes = vec![0; self.len()];
        self.of_each().flatten().for_each(|cluster| sizes[cluster] += 1);
        // Where the write of each cluster stands, and where its next read does.
        let mut places = vec![(0, 0); self.len()];
        let mut end = 0;
        for &cluster in clusters {
            let cluster = cluster as usize;
            places[cluster] = (end, end + usize::from(self.write[cluster].is_some()));
            end += sizes[cluster];
        }
        let mut by_invocation: Vec<usize> = (0..operations.len()).collect();
        by_invocation.sort_by_key(|&index| operations[index].invoked);
        let mut order = vec![0; end];
        for index in by_invocation {
            if let Some(cluster) = self.cluster(index) {
                let (write, read) = &mut places[cluster];
                if self.write[cluster] == Some(index) {
                    order[*write] = index;
                } else {
                    order[*read] = index;
                    *read += 1;
                }
            }
        }
        order
    }
}
