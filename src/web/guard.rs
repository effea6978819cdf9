//! What stands before every handler: who is it, may they, does the request come from our pages.

use std::rc::Rc;

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    cookie::{Cookie, SameSite},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web,
};

use super::{App, PageError, Route};
use crate::{
    access::{Action, Actor, permits, session},
    audit::{AuditAction, Event},
    db::StoreError,
};

/// Name of the session cookie; the prefix makes browsers insist on Secure and Path=/.
pub const COOKIE: &str = "__Host-registry";

/// The declared route of a request, for extractors.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// Largest body.
    pub most_bytes: usize,
}

/// The permitted actor of the request. Handlers that touch anything take one.
#[derive(Clone, Debug)]
pub struct Acting(pub Actor);

impl FromRequest for Acting {
    type Error = PageError;
    type Future = std::future::Ready<Result<Self, PageError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(req.extensions().get::<Actor>().cloned().map(Acting).ok_or(PageError::NotFound))
    }
}

impl std::ops::Deref for Acting {
    type Target = Actor;
    fn deref(&self) -> &Actor {
        &self.0
    }
}

/// The session cookie. Secure always: browsers take it on loopback HTTP too, and a browser
/// that does not is told so after signing in.
pub fn session_cookie(token: &str) -> Cookie<'static> {
    Cookie::build(COOKIE, token.to_owned())
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .finish()
}

/// The cookie that takes the session cookie away.
pub fn no_cookie() -> Cookie<'static> {
    let mut cookie = session_cookie("");
    cookie.make_removal();
    cookie
}

/// Address of the peer, or what a declared proxy says of it.
pub fn source_of(req: &HttpRequest, app: &App) -> String {
    let peer = req.peer_addr().map(|a| a.ip());
    if let Some(peer) = peer.filter(|p| app.config.server.behind_proxy.contains(p)) {
        let said = req.headers().get("x-forwarded-for").and_then(|v| v.to_str().ok());
        let last =
            said.and_then(|s| s.rsplit(',').next()).and_then(|s| s.trim().parse::<std::net::IpAddr>().ok());
        return last.unwrap_or(peer).to_string();
    }
    peer.map(|p| p.to_string()).unwrap_or_else(|| "unknown".to_owned())
}

/// Does an unsafe request come from one of our own pages?
fn from_own_page(req: &HttpRequest) -> bool {
    let text = |name: &str| req.headers().get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, o)| o == host),
        // Old browsers send neither; the token in the form still has to fit.
        (None, _) => true,
        (Some(_), None) => false,
    }
}

/// Where a person is sent who has to sign in first.
fn to_sign_in(req: &ServiceRequest) -> HttpResponse {
    let mut to = "/sign-in".to_owned();
    if req.method() == Method::GET {
        let next = req.uri().path_and_query().map_or("/", |p| p.as_str());
        if next != "/" {
            to = format!("/sign-in?{}", serde_html_form::to_string([("next", next)]).unwrap_or_default());
        }
    }
    HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish()
}

/// Checks a request against the routes declared for its path, then lets it through.
pub async fn check(
    routes: Rc<Vec<Route>>,
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    // Refusals become answers here, so that they too carry the headers of every answer.
    match decide(&routes, &req).await {
        Ok(None) => Ok(next.call(req).await?.map_into_boxed_body()),
        Ok(Some(answer)) => Ok(req.into_response(answer)),
        Err(refused) => Ok(req.into_response(refused.error_response())),
    }
}

/// `None`: the handler may answer; the actor is in the request.
async fn decide(routes: &[Route], req: &ServiceRequest) -> Result<Option<HttpResponse>, PageError> {
    let app = req.app_data::<web::Data<App>>().cloned().ok_or(PageError::NotFound)?;
    let method = if req.method() == Method::HEAD { Method::GET } else { req.method().clone() };
    let Some(route) = routes.iter().find(|r| r.method == method) else {
        return Ok(Some(HttpResponse::MethodNotAllowed().finish()));
    };
    if method != Method::GET && !from_own_page(req.request()) {
        return Err(PageError::Forged);
    }
    req.extensions_mut().insert(Declared { most_bytes: route.most_bytes });
    let source = source_of(req.request(), &app);
    if route.action == Action::Public {
        let mut nobody = Actor::nobody();
        nobody.source = source;
        req.extensions_mut().insert(nobody);
        return Ok(None);
    }
    let token = req.cookie(COOKIE).map(|c| c.value().to_owned()).filter(|t| t.len() == 64);
    let actor = match token {
        Some(token) => {
            let by_itself = route.by_itself;
            app.blocking(move |app| session::actor_of(&app.db, &token, app.config.session, by_itself)).await?
        }
        None => None,
    };
    let Some(mut actor) = actor else { return Ok(Some(to_sign_in(req))) };
    actor.source = source;
    actor.request = super::reference();
    if !permits(&actor, route.action) {
        let denied = format!("{:?}", route.action);
        app.blocking(move |app| {
            app.db.write(&actor, |tx| {
                tx.record(Event::new(AuditAction::Denied).refused().detail(denied.clone()));
                Ok::<(), StoreError>(())
            })
        })
        .await?;
        return Err(PageError::NotFound);
    }
    req.extensions_mut().insert(actor);
    Ok(None)
}

/// Headers of every answer, errors and static files included.
pub async fn headers(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let app = req.app_data::<web::Data<App>>().cloned();
    let is_static = req.path().starts_with("/static/");
    let mut answer = next.call(req).await?.map_into_boxed_body();
    let tls = app.is_some_and(|a| a.config.server.tls.is_some() || !a.config.server.behind_proxy.is_empty());
    let found = answer.status().is_success();
    let map = answer.headers_mut();
    for (name, value) in [
        (
            "content-security-policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
             connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; \
             report-uri /csp-report",
        ),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ] {
        map.insert(header::HeaderName::from_static(name), header::HeaderValue::from_static(value));
    }
    if !(is_static && found) {
        map.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    }
    if tls {
        map.insert(
            header::STRICT_TRANSPORT_SECURITY,
            header::HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    Ok(answer)
}

/// Mounts an inventory. Two routes on one path share a resource; nothing else can be mounted.
pub fn mount(inventory: &[Route], config: &mut web::ServiceConfig) {
    let mut paths: Vec<&'static str> = Vec::new();
    for route in inventory {
        if !paths.contains(&route.path) {
            paths.push(route.path);
        }
    }
    for path in paths {
        let here: Rc<Vec<Route>> = Rc::new(inventory.iter().filter(|r| r.path == path).cloned().collect());
        let mut resource = web::resource(path);
        for route in here.iter() {
            let handler = (route.handler)();
            resource = resource.route(if route.method == Method::GET {
                // HEAD is answered like GET, without a body.
                handler.guard(actix_web::guard::Any(actix_web::guard::Get()).or(actix_web::guard::Head()))
            } else {
                handler.method(route.method.clone())
            });
        }
        let for_guard = here.clone();
        config.service(
            resource
                .wrap(actix_web::middleware::from_fn(move |req, next| check(for_guard.clone(), req, next))),
        );
    }
}
