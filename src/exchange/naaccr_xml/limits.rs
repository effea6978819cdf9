//! How large a file and its parts may be.

/// Limits of reading. The defaults are those of the security requirements; each is named in
/// the refusal.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Elements inside each other, the root counted.
    pub depth: usize,
    /// Attributes of one element.
    pub attributes: usize,
    /// Namespaces in force at one place.
    pub namespaces: usize,
    /// Bytes of an element's or attribute's name.
    pub name_bytes: usize,
    /// Bytes of one value.
    pub text_bytes: usize,
    /// Bytes of one patient with all tumors.
    pub patient_bytes: usize,
    /// Bytes of a file as it arrives.
    pub file_bytes: u64,
    /// Bytes of a file once unpacked.
    pub unpacked_bytes: u64,
    /// Unpacked bytes for each packed one.
    pub ratio: u64,
    /// Below so many unpacked bytes the ratio is not looked at: short files pack by chance.
    pub ratio_floor_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 16,
            attributes: 64,
            namespaces: 16,
            name_bytes: 256,
            text_bytes: 1 << 20,
            patient_bytes: 32 << 20,
            file_bytes: 2 << 30,
            unpacked_bytes: 8 << 30,
            ratio: 100,
            ratio_floor_bytes: 1 << 20,
        }
    }
}
