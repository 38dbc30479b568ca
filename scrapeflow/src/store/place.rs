//! The folder of a store, which a power cut is not to take with all that is in it.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Makes a folder, and those above it that aren't there; if it is to be durable, their names are on the disk then.
pub(super) fn make(dir: &Path, durable: bool) -> io::Result<()> {
    let is_missing = |dir: &&Path| !dir.as_os_str().is_empty() && !dir.exists();
    let missing = dir.ancestors().take_while(is_missing).count();
    fs::create_dir_all(dir)?;
    if !durable {
        return Ok(());
    }
    // Also of a store that was there, and the folder in it: who made them may have been killed before this.
    for (nth, made) in dir.ancestors().enumerate().take(missing.max(2)) {
        match sync_name(made) {
            // Others' folders may be walked through, but not read.
            Err(error) if nth >= missing && error.kind() == io::ErrorKind::PermissionDenied => {}
            synced => synced?,
        }
    }
    Ok(())
}

/// Has all that is in a folder on the disk, whoever wrote it: one that was killed before it synced that, or that syncs nothing.
/// Takes as long as the disk needs for all that anybody has written to it.
pub(super) async fn sync(dir: &Path) -> io::Result<()> {
    let folder = File::open(dir)?;
    let synced = tokio::task::spawn_blocking(move || {
        // Nobody knows which files those are.
        #[cfg(target_os = "linux")]
        rustix::fs::syncfs(&folder)?;
        #[cfg(all(unix, not(target_os = "linux")))]
        rustix::fs::sync();
        folder.sync_all()
    });
    synced.await.map_err(io::Error::other)?
}

/// The name of a folder is in the one above it.
pub(super) fn sync_name(dir: &Path) -> io::Result<()> {
    match dir.parent() {
        None => Ok(()),
        Some(above) if above.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(above) => File::open(above)?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn folders_are_made_whatever_is_there_of_them() {
        let around = tempfile::tempdir().unwrap();
        for below in ["a", "a", "a/b/c", "a/b/d/"] {
            let dir = around.path().join(below);
            make(&dir, true).unwrap();
            assert!(dir.is_dir(), "{below}");
        }
        sync(around.path()).await.unwrap();
        make(Path::new("src"), true).unwrap();
        make(Path::new("/"), true).unwrap();
        fs::write(around.path().join("file"), "").unwrap();
        assert!(make(&around.path().join("file/a"), true).is_err());
    }
}
