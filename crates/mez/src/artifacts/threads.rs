//! The same work on many things, on as many threads as the machine has.

/// Most threads at work.
const THREADS_MAX: usize = 4;

/// Does `work` on parts of `items`; the answers come in the order of the parts.
pub(crate) fn parts<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    let size = items.len().div_ceil(threads).max(1);
    if threads == 1 || items.len() <= 1 {
        return items.chunks(size).map(work).collect();
    }
    std::thread::scope(|scope| {
        let work = &work;
        let at_work: Vec<_> =
            items.chunks(size).map(|part| scope.spawn(move || work(part))).collect();
        // A thread that died did nothing: the rest must not be taken for all of it.
        let joined = at_work.into_iter().map(|thread| thread.join());
        joined.map(|part| part.unwrap_or_else(|died| std::panic::resume_unwind(died))).collect()
    })
}

/// Does `work` on each of `items`.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let all = parts(items, |part| part.iter().map(&work).collect::<Vec<_>>());
    all.into_iter().flatten().collect()
}
