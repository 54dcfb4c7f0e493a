//! The generator behind `math.random`: `lrand48`, started anew for each script, where a server goes on (`src/rand.c`).

/// The state of the generator, 48 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Random(u64);

impl Default for Random {
    fn default() -> Self {
        // As on a server that has just been started.
        Self(0x1234_abcd_330e)
    }
}

impl Random {
    pub(super) fn seeded(seed: i64) -> Self {
        // The low 32 bits of the seed, as the C function casts them.
        let seed = seed.cast_unsigned() & 0xffff_ffff;
        Self((seed << 16) | 0x330e)
    }

    /// A number from 0 to 1.
    pub(super) fn next(&mut self) -> f64 {
        const MAX: i32 = i32::MAX;
        self.0 = self.0.wrapping_mul(0x5_deec_e66d).wrapping_add(0xb) & 0xffff_ffff_ffff;
        let number = i32::try_from(self.0 >> 17).unwrap_or(MAX);
        f64::from(number % MAX) / f64::from(MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first two `math.random()` after a start, and the first after `math.randomseed(5)`, on Redis 7.0.15, Valkey
    /// 9.1.2 and Redis 8.2.3.
    #[test]
    fn gives_the_numbers_of_redis() {
        let mut random = Random::default();
        assert_eq!((random.next() * 1e6).floor() + 1.0, 396_465.0);
        assert!((random.next() - 0.840_485_369_712_34).abs() < 1e-14);
        assert_eq!((Random::seeded(5).next() * 1e6).floor() + 1.0, 524_840.0);
    }
}
