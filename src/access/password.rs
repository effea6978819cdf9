//! Passwords: Argon2id, at least 15 characters, no rules of composition, nothing cut.
//!
//! Sources: NIST SP 800-63B-4; OWASP ASVS 5.0.0, 6.2 and 11.4.2.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};
use unicode_normalization::UnicodeNormalization;

/// Longest password in bytes; longer ones are refused with a message, never cut.
pub const MOST_BYTES: usize = 1024;

/// Why a new password is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Too short.
    #[error(
        "The password has {given} characters; at least {least} are needed. A sentence of four or five words is easy to keep."
    )]
    TooShort {
        /// Characters given.
        given: usize,
        /// Characters needed.
        least: usize,
    },
    /// Too long.
    #[error("The password is longer than {MOST_BYTES} bytes.")]
    TooLong,
    /// A common one, or made of words everybody here would try.
    #[error("The password is easy to guess: {0}. Choose words that nobody links to you or this registry.")]
    Guessable(&'static str),
}

/// Cost of a hash. Kept with each hash, so it can rise.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
}

impl Cost {
    /// 19 MiB, 2 passes, 1 lane: the floor of ASVS 11.4.2, about 30 ms on a current core.
    pub const STANDARD: Cost = Cost { memory_kib: 19 * 1024, passes: 2 };
    /// For tests only: as quick as the algorithm allows.
    pub const QUICK: Cost = Cost { memory_kib: 8, passes: 1 };

    fn argon(self) -> Argon2<'static> {
        let params =
            Params::new(self.memory_kib, self.passes, 1, None).expect("fixed parameters are within bounds");
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }
}

/// One spelling of the same characters (NFC), at setting and checking alike.
fn normal(password: &str) -> String {
    password.nfc().collect()
}

/// Checks a new password. `context` are words people would try: own name, login, facility.
pub fn check_new(password: &str, least: usize, context: &[&str]) -> Result<(), PasswordRefused> {
    if password.len() > MOST_BYTES {
        return Err(PasswordRefused::TooLong);
    }
    let normal = normal(password);
    let given = normal.chars().count();
    if given < least {
        return Err(PasswordRefused::TooShort { given, least });
    }
    let squeezed: String = normal.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let mut letters: Vec<char> = squeezed.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < 5 {
        return Err(PasswordRefused::Guessable("it repeats a few characters"));
    }
    let sequences = ["abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm"];
    if sequences.iter().any(|s| s.contains(squeezed.as_str()) || squeezed.contains(s)) {
        return Err(PasswordRefused::Guessable("it follows the alphabet, the digits or the keyboard"));
    }
    // What is left when words everybody would try are taken out must still be long.
    let mut left = squeezed.clone();
    for word in context.iter().copied().chain([
        "cancerregistry",
        "cancer",
        "registry",
        "registrar",
        "tumor",
        "hospital",
        "password",
        "passwort",
        "letmein",
        "welcome",
        "admin",
        "administrator",
        "qwerty",
        "iloveyou",
        "123456789",
        "12345",
    ]) {
        let word: String = word.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        if word.chars().count() >= 4 {
            left = left.replace(&word, "");
        }
    }
    if left.chars().count() < 6 {
        return Err(PasswordRefused::Guessable(
            "little is left beside common words, your name or this registry's",
        ));
    }
    Ok(())
}

/// Hashes a password with a fresh salt.
pub fn hash(password: &str, cost: Cost) -> String {
    cost.argon()
        .hash_password(normal(password).as_bytes())
        .expect("hashing with fixed parameters")
        .to_string()
}

/// Does the password belong to the hash? Without a hash the same time is spent for nothing.
pub fn verify(password: &str, stored: Option<&str>, cost: Cost) -> bool {
    let Some(stored) = stored.and_then(|s| PasswordHash::new(s).ok()) else {
        let _ = hash(password, cost);
        return false;
    };
    // The parameters of the stored hash decide, not the present cost.
    password.len() <= MOST_BYTES
        && Argon2::default().verify_password(normal(password).as_bytes(), &stored).is_ok()
}

/// Was it hashed with less than the present cost?
pub fn is_weaker(stored: &str, cost: Cost) -> bool {
    let Ok(hash) = PasswordHash::new(stored) else { return true };
    Params::try_from(&hash).map_or(true, |p| p.m_cost() < cost.memory_kib || p.t_cost() < cost.passes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifteen_characters_are_needed_and_long_ones_are_taken_whole() {
        assert_eq!(
            check_new("correct horse!", 15, &[]),
            Err(PasswordRefused::TooShort { given: 14, least: 15 })
        );
        assert_eq!(check_new("correct horse b", 15, &[]), Ok(()));
        assert_eq!(check_new(&"ab cde".repeat(200), 15, &[]), Err(PasswordRefused::TooLong));
        let (a, b) =
            (format!("{}a", "long passphrase ".repeat(8)), format!("{}b", "long passphrase ".repeat(8)));
        assert!(!verify(&b, Some(&hash(&a, Cost::QUICK)), Cost::QUICK));
    }

    #[test]
    fn words_everybody_would_try_do_not_count() {
        for bad in [
            "aaaaaaaaaaaaaaaaaa",
            "cancerregistrycancer",
            "abcdefghijklmnop",
            "PracticeGeneralRosa",
            "passwordpassword12345",
        ] {
            assert!(
                matches!(
                    check_new(bad, 15, &["Practice General", "rosa"]),
                    Err(PasswordRefused::Guessable(_))
                ),
                "{bad}"
            );
        }
    }

    #[test]
    fn one_spelling_of_the_same_characters() {
        let stored = hash("caf\u{e9} au lait sucr\u{e9}", Cost::QUICK);
        assert!(verify("cafe\u{301} au lait sucre\u{301}", Some(&stored), Cost::QUICK));
        assert!(!verify("cafe au lait sucre", Some(&stored), Cost::QUICK));
        assert!(!verify("anything at all", None, Cost::QUICK));
    }

    #[test]
    fn the_stored_form_is_argon2id_with_its_parameters() {
        let stored = hash("correct horse battery", Cost::STANDARD);
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(!is_weaker(&stored, Cost::STANDARD));
        assert!(is_weaker(&hash("correct horse battery", Cost::QUICK), Cost::STANDARD));
    }
}
