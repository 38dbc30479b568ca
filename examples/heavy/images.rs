//! Photos of this machine and of the web, and thumbnails of them.
//!
//!     cargo run -p scrapeflow-heavy-examples --example images

use futures::TryStreamExt;
use scrapeflow::images::{self, Info};
use scrapeflow::prelude::*;
use scrapeflow::ready::local::{parse_image, scrape_local_file_or_url, thumbnail};
use scrapeflow::{outputs, store::DirStore};
use scrapeflow_site::{Answer, Site};
use serde_json::json;

workflow! {
    /// Photos, what they are, and thumbnails.
    Photos = scrape_local_file_or_url -> parse_image -> thumbnail;
}

#[tokio::main]
async fn main() -> Result<()> {
    // A photo in a folder, and one on a site on loopback.
    let folder = tempfile::tempdir()?;
    let photo = folder.path().join("photo.png");
    image::DynamicImage::new_rgb8(300, 200).save(&photo)?;
    let (site, bytes) = (Site::start(), std::fs::read(&photo)?);
    site.route("/photo.png", move |_| {
        Answer::new("image/png", bytes.clone())
    });

    let dir = folder.path().join("photos");
    let file = format!("file://{}", photo.display());
    let tasks = [
        ("here", json!({ "url": file })),
        ("there", json!({ "url": site.url("/photo.png") })),
    ];
    let report = Photos::in_dir(&dir)
        .tasks(Tasks::from_pairs(tasks)?)
        // Files anywhere else are refused.
        .local_roots([folder.path()])
        .params(&json!({ "thumbnail": [64, 64] }))
        .run()
        .await?;
    println!("{report}");

    let store = DirStore::new(&dir);
    let found: Vec<(Key, Info)> = outputs::<parse_image>(&store).try_collect().await?;
    for (key, photo) in found {
        let small = std::fs::read(dir.join(format!("{key}.thumb.webp")))?;
        let small = images::info(&small)?;
        println!(
            "{key}: {} of {} by {} pixels; its thumbnail is {} by {}",
            photo.format, photo.width, photo.height, small.width, small.height
        );
    }
    Ok(())
}
