//! Forms: read whole, token checked, then given their type.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use super::{PageError, guard::Declared};
use crate::access::Actor;

/// The pairs of a form, in order, after its token was checked.
#[derive(Clone, Debug, Default)]
pub struct Pairs(pub Vec<(String, String)>);

impl Pairs {
    /// First value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// A form of a signed-in person: token checked, fields read into `T`; unknown or repeated
/// fields are refused when `T` says so (`deny_unknown_fields`).
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let pairs = Pairs::from_request(req, payload);
        Box::pin(async move {
            let Pairs(pairs) = pairs.await?;
            read(&pairs).map(Form)
        })
    }
}

/// Reads pairs into a type.
pub fn read<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, PageError> {
    let text = serde_html_form::to_string(pairs).map_err(|e| PageError::BadRequest(e.to_string()))?;
    serde_html_form::from_str(&text)
        .map_err(|e| PageError::BadRequest(format!("The form does not have the fields of this page ({e}).")))
}

impl FromRequest for Pairs {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let actor = req.extensions().get::<Actor>().cloned();
        let most = req.extensions().get::<Declared>().map_or(super::routes::FORM_BYTES, |d| d.most_bytes);
        let kind =
            req.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let mut body = web::Payload::from_request(req, payload);
        Box::pin(async move {
            if !kind.starts_with("application/x-www-form-urlencoded") {
                return Err(PageError::BadRequest("A form is expected here.".to_owned()));
            }
            let mut stream = (&mut body).await.map_err(|e| PageError::BadRequest(e.to_string()))?;
            let mut bytes = web::BytesMut::new();
            while let Some(chunk) = stream.next().await {
                let chunk = chunk.map_err(|e| PageError::BadRequest(e.to_string()))?;
                if bytes.len() + chunk.len() > most {
                    return Err(PageError::TooLarge(most));
                }
                bytes.extend_from_slice(&chunk);
            }
            let mut pairs: Vec<(String, String)> = serde_html_form::from_bytes(&bytes).map_err(|_| {
                PageError::BadRequest("The form cannot be read; it must be UTF-8.".to_owned())
            })?;
            let actor = actor.ok_or(PageError::Forged)?;
            let given: Vec<String> =
                pairs.iter().filter(|(n, _)| n == "csrf").map(|(_, v)| v.clone()).collect();
            if !token_fits(actor.csrf(), &given) {
                return Err(PageError::Forged);
            }
            pairs.retain(|(n, _)| n != "csrf");
            Ok(Self(pairs))
        })
    }
}

/// Exactly one token, and the right one.
fn token_fits(expected: &str, given: &[String]) -> bool {
    match given {
        [one] => !expected.is_empty() && bool::from(one.as_bytes().ct_eq(expected.as_bytes())),
        _ => false,
    }
}

/// Is this the token of the actor's forms? For uploads, which are not ordinary forms.
pub fn check_token(actor: &Actor, given: &str) -> Result<(), PageError> {
    if token_fits(actor.csrf(), &[given.to_owned()]) { Ok(()) } else { Err(PageError::Forged) }
}
