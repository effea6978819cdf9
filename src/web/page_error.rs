//! What a page says when it cannot be shown.

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use askama::Template;

use crate::db::{HoldsStoreError, StoreError};

/// Why a page cannot be shown. What is not there and what is not for you look alike.
#[derive(Debug)]
pub enum PageError {
    /// Not there, or not for this person.
    NotFound,
    /// The form did not come from this person's page (token missing or old).
    Forged,
    /// The request cannot be read; the sentence says what and what is expected.
    BadRequest(String),
    /// Larger than allowed: bytes.
    TooLarge(usize),
    /// The person codes a case of this patient again blind: nothing of it is shown before the lock. Public id of the
    /// review, where they are led.
    Blind(String),
    /// Too many requests or attempts; seconds to wait.
    Wait(i64),
    /// The database is away; try again.
    Unavailable,
    /// Our fault. Logged once, here, with the reference that the page shows.
    Internal(anyhow::Error),
}

/// What handlers return.
pub type PageResult = Result<HttpResponse, PageError>;

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().0)
    }
}

impl From<StoreError> for PageError {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::Diesel(diesel::result::Error::NotFound) => Self::NotFound,
            StoreError::NoConnection(why) => {
                tracing::error!(why, "database unavailable");
                Self::Unavailable
            }
            StoreError::Blind { review } => Self::Blind(review),
            other => Self::Internal(other.into()),
        }
    }
}

impl From<diesel::result::Error> for PageError {
    fn from(e: diesel::result::Error) -> Self {
        StoreError::from(e).into()
    }
}

impl From<anyhow::Error> for PageError {
    fn from(e: anyhow::Error) -> Self {
        Self::Internal(e)
    }
}

impl From<askama::Error> for PageError {
    fn from(e: askama::Error) -> Self {
        Self::Internal(e.into())
    }
}

impl HoldsStoreError for PageError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Internal(e) => e.downcast_ref(),
            _ => None,
        }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    title: &'a str,
    sentence: &'a str,
    reference: &'a str,
    css: String,
    icon: String,
}

impl PageError {
    /// Heading and sentence: what happened, what to do.
    fn words(&self) -> (String, String) {
        let (a, b) = match self {
            Self::NotFound => (
                "Nothing here",
                "This page does not exist, or it is not one of yours. Go back, or start from My work.".to_owned(),
            ),
            Self::Forged => (
                "Not saved",
                "The form was open too long or came from another sign-in. Go back, reload the page, and save again. \
                 Nothing was changed."
                    .to_owned(),
            ),
            Self::BadRequest(why) => ("Not understood", why.clone()),
            Self::TooLarge(most) => ("Too large", format!("At most {most} bytes are taken here.")),
            Self::Blind(_) => (
                "Not before the lock",
                "You code a case of this patient again without its codes. Lock your coding, or hand the review back."
                    .to_owned(),
            ),
            Self::Wait(seconds) => ("Wait a moment", format!("Too many requests. Try again in {seconds} seconds.")),
            Self::Unavailable => (
                "The database is away",
                "Nothing was lost or half done. Try again in a few seconds; if it stays away, tell your administrator."
                    .to_owned(),
            ),
            Self::Internal(_) => (
                "Something went wrong here",
                "Nothing was half done. Go back and try again; if it happens again, give your administrator the reference."
                    .to_owned(),
            ),
        };
        (a.to_owned(), b)
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Blind(_) => StatusCode::SEE_OTHER,
            Self::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let reference = super::reference();
        if let Self::Internal(error) = self {
            // Errors of the store hold no values of patients; see `StoreError`.
            tracing::error!(reference, error = format!("{error:#}"), "a page failed");
        }
        let (title, sentence) = self.words();
        let page = ErrorPage {
            title: &title,
            sentence: &sentence,
            reference: &reference,
            css: super::assets::url("css/main.css"),
            icon: super::assets::url("favicon.svg"),
        };
        let mut answer = HttpResponse::build(self.status_code());
        if let Self::Wait(seconds) = self {
            answer.insert_header(("Retry-After", seconds.to_string()));
        }
        if let Self::Blind(review) = self {
            answer.insert_header(("Location", format!("/quality-review/{review}?done=hidden")));
        }
        if matches!(self, Self::Unavailable) {
            answer.insert_header(("Retry-After", "5"));
        }
        answer.content_type("text/html; charset=utf-8").body(page.render().unwrap_or(sentence))
    }
}
