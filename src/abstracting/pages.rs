//! The pages of one case: sections and all items.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    Section,
    clocks::Clocks,
    compare::ThreeWay,
    complete::{self, Severity},
    documents,
    drafts::{self, Draft},
    editor::{self, Head, Help, Panel, SectionLine, Source, Typed},
    form::{self, Both, NotTaken, Page},
    form_row::{left_over, row_of},
    happened::{Happened, notice},
    judging::{Judging, settled},
    propose::METS_AT_DX,
    resequence,
    saving::{self, Stored},
    sequence::{LifetimeTumor, SequenceSuggestion, suggest},
    store::{self, OpenQuestion},
};
use crate::{
    access::{Action, permits},
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::{Dictionary, Items},
    facility::{Desk, desk_of},
    ids::TumorId,
    partial_date::in_words,
    provenance, quality_review,
    web::{
        Acting, App, Control, Field, FieldState, Layout, Notice, PageError, PageResult, Place, Width,
        see_other,
    },
};

/// The item whose field is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    item: String,
}

#[derive(Template)]
#[template(path = "abstracting/section.html")]
struct SectionPage {
    layout: Layout,
    frame: Frame,
    section: Section,
    fields: Vec<Field>,
    helps: Vec<Help>,
    done: String,
    /// A place of metastases is shown and blank.
    asks_spread: bool,
    /// Proposals of this section that stand beside blank boxes.
    proposals: usize,
    next: Option<(Section, String)>,
    previous: Option<String>,
}

