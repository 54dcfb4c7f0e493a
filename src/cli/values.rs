//! Values of options that several commands take.

use std::{ops::RangeInclusive, time::Duration};

/// A number in this range.
pub(super) fn whole<T: TryFrom<u64>>(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| {
            let (least, most) = range.clone().into_inner();
            let is_too_large = text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u64>().is_err();
            match most {
                u64::MAX if !is_too_large => format!("expected a whole number of at least {least}"),
                most => format!("expected a whole number from {least} to {most}"),
            }
        })
    }
}

/// How long something may take.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| {
        if text.starts_with('-') {
            "expected a time that is not negative, such as 10s or 1h30m".to_string()
        } else {
            format!("{error}; expected a time such as 10s or 1h30m")
        }
    })
}

/// How long to wait for an answer.
pub(super) fn patience(text: &str) -> Result<Duration, String> {
    match time(text) {
        Ok(Duration::ZERO) => Err("expected more than no time: every answer would come too late".to_string()),
        parsed => parsed,
    }
}
