//! Signing in, the first page, own settings, accounts, facilities, the audit list.

mod account_of_page;
mod account_page;
mod accounts_page;
mod audit_page;
pub mod backup;
mod facilities_page;
mod home;
pub mod rotation;
mod sign_in;
mod store;

use actix_web::{HttpResponse, http::header, web};

use crate::{
    access::Action,
    web::{PageError, PageResult, Route, assets},
};

/// Routes of this folder, static files and health included.
pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::get("/static/{name:.*}", Action::Public, || web::get().to(static_file)),
        Route::get("/health/live", Action::Public, || web::get().to(live)),
        Route::get("/health/ready", Action::Public, || web::get().to(ready)),
        Route::post("/csp-report", Action::Public, || web::post().to(csp_report)).by_itself(),
    ];
    routes.extend(sign_in::routes());
    routes.extend(home::routes());
    routes.extend(account_page::routes());
    routes.extend(accounts_page::routes());
    routes.extend(account_of_page::routes());
    routes.extend(facilities_page::routes());
    routes.extend(audit_page::routes());
    routes
}

async fn static_file(name: web::Path<String>) -> PageResult {
    let asset = assets::find(&name).ok_or(PageError::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type(asset.mime)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.bytes))
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().body("live")
}

async fn ready(app: web::Data<crate::web::App>) -> PageResult {
    app.blocking(|app| app.db.read(|conn| crate::facility::all(conn).map(|_| ()))).await?;
    Ok(HttpResponse::Ok().body("ready"))
}

/// A browser refused something of a page: counted in the log, addresses and contents left out.
async fn csp_report() -> HttpResponse {
    tracing::warn!("a browser reported a breach of the content security policy");
    HttpResponse::NoContent().finish()
}
