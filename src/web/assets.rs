//! Style sheet and scripts: inside the binary, under names that carry a hash of their content.
//!
//! A name never changes its content, so browsers may keep a file for ever and a new version of
//! the program is seen at once. The layer files of `static/css` become one sheet here (an
//! `@import` would break the names); scripts that import one another are rewritten to the
//! hashed names. A new script is one file in `static/js`: `modules.js` lists them by itself.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    sync::LazyLock,
};

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// Sent with every file: names change when content does.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// The layer files in the order they are put together; components come between, by name.
const LAYERS_BEFORE: [&str; 5] =
    ["css/main.css", "css/tokens.css", "css/reset.css", "css/base.css", "css/layout.css"];
const LAYERS_AFTER: [&str; 2] = ["css/utilities.css", "css/print.css"];

/// Components whose rules for narrow screens must stand after all others.
const COMPONENTS_LAST: [&str; 2] = ["css/components/editor.css", "css/components/reflow.css"];

/// The loader; it names no module, so that adding one needs no change here or there.
const LOADER: &str = "js/main.js";
/// Made below: which modules there are.
const MODULES: &str = "js/modules.js";

/// A file as sent to the browser.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Content.
    pub bytes: Vec<u8>,
    /// Media type, with charset where it has one.
    pub mime: &'static str,
}

/// What is wrong with the files; a fault of the program that the tests find.
#[derive(Debug, thiserror::Error)]
enum AssetProblem {
    #[error("static/{0} is missing")]
    Missing(String),
    #[error("static/{0} is not UTF-8")]
    NotText(String),
    #[error("static/{0} imports itself, directly or through others")]
    Circle(String),
}

#[derive(Debug, Default)]
struct Assets {
    /// Plain name to hashed name, both relative to `/static/`.
    names: HashMap<String, String>,
    files: HashMap<String, Asset>,
}

static ASSETS: LazyLock<Assets> =
    LazyLock::new(|| assemble().expect("the embedded files are checked by a test"));

/// Address of a file: `css/main.css` is `/static/css/main.<hash>.css`.
///
/// A name that does not exist gives an address that answers 404; a test walks the templates.
pub fn url(name: &str) -> String {
    format!("/static/{}", ASSETS.names.get(name).map_or(name, String::as_str))
}

/// The file under a hashed name, as it stands behind `/static/`. Plain names are not found.
pub fn find(name: &str) -> Option<Asset> {
    ASSETS.files.get(name).cloned()
}

fn text(sources: &BTreeMap<String, Vec<u8>>, name: &str) -> Result<String, AssetProblem> {
    let bytes = sources.get(name).ok_or_else(|| AssetProblem::Missing(name.to_owned()))?;
    String::from_utf8(bytes.clone()).map_err(|_| AssetProblem::NotText(name.to_owned()))
}

fn assemble() -> Result<Assets, AssetProblem> {
    let mut sources: BTreeMap<String, Vec<u8>> = Files::iter()
        .filter_map(|name| Files::get(&name).map(|file| (name.to_string(), file.data.into_owned())))
        .collect();
    let sheet = one_sheet(&sources)?;
    sources.retain(|name, _| !name.starts_with("css/"));
    sources.insert("css/main.css".to_owned(), sheet.into_bytes());
    sources.insert(MODULES.to_owned(), module_list(&sources).into_bytes());

    let mut assets = Assets::default();
    for name in sources.keys() {
        assets.add(&sources, name, &mut Vec::new())?;
    }
    Ok(assets)
}

/// All layer files one after the other.
fn one_sheet(sources: &BTreeMap<String, Vec<u8>>) -> Result<String, AssetProblem> {
    let components = sources
        .keys()
        .map(String::as_str)
        .filter(|n| n.starts_with("css/components/") && !COMPONENTS_LAST.contains(n));
    let mut sheet = String::new();
    for name in LAYERS_BEFORE.into_iter().chain(components).chain(COMPONENTS_LAST).chain(LAYERS_AFTER) {
        sheet.push_str(&text(sources, name)?);
        sheet.push('\n');
    }
    Ok(sheet)
}

/// A script that says how to load each module by name.
fn module_list(sources: &BTreeMap<String, Vec<u8>>) -> String {
    let mut list = String::from("export const modules = {\n");
    for name in sources.keys().filter(|n| n.starts_with("js/") && n.ends_with(".js") && *n != LOADER) {
        let bare = name.trim_start_matches("js/").trim_end_matches(".js");
        // Written to a String: cannot fail.
        let _ = writeln!(list, "  \"{bare}\": () => import(\"./{bare}.js\"),");
    }
    list.push_str("};\n");
    list
}

