//! The registry key: 256 random bits in a file that only its owner can read.

use std::{fs, io, io::Write, path::Path};

use super::rotate;
use crate::{
    clock::Chance,
    config::{Config, Secret},
    seal,
};

/// Why the key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyProblem {
    /// No key file; the registry was not made, or the key was moved.
    #[error(
        "There is no registry key at {0}. `init` makes one; if it was moved, set keys.file to where it is."
    )]
    Missing(String),
    /// Others can read it.
    #[error("The registry key {0} can be read by others. Run chmod 600 on it.")]
    TooOpen(String),
    /// Not a key.
    #[error("The registry key is not 64 hexadecimal digits.")]
    NotAKey,
    /// The file system said no.
    #[error("The registry key {file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
}

/// The key, as text and bytes.
#[derive(Clone, Debug)]
pub struct RegistryKey(Secret);

impl RegistryKey {
    /// Checks 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, KeyProblem> {
        let text = text.trim().to_lowercase();
        if text.len() == 64 && seal::unhex(&text).is_some() {
            Ok(Self(Secret::new(text)))
        } else {
            Err(KeyProblem::NotAKey)
        }
    }

    /// A fresh key.
    pub fn random(chance: &dyn Chance) -> Self {
        Self(Secret::new(chance.token()))
    }

    /// For the database.
    pub fn secret(&self) -> Secret {
        self.0.clone()
    }

    /// For sealing.
    pub fn sealer(&self) -> seal::Sealer {
        let bytes = seal::unhex(self.0.reveal()).and_then(|b| <[u8; 32]>::try_from(b).ok());
        seal::Sealer::new(bytes.expect("checked when it was read"))
    }

    /// The key of a registry: from the environment (with a warning), else from its file.
    pub fn of(config: &Config) -> Result<Self, KeyProblem> {
        if let Some(key) = &config.key {
            tracing::warn!(
                "the registry key is in the environment; a key file readable by its owner only is safer"
            );
            return Self::parse(key.reveal());
        }
        rotate::settle(config)?;
        Self::read(&config.key_file)
    }

    /// Tells two keys apart and nothing of either.
    pub fn mark(&self) -> String {
        self.sealer().fingerprint("registry mark", b"").chars().take(16).collect()
    }

    /// Reads a key file; refuses one that others can read.
    pub fn read(file: &Path) -> Result<Self, KeyProblem> {
        let name = file.display().to_string();
        let text = fs::read_to_string(file).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => KeyProblem::Missing(name.clone()),
            _ => KeyProblem::Io { file: name.clone(), source },
        })?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(file)
                .map_err(|source| KeyProblem::Io { file: name.clone(), source })?
                .permissions()
                .mode();
            if mode & 0o077 != 0 {
                return Err(KeyProblem::TooOpen(name));
            }
        }
        Self::parse(&text)
    }

    /// Writes a new key file; never over an existing one.
    pub fn write_new(&self, file: &Path) -> Result<(), KeyProblem> {
        let io = |source| KeyProblem::Io { file: file.display().to_string(), source };
        if let Some(folder) = file.parent() {
            private_folder(folder).map_err(io)?;
        }
        write_private(file, format!("{}\n", self.0.reveal()).as_bytes()).map_err(io)
    }
}

/// Makes a folder that only its owner can enter.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Writes a new file that only its owner can read, and makes sure that it is on the disk.
pub fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut f = options.open(file)?;
    f.write_all(bytes)?;
    f.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemChance;

    #[test]
    fn a_key_file_is_private_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys/registry.key");
        let key = RegistryKey::random(&SystemChance);
        key.write_new(&file).unwrap();
        assert_eq!(RegistryKey::read(&file).unwrap().secret(), key.secret());
        assert!(matches!(key.write_new(&file), Err(KeyProblem::Io { .. })), "never over an existing one");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(RegistryKey::read(&file), Err(KeyProblem::TooOpen(_))));
        }
        assert!(matches!(RegistryKey::read(&folder.path().join("none")), Err(KeyProblem::Missing(_))));
    }
}
