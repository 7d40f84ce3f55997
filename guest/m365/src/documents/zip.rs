//! The container of office documents: a zip file whose entries are stored as they are.
//!
//! Office programs read stored entries like compressed ones, and a document of ours is some ten to thirty kilobytes.
//! Compressing would cost the component more than it is worth to it: measured on an otherwise empty one, this file adds
//! 3 KB to it, with `miniz_oxide` 28 KB, and the `zip` crate 97 KB (storing) to 135 KB (compressing).
//!
//! Every entry has the first date that the format knows, as office programs write it themselves: when a document was made
//! stands in its properties, and equal documents are equal byte for byte.

/// The version of the format that a reader needs: 2.0.
const VERSION: u16 = 20;

/// 1 January 1980.
const DATE: u16 = 0x0021;

/// One file for all: writes these entries, in this order. Names are ASCII; sizes are far below the format's four
/// gigabytes.
pub(super) fn stored(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in entries {
        let offset = small(file.len());
        let described = described(name, bytes);
        file.extend(*b"PK\x03\x04");
        file.extend(&described);
        file.extend(name.as_bytes());
        file.extend(bytes);

        directory.extend(*b"PK\x01\x02");
        directory.extend(VERSION.to_le_bytes());
        directory.extend(&described);
        // Comment, disk, attributes inside and outside: none of them.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(entries.len()).unwrap_or(u16::MAX).to_le_bytes();
    let (at, length) = (small(file.len()), small(directory.len()));
    file.extend(directory);
    file.extend(*b"PK\x05\x06");
    file.extend([0; 4]);
    file.extend(count);
    file.extend(count);
    file.extend(length.to_le_bytes());
    file.extend(at.to_le_bytes());
    file.extend([0; 2]);
    file
}

/// What both headers of an entry say of it.
fn described(name: &str, bytes: &[u8]) -> Vec<u8> {
    let size = small(bytes.len()).to_le_bytes();
    let mut header = Vec::new();
    header.extend(VERSION.to_le_bytes());
    // No flags, stored, midnight.
    header.extend([0; 6]);
    header.extend(DATE.to_le_bytes());
    header.extend(crc32(bytes).to_le_bytes());
    header.extend(size);
    header.extend(size);
    header.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
    header.extend([0; 2]);
    header
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// CRC-32 as in IEEE 802.3, bit by bit: no table, and some ten kilobytes take well below a millisecond.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }
}