impl Assets {
    /// Adds a file, those it imports first, and tells its hashed name.
    fn add(
        &mut self,
        sources: &BTreeMap<String, Vec<u8>>,
        name: &str,
        above: &mut Vec<String>,
    ) -> Result<String, AssetProblem> {
        if let Some(done) = self.names.get(name) {
            return Ok(done.clone());
        }
        if above.iter().any(|a| a == name) {
            return Err(AssetProblem::Circle(name.to_owned()));
        }
        let bytes = if name.ends_with(".js") {
            above.push(name.to_owned());
            let script = self.with_hashed_imports(sources, name, above)?;
            above.pop();
            script.into_bytes()
        } else {
            sources.get(name).cloned().ok_or_else(|| AssetProblem::Missing(name.to_owned()))?
        };
        let hash: String = Sha256::digest(&bytes).iter().take(8).map(|b| format!("{b:02x}")).collect();
        let hashed = match name.rsplit_once('.') {
            Some((stem, extension)) => format!("{stem}.{hash}.{extension}"),
            None => format!("{name}.{hash}"),
        };
        self.names.insert(name.to_owned(), hashed.clone());
        self.files.insert(hashed.clone(), Asset { bytes, mime: mime(name) });
        Ok(hashed)
    }

    /// The script with every `"./name.js"` replaced by its hashed name.
    fn with_hashed_imports(
        &mut self,
        sources: &BTreeMap<String, Vec<u8>>,
        name: &str,
        above: &mut Vec<String>,
    ) -> Result<String, AssetProblem> {
        let script = text(sources, name)?;
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut rewritten = String::with_capacity(script.len());
        let mut pieces = script.split("\"./");
        rewritten.push_str(pieces.next().unwrap_or(""));
        for piece in pieces {
            rewritten.push_str("\"./");
            match piece.split_once('"') {
                Some((imported, rest)) if imported.ends_with(".js") => {
                    let hashed = self.add(sources, &format!("{folder}/{imported}"), above)?;
                    rewritten.push_str(hashed.rsplit('/').next().unwrap_or(&hashed));
                    rewritten.push('"');
                    rewritten.push_str(rest);
                }
                _ => rewritten.push_str(piece),
            }
        }
        Ok(rewritten)
    }
}

fn mime(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        files.iter().map(|(n, t)| ((*n).to_owned(), t.as_bytes().to_vec())).collect()
    }

    #[test]
    fn every_layer_is_in_the_one_sheet_and_in_order() {
        let name = url("css/main.css");
        let sheet = find(name.strip_prefix("/static/").unwrap()).unwrap();
        assert_eq!(sheet.mime, "text/css; charset=utf-8");
        let css = String::from_utf8(sheet.bytes).unwrap();
        let at = |what: &str| css.find(what).unwrap_or_else(|| panic!("{what} is not in the sheet"));
        assert!(at("@layer reset, tokens, base") < at("--stone-0"));
        assert!(at("--stone-0") < at(".bar {"));
        assert!(at(".field {") < at(".table--reflow"));
        assert!(at(".table--reflow") < at(".visually-hidden {"));
        assert!(!css.contains("@import"));
        assert_eq!(css.matches('{').count(), css.matches('}').count());
    }

    #[test]
    fn scripts_import_each_other_by_hashed_names() {
        let main = find(url("js/main.js").strip_prefix("/static/").unwrap()).unwrap();
        let main = String::from_utf8(main.bytes).unwrap();
        let modules = url("js/modules.js");
        let modules = modules.strip_prefix("/static/js/").unwrap();
        assert!(main.contains(modules), "{main}");
        let list = String::from_utf8(find(&format!("js/{modules}")).unwrap().bytes).unwrap();
        assert!(list.contains("\"partial-date\": () => import(\"./partial-date."), "{list}");
        for imported in list.split("\"./").skip(1).filter_map(|p| p.split('"').next()) {
            assert!(find(&format!("js/{imported}")).is_some(), "{imported}");
        }
    }

    #[test]
    fn a_changed_import_changes_the_name_of_the_importer() {
        let with = |inner: &str| {
            let files = sources(&[("js/a.js", "import { b } from \"./b.js\";"), ("js/b.js", inner)]);
            Assets::default().add(&files, "js/a.js", &mut Vec::new()).unwrap()
        };
        assert_ne!(with("export const b = 1;"), with("export const b = 2;"));
    }

    #[test]
    fn scripts_that_import_in_a_circle_or_what_is_not_there_are_told() {
        let circle = sources(&[("js/a.js", "import \"./b.js\";"), ("js/b.js", "import \"./a.js\";")]);
        let told = Assets::default().add(&circle, "js/a.js", &mut Vec::new()).unwrap_err();
        assert!(matches!(told, AssetProblem::Circle(_)), "{told}");
        let lost = sources(&[("js/a.js", "import \"./gone.js\";")]);
        let told = Assets::default().add(&lost, "js/a.js", &mut Vec::new()).unwrap_err();
        assert_eq!(told.to_string(), "static/js/gone.js is missing");
    }

    #[test]
    fn plain_names_are_not_served() {
        assert!(find("css/main.css").is_none());
        assert!(find("../Cargo.toml").is_none());
    }
}
