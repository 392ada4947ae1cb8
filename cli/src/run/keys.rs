//! The keys that a run has seen, in little memory: 16 bytes a key, at most 32 with the room to grow.

use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::{BuildHasher, Hasher, RandomState};

/// A set of texts that keeps only a 128-bit keyed hash of each.
///
/// Two different keys have the same hash once in some 10^26 runs over a million rows; the hash is keyed anew each run, so
/// nobody can prepare a file in which they do. A ready-made hash set doubles when it grows, which takes up to 40 bytes a
/// key and both copies at once; this one grows by half, a small part at a time.
pub struct Keys {
    seed: (u64, u64),
    parts: Vec<Part>,
}

const PARTS: usize = 256;

/// Open addressing with linear probing; 0 is an empty place.
#[derive(Default)]
struct Part {
    places: Vec<u128>,
    used: usize,
}

impl Keys {
    pub fn new() -> Keys {
        let random = RandomState::new();
        let seed = (random.hash_one(1u8), random.hash_one(2u8));
        Keys { seed, parts: (0..PARTS).map(|_| Part::default()).collect() }
    }

    /// Notes a key; `false` if it was there already.
    pub fn insert(&mut self, key: &str) -> bool {
        let mut hasher = SipHasher13::new_with_keys(self.seed.0, self.seed.1);
        hasher.write(key.as_bytes());
        let hash = hasher.finish128().as_u128().max(1);
        self.parts[hash as usize % PARTS].insert(hash)
    }
}

impl Part {
    fn insert(&mut self, hash: u128) -> bool {
        // Full to seven eighths at most: there is always an empty place to stop at.
        if (self.used + 1) * 8 > self.places.len() * 7 {
            self.grow();
        }
        let place = self.find(hash);
        if self.places[place] == hash {
            return false;
        }
        self.places[place] = hash;
        self.used += 1;
        true
    }

    /// Where the hash stands, or would.
    fn find(&self, hash: u128) -> usize {
        // The upper half picks the place: the part was picked by the lowest bits.
        let mut place = (((hash >> 64) * self.places.len() as u128) >> 64) as usize;
        while self.places[place] != 0 && self.places[place] != hash {
            place = (place + 1) % self.places.len();
        }
        place
    }

    fn grow(&mut self) {
        let more = (self.places.len() * 3 / 2).max(8);
        let old = std::mem::replace(&mut self.places, vec![0; more]);
        for hash in old.into_iter().filter(|hash| *hash != 0) {
            let place = self.find(hash);
            self.places[place] = hash;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_new_once_and_takes_little() {
        let mut keys = Keys::new();
        for round in [true, false] {
            for number in 0..100_000 {
                assert_eq!(keys.insert(&format!("E{number}/2026-10")), round);
            }
        }
        assert_eq!(keys.parts.iter().map(|part| part.used).sum::<usize>(), 100_000);
        let bytes: usize = keys.parts.iter().map(|part| part.places.capacity() * 16).sum();
        assert!(bytes <= 100_000 * 32, "{bytes}");
    }
}