#[derive(Template)]
#[template(path = "abstracting/all_items.html")]
struct AllItemsPage {
    layout: Layout,
    frame: Frame,
    helps: Vec<Help>,
    groups: Vec<(&'static str, Vec<Field>)>,
    add: Vec<Field>,
}

/// The findings beside a form.
pub(super) struct Beside {
    pub(super) panel: Panel,
    /// Changes of sequence on other cases that follow from this one.
    pub(super) resequence: Vec<(String, String)>,
    /// Values that the schema of the case has no place for: label and value.
    pub(super) left_over: Vec<(&'static str, String)>,
    pub(super) uid: String,
    pub(super) page: &'static str,
    pub(super) csrf: String,
    /// Findings can be decided about here.
    pub(super) decides: bool,
}

/// What all pages of a case share.
struct Frame {
    uid: String,
    head: Head,
    sections: Vec<SectionLine>,
    beside: Beside,
    sources: Vec<Source>,
    page: Page,
    action: String,
    patient_version: i32,
    tumor_version: i32,
    /// Fields can be changed here.
    writes: bool,
    /// The reader may ask to delete the case.
    deletes: bool,
    /// Somebody asked to delete it.
    leaving: bool,
    /// Why it is in quality review, where it is.
    review: Option<quality_review::Told>,
    clocks: Clocks,
    /// When the typing shown was kept, where it is not saved yet.
    draft: Option<String>,
    notes: i64,
    /// Where codes came from and what justifies them, typed and not saved yet: names and values.
    carried: Vec<(String, String)>,
    /// Questions to physicians that are not settled.
    questions: usize,
    /// The reader may ask a physician.
    asks: bool,
    /// What chooses the lists of schema and site, for a page without script.
    context: String,
}

/// Everything a page of a case needs, read in one transaction.
pub(super) struct Opened {
    pub(super) desk: Desk,
    pub(super) stored: Stored,
    judging: Judging,
    draft: Option<Draft>,
    /// The record with the draft put onto it.
    pub(super) shown: Both,
    not_taken: Vec<NotTaken>,
    sequence: Option<SequenceSuggestion>,
    resequence: Vec<(String, String)>,
    notes: i64,
    questions: Vec<OpenQuestion>,
    /// Source documents, the newest first.
    documents: Vec<Source>,
    review: Option<quality_review::Told>,
}

/// Does a pair of a form go along with a code instead of being one?
fn is_carried(name: &str) -> bool {
    name.starts_with(provenance::FROM) || name.starts_with(provenance::CITED)
}

/// Opens a page of a case, and says so.
fn open(tx: &mut Tx<'_>, app: &App, uid: &str, page: Page) -> Result<Opened, PageError> {
    let opened = read(tx, app, uid, page)?;
    let (patient, tumor) = (opened.stored.patient.id, opened.stored.tumor.id);
    tx.record(Event::new(AuditAction::ViewTumor).tumor(patient, tumor).detail(page.word()));
    Ok(opened)
}

/// Reads a page of a case with the typing that is kept; the caller says what for.
pub(super) fn read(tx: &mut Tx<'_>, app: &App, uid: &str, page: Page) -> Result<Opened, PageError> {
    let desk = desk_of(tx, app)?;
    let stored = saving::stored(tx, uid)?;
    let draft = drafts::of_page(tx, stored.tumor.id, page)?;
    let (shown, not_taken) = match &draft {
        Some(draft) => with_draft(tx, &desk, &stored, page, draft)?,
        None => (stored.items.clone(), Vec::new()),
    };
    let siblings = saving::siblings(tx, &stored)?;
    let judging = Judging::of(tx, &desk, &stored, &siblings)?;
    let others: Vec<LifetimeTumor> =
        siblings.iter().map(|t| t.items().map(|i| LifetimeTumor::of(&i))).collect::<Result<_, _>>()?;
    let sequence = suggest(&LifetimeTumor::of(&shown.tumor), &others);
    let resequence = resequence::of(sequence.as_ref(), &siblings);
    // A draft that says what is stored by now has done its work.
    let cites = |d: &Draft| d.typing.pairs.iter().any(|(name, _)| name.starts_with(provenance::CITED));
    let draft = draft.filter(|d| shown != stored.items || !not_taken.is_empty() || cites(d));
    let notes = super::notes::open_on(tx, stored.tumor.id)?;
    let scope = tx.scope()?;
    let questions = store::open_questions(tx.conn(), scope, stored.tumor.id)?;
    let documents = documents::sources(tx, stored.tumor.id, &stored.tumor.uid)?;
    let review = quality_review::told_of(tx, &stored.tumor)?;
    Ok(Opened {
        documents,
        desk,
        stored,
        judging,
        draft,
        shown,
        not_taken,
        sequence,
        resequence,
        notes,
        questions,
        review,
    })
}

/// The record as a draft would leave it: what was typed wins where both changed an item, and what
/// others saved elsewhere in the record since then stays.
fn with_draft(
    tx: &mut Tx<'_>,
    desk: &Desk,
    stored: &Stored,
    page: Page,
    draft: &Draft,
) -> Result<(Both, Vec<NotTaken>), PageError> {
    let base = saving::base(tx, stored, &draft.typing)?;
    let mine = form::apply(page, &base, &draft.typing.pairs, saving::reading(desk));
    let compare = |base, mine, theirs| ThreeWay::of(base, mine, theirs).decided(|_| true);
    let shown = Both {
        patient: compare(&base.patient, &mine.record.patient, &stored.items.patient),
        tumor: compare(&base.tumor, &mine.record.tumor, &stored.items.tumor),
    };
    Ok((shown, mine.not_taken))
}

impl Opened {
    /// What is found in the record: as it is stored, or as a save of what is typed would leave it.
    pub(super) fn findings(&self) -> Vec<complete::Finding> {
        match self.draft {
            Some(_) => self.judging.findings(&settled(&self.shown)),
            None => self.judging.findings(&self.shown),
        }
    }

    /// The field to begin at: the one asked for, or where the hand was when the typing was kept.
    fn at<'a>(&'a self, happened: &'a Happened) -> &'a str {
        let fresh = happened.saved.is_empty() && happened.refused.is_empty();
        match &self.draft {
            Some(draft) if fresh && happened.at.is_empty() => {
                form::pair(&draft.typing.pairs, "at").unwrap_or("")
            }
            _ => &happened.at,
        }
    }

    pub(super) fn writes(&self, acting: &Acting, page: Page) -> bool {
        let state = self.stored.state();
        let outcome = page == Page::Section(Section::Outcome) && !state.is_leaving();
        (state.is_open() || outcome) && permits(acting, Action::EditAbstract)
    }

