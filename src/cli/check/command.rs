//! Checks what was named, in the way that was asked for.

use std::sync::Arc;

use oversell_checker::examine::inspect;

use super::{
    certified,
    checked::{Checked, Shown},
    follow, merged,
    options::CheckOptions,
    reading::read_as_far_as_it_goes,
    sources::sources,
};
use crate::cli::{
    exit::{Exit, Failure},
    interrupt::stop_reading,
    output::print_error,
};

/// Checks files, one after the other. What cannot be read is reported and does not keep the others from being checked.
pub(in crate::cli) fn check(options: &CheckOptions) -> Result<Exit, Failure> {
    if let Some(path) = &options.certificate {
        return certified::check(options, path);
    }
    if let Some(skew) = options.clock_skew {
        return merged::check(options, skew);
    }
    if options.follow {
        return follow::follow(options);
    }
    let mut exit = Exit::AsExpected;
    let mut listens = None;
    for source in sources(&options.paths)? {
        exit = exit.max(match read_as_far_as_it_goes(&source, options.memory) {
            Ok((history, cut_short)) => {
                // While it is read there is nothing to be told. Where it is not possible, a signal ends the program.
                listens.get_or_insert_with(|| stop_reading(&Arc::default()));
                let inspection = inspect(&history, &options.limits());
                let shown = Shown::whole(history, inspection);
                Checked::whole(source.name(), shown, cut_short).print(options)
            }
            Err(failure) => {
                print_error(&failure);
                failure.exit()
            }
        });
    }
    Ok(exit)
}
