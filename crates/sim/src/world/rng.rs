//! Randomness by counting: a value is a hash of what it belongs to, never of what was drawn before it.

/// Mixes all bits of a number (the finaliser of splitmix64); a bijection.
#[inline]
pub(super) const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// Undoes [`mix`].
pub(super) const fn unmix(mut x: u64) -> u64 {
    x = (x ^ (x >> 31) ^ (x >> 62)).wrapping_mul(0x3196_42B2_D24D_8EC3);
    x = (x ^ (x >> 27) ^ (x >> 54)).wrapping_mul(0x96DE_1B17_3F11_9089);
    x ^ (x >> 30) ^ (x >> 60)
}

/// The value of one field: `key` names the row, `salt` the field.
#[inline]
pub(super) const fn draw(key: u64, salt: u64) -> u64 {
    mix(key.wrapping_add(salt))
}

/// A hashed value as a number below `n`.
#[inline]
pub(super) const fn below(hash: u64, n: u64) -> u64 {
    ((hash as u128 * n as u128) >> 64) as u64
}

/// Whether a hashed value falls into the first `per_mille` thousandths.
#[inline]
pub(super) const fn chance(hash: u64, per_mille: u64) -> bool {
    below(hash, 1000) < per_mille
}

/// The number of a name (FNV-1a, then mixed).
pub(super) const fn named(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xCBF2_9CE4_8422_2325u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01B3);
        at += 1;
    }
    mix(hash)
}

/// Scrambles 32 bits with a key; a bijection, undone by [`unscramble`].
#[inline]
pub(super) const fn scramble(mut x: u32, key: u64) -> u32 {
    x ^= key as u32;
    x = (x ^ (x >> 16)).wrapping_mul(0x7FEB_352D);
    x = (x ^ (x >> 15)).wrapping_mul(0x846C_A68B);
    x ^= x >> 16;
    x ^ (key >> 32) as u32
}

/// Undoes [`scramble`].
pub(super) const fn unscramble(mut x: u32, key: u64) -> u32 {
    x ^= (key >> 32) as u32;
    x ^= x >> 16;
    x = x.wrapping_mul(0x4302_1123);
    x ^= (x >> 15) ^ (x >> 30);
    x = x.wrapping_mul(0x1D69_E2A5);
    x ^= x >> 16;
    x ^ key as u32
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Both digits of every byte, so that an id costs one look-up for two digits.
const PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[0; 2]; 256];
    let mut at = 0;
    while at < 256 {
        pairs[at] = [HEX[at >> 4], HEX[at & 15]];
        at += 1;
    }
    pairs
};

/// Appends the low `digits` (1 to 16) hexadecimal digits of a number.
#[inline]
pub(super) fn hex(out: &mut Vec<u8>, value: u64, digits: usize) {
    let digits = digits.clamp(1, 16);
    let mut text = [0u8; 16];
    for (pair, byte) in text.chunks_exact_mut(2).zip((value << (64 - 4 * digits)).to_be_bytes()) {
        pair.copy_from_slice(&PAIRS[usize::from(byte)]);
    }
    // Copying a fixed length and cutting it is faster than copying what is needed.
    let end = out.len() + digits;
    out.extend_from_slice(&text);
    out.truncate(end);
}

/// The text of a UUID (version 4) that hides `tag` and `index`; [`uuid_of`] finds them again.
pub(super) fn uuid(tag: u16, index: u64, seed: u64) -> [u8; 36] {
    let inner = mix((u64::from(tag) << 48 | index & 0xFFFF_FFFF_FFFF) ^ seed);
    let check = mix(inner ^ seed.rotate_left(17));
    // 48 bits, version, 12 bits, variant, 14 bits, 48 bits
    let high = inner & !0xFFFF | 0x4000 | check >> 52;
    let low = 0x8000_0000_0000_0000 | (check << 2 >> 50) << 48 | (inner & 0xFFFF) << 32 | check & 0xFFFF_FFFF;
    let mut digits = [0u8; 32];
    for (pair, byte) in
        digits.chunks_exact_mut(2).zip(high.to_be_bytes().into_iter().chain(low.to_be_bytes()))
    {
        pair.copy_from_slice(&PAIRS[usize::from(byte)]);
    }
    let mut text = [b'-'; 36];
    text[..8].copy_from_slice(&digits[..8]);
    text[9..13].copy_from_slice(&digits[8..12]);
    text[14..18].copy_from_slice(&digits[12..16]);
    text[19..23].copy_from_slice(&digits[16..20]);
    text[24..].copy_from_slice(&digits[20..]);
    text
}

/// The tag and index that [`uuid`] hid; `None` for any other UUID.
pub(super) fn uuid_of(text: &str, seed: u64) -> Option<(u16, u64)> {
    let bytes: &[u8; 36] = text.as_bytes().try_into().ok()?;
    let mut digits =
        bytes.iter().enumerate().filter(|(at, _)| !matches!(at, 8 | 13 | 18 | 23)).map(|(_, b)| *b);
    let mut half = || {
        let mut value = 0u64;
        for digit in digits.by_ref().take(16) {
            value = value << 4 | u64::from(char::from(digit).to_digit(16)?);
        }
        Some(value)
    };
    let (high, low) = (half()?, half()?);
    let inner = high & !0xFFFF | low >> 32 & 0xFFFF;
    let hidden = unmix(inner) ^ seed;
    let (tag, index) = ((hidden >> 48) as u16, hidden & 0xFFFF_FFFF_FFFF);
    text.eq_ignore_ascii_case(std::str::from_utf8(&uuid(tag, index, seed)).ok()?).then_some((tag, index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn what_is_hidden_in_a_uuid_is_found_again_and_no_other_uuid_is_taken() {
        let mut seen = HashSet::new();
        for seed in [0, 7, u64::MAX] {
            for (tag, index) in [(0, 0), (1, 0), (0, 1), (44, 9_999_999), (u16::MAX, 0xFFFF_FFFF_FFFF)] {
                let text = String::from_utf8(uuid(tag, index, seed).to_vec()).unwrap();
                assert_eq!((&text[14..15], text.len()), ("4", 36), "{text}");
                assert!("89ab".contains(&text[19..20]), "{text}");
                assert_eq!(uuid_of(&text, seed), Some((tag, index)));
                assert_eq!(uuid_of(&text.to_uppercase(), seed), Some((tag, index)));
                assert_eq!(uuid_of(&text, seed ^ 1), None);
                assert!(seen.insert(text));
            }
        }
        assert_eq!(uuid_of("00000000-0000-4000-8000-000000000000", 7), None);
        assert_eq!(uuid_of("no uuid", 7), None);
        assert_eq!(uuid_of("zzzzzzzz-zzzz-4zzz-8zzz-zzzzzzzzzzzz", 7), None);
    }

    #[test]
    fn scrambling_is_undone() {
        for x in [0, 1, 2, 255, 65_536, 9_999_999, u32::MAX] {
            for key in [0, 1, 0xDEAD_BEEF_0BAD_F00D] {
                assert_eq!(unscramble(scramble(x, key), key), x);
            }
            assert_eq!(unmix(mix(u64::from(x) << 7)), u64::from(x) << 7);
        }
    }
}