    fn frame(&self, acting: &Acting, page: Page, found: &[complete::Finding]) -> Frame {
        let uid = self.stored.tumor.uid.clone();
        Frame {
            head: editor::head(&self.stored, &self.shown, &self.desk),
            sections: editor::sections(&uid, page, self.shown.case(), found),
            beside: self.beside(acting, page, found),
            sources: editor::sources(&self.shown.tumor)
                .into_iter()
                .chain(self.documents.iter().cloned())
                .collect(),
            page,
            action: editor::href(&uid, page),
            // Typing is compared with what it was typed on.
            patient_version: self
                .draft
                .as_ref()
                .map_or(self.stored.patient.version, |d| d.typing.patient_version),
            tumor_version: self.draft.as_ref().map_or(self.stored.tumor.version, |d| d.typing.tumor_version),
            writes: self.writes(acting, page),
            deletes: permits(acting, Action::ProposeVoid),
            leaving: self.stored.state().is_leaving(),
            review: self.review.clone(),
            clocks: Clocks::of(&self.shown.patient, &self.shown.tumor, self.desk.today),
            draft: self.draft.as_ref().map(|d| {
                let at = self.desk.facility.wall(d.row.changed_at);
                format!("{}, {}", in_words(at.date_naive()), at.format("%H:%M"))
            }),
            notes: self.notes,
            carried: self
                .draft
                .iter()
                .flat_map(|d| &d.typing.pairs)
                .filter(|(n, _)| is_carried(n))
                .cloned()
                .collect(),
            questions: self.questions.len(),
            asks: permits(acting, Action::AskPhysician),
            context: editor::context(self.shown.case()),
            uid,
        }
    }

    pub(super) fn fields(
        &self,
        section: Section,
        found: &[complete::Finding],
        mark_missing: bool,
        writes: bool,
    ) -> Vec<Field> {
        let typed = Typed {
            not_taken: &self.not_taken,
            sequence: self.sequence.as_ref(),
            mark_missing,
            closed: !writes,
            stored: self.draft.as_ref().map(|_| self.stored.items.case()),
        };
        let mut fields = editor::fields(section, self.shown.case(), found, typed);
        for field in &mut fields {
            field.remark = self
                .questions
                .iter()
                .rev()
                .find(|q| q.item == field.name)
                .map(|q| q.remark(&self.desk.facility, &self.stored.tumor.uid));
        }
        fields
    }

    pub(super) fn beside(&self, acting: &Acting, page: Page, found: &[complete::Finding]) -> Beside {
        let uid = &self.stored.tumor.uid;
        Beside {
            panel: editor::panel(uid, page, found),
            resequence: self.resequence.clone(),
            left_over: left_over(self.shown.case())
                .map(|row| (row.label, row.value(self.shown.case()).to_owned()))
                .collect(),
            uid: uid.clone(),
            page: page.word(),
            csrf: self.desk.layout.csrf.clone(),
            decides: self.stored.state().is_open() && permits(acting, Action::EditAbstract),
        }
    }

    fn layout(&self, title: &str) -> Layout {
        let head = editor::head(&self.stored, &self.shown, &self.desk);
        self.desk
            .layout
            .clone()
            .titled(format!("{}, {title} – Abstract", head.number))
            .at(Place::Abstracts)
            .wide(Width::Editor)
            .compact()
            .of_case(&self.stored.tumor.uid)
    }
}

/// A case without a section: that of the item asked for, else the first one that lacks something.
pub(super) async fn first(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<TumorId>,
    asked: web::Query<Asked>,
) -> PageResult {
    let uid = id.to_string();
    if let Some(row) = row_of(&asked.item) {
        return see_other(editor::field_href(&uid, row));
    }
    let to = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let stored = saving::stored(tx, &uid)?;
                tx.record(Event::new(AuditAction::ViewTumor).tumor(stored.patient.id, stored.tumor.id));
                let desk = desk_of(tx, app)?;
                let siblings = saving::siblings(tx, &stored)?;
                let found = Judging::of(tx, &desk, &stored, &siblings)?.findings(&stored.items);
                let section = found
                    .iter()
                    .filter(|f| f.severity == Severity::Error)
                    .map(|f| f.section)
                    .min()
                    .unwrap_or(Section::Case);
                Ok::<_, PageError>(editor::href(&uid, Page::Section(section)))
            })
        })
        .await?;
    see_other(to)
}

pub(super) fn page_of(word: &str) -> Result<Page, PageError> {
    Page::parse(word).ok_or(PageError::NotFound)
}

