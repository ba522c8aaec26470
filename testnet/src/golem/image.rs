//! The task image: the runner and one model, as providers unpack them.

use super::{GolemError, MODEL};
use crate::demo::DemoError;
use std::fs;
use std::path::Path;
use vantage_golem_bed::image::{Packed, pack};

/// Lays the tree out in `dir` and packs it. The model's store is linked, not copied, where the file system allows.
pub(super) fn pack_task(runner: &Path, models: &Path, dir: &Path) -> Result<Packed, GolemError> {
    let tree = dir.join("task");
    let root = tree.join("vantage");
    let to = root.join("models").join(MODEL);
    fs::create_dir_all(&to).map_err(failed(&to))?;
    lay(runner, &root.join("vantage-runner"))?;
    copy_tree(&models.join(MODEL), &to)?;
    let packed = pack(&tree, &dir.join("task.gvmi"))?;
    fs::remove_dir_all(&tree).map_err(failed(&tree))?;
    Ok(packed)
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), GolemError> {
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let entry = entry.map_err(failed(from))?;
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            fs::create_dir_all(&place).map_err(failed(&place))?;
            copy_tree(&path, &place)?;
        } else {
            lay(&path, &place)?;
        }
    }
    Ok(())
}

fn lay(from: &Path, to: &Path) -> Result<(), GolemError> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(|_| ())).map_err(failed(from))
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> GolemError {
    move |error| DemoError::Files(format!("{}: {error}", path.display())).into()
}