pub(super) async fn show(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, String)>,
    happened: web::Query<Happened>,
) -> PageResult {
    let (id, word) = path.into_inner();
    let (uid, which) = (id.to_string(), page_of(&word)?);
    let happened = happened.into_inner();
    let html = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let opened = open(tx, app, &uid, which)?;
                let found = opened.findings();
                let told = notice(&happened, &opened);
                let mark = happened.refused == "way";
                let shown = match which {
                    Page::Section(section) => {
                        let at = opened.at(&happened);
                        section_page(&opened, &acting, section, &found, told, mark, at).render()
                    }
                    Page::AllItems => all_items_page(&opened, &acting, &found, told).render(),
                };
                shown.map_err(PageError::from)
            })
        })
        .await?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(html))
}

fn section_page(
    opened: &Opened,
    acting: &Acting,
    section: Section,
    found: &[complete::Finding],
    told: Option<Notice>,
    mark_missing: bool,
    at: &str,
) -> SectionPage {
    let which = Page::Section(section);
    let frame = opened.frame(acting, which, found);
    let mut fields = opened.fields(section, found, mark_missing, frame.writes);
    let first = fields
        .iter()
        .position(|f| f.name == at && !f.hidden && !f.is_fixed())
        .or_else(|| fields.iter().position(|f| f.is_wrong() && !f.hidden))
        .or_else(|| fields.iter().position(|f| !f.is_fixed() && !f.hidden));
    if let Some(field) = first.and_then(|at| fields.get_mut(at)) {
        field.first = frame.writes;
    }
    let shown = fields.iter().filter(|f| !f.hidden).count();
    let filled = fields.iter().filter(|f| !f.value.is_empty()).count();
    SectionPage {
        layout: opened.layout(section.title()).with_notice(told),
        helps: editor::help(section, opened.shown.case(), &provenance::notes(&opened.stored.tumor.envelope)),
        asks_spread: fields
            .iter()
            .any(|f| !f.hidden && f.value.is_empty() && METS_AT_DX.contains(&f.name.as_str())),
        proposals: fields.iter().filter(|f| !f.hidden && !f.proposal.is_empty()).count(),
        done: format!("{filled} of {shown} filled"),
        next: section.next().map(|s| (s, editor::href(&frame.uid, Page::Section(s)))),
        previous: section.previous().map(|s| editor::href(&frame.uid, Page::Section(s))),
        fields,
        section,
        frame,
    }
}

fn all_items_page(
    opened: &Opened,
    acting: &Acting,
    found: &[complete::Finding],
    told: Option<Notice>,
) -> AllItemsPage {
    let frame = opened.frame(acting, Page::AllItems, found);
    let of = |level: &str, items: &Items| {
        items
            .iter()
            .filter(|(id, _)| super::form_row::row_of(id).is_none())
            .map(|(id, value)| any_field(level, id, value, opened, frame.writes))
            .collect::<Vec<_>>()
    };
    let kept = |name: &str| opened.not_taken.iter().find(|n| n.field == name);
    let add = [("add.id", "Item", "XML id, number or name"), ("add.value", "Value", "")]
        .into_iter()
        .map(|(name, label, hint)| {
            let field = Field::text(name, label).hint(hint);
            match kept(name) {
                Some(kept) => field.value(kept.typed.clone()).error(kept.why.clone()),
                None => field,
            }
        })
        .collect();
    AllItemsPage {
        layout: opened.layout("All items").with_notice(told),
        helps: Vec::new(),
        groups: vec![
            ("Of the patient", of("p", &opened.shown.patient)),
            ("Of this case", of("t", &opened.shown.tumor)),
        ],
        add,
        frame,
    }
}

fn any_field(level: &str, id: &str, value: &str, opened: &Opened, writes: bool) -> Field {
    let name = format!("{level}.{id}");
    let long = value.chars().count() > 60 || value.contains('\n');
    let control = if long { Control::Area { rows: 4 } } else { Control::Text };
    let mut field = Field::new(&name, Dictionary::label(id), control).value(value);
    field.hint = match Dictionary::get(id) {
        Some(def) => format!("{id}, item {}", def.number),
        None => format!("{id}, not in the dictionary"),
    };
    field.read_only = !writes || crate::dictionary::names::RENAMED.iter().any(|(older, _)| *older == id);
    if let Some(meaning) = crate::dictionary::CodeLists::label(id, value.trim()) {
        field.hint = format!("{}. {meaning}", field.hint);
    }
    if let Some(kept) = opened.not_taken.iter().find(|n| n.field == name) {
        field.value.clone_from(&kept.typed);
        field.state = FieldState::Error(kept.why.clone());
    }
    field
}
