//! The outbox page, a test mail, trying again, and the link of a mail.

use std::sync::Arc;

use cancer_registry::reminder::{job::Reminders, mailer::MemoryMailer};
use diesel::{QueryableByName, RunQueryDsl, sql_types::Text};

use crate::support::{
    TestApp,
    app::{ADA, RAJ, ROSA, SAM},
    backends,
};

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = Text)]
    uid: String,
}

fn reminders(app: &TestApp, mailer: &Arc<MemoryMailer>) -> Reminders {
    Reminders {
        db: app.registry.db.clone(),
        mailer: mailer.clone(),
        from: "Registry <registry@hospital.example>".to_owned(),
        base_url: "https://registry.hospital.example".to_owned(),
    }
}

fn sql(app: &TestApp, statement: &str) {
    app.registry
        .db
        .keep(|conn| {
            diesel::sql_query(statement).execute(conn)?;
            Ok::<_, cancer_registry::db::StoreError>(())
        })
        .unwrap();
}

fn id(app: &TestApp) -> String {
    let rows: Vec<Id> = app.registry.look(|conn| Ok(diesel::sql_query("SELECT uid FROM outbox").load(conn)?));
    rows.into_iter().next().unwrap().uid
}

#[test]
fn an_administrator_sends_a_test_mail_and_sees_its_fate() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut ada = app.sign_in(ADA);
        let empty = ada.get("/outbox").expect(200);
        assert!(empty.body().contains("No mail here."));
        assert_eq!(ada.post("/outbox/tests", &[]).expect(303).location(), "/outbox?done=test");
        let listed = ada.get("/outbox?state=queued").expect(200).body();
        assert!(listed.contains("Test mail") && listed.contains("Ada Keys"), "{listed}");
        let mailer = Arc::<MemoryMailer>::default();
        assert_eq!(reminders(&app, &mailer).send_due().unwrap().sent, 1);
        assert_eq!(mailer.taken()[0].to.to_string(), "ada@hospital.example");
        assert!(ada.get("/outbox?state=sent").expect(200).body().contains("Ada Keys"));
        ada.get("/outbox?state=lost").expect(400);
    }
}

#[test]
fn only_a_failed_mail_can_be_tried_again_and_only_by_an_administrator() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut ada = app.sign_in(ADA);
        ada.post("/outbox/tests", &[]).expect(303);
        let again = format!("/outbox/{}/attempts", id(&app));
        assert_eq!(ada.post(&again, &[]).expect(303).location(), "/outbox?done=not-failed");
        sql(&app, "UPDATE outbox SET state = 'failed', last_error = '550 no such person'");
        let page = ada.get("/outbox").expect(200).body();
        assert!(page.contains("550 no such person") && page.contains("Try again"), "{page}");
        // A supervisor sees it, without the buttons; a registrar finds no such page.
        let mut sam = app.sign_in(SAM);
        let seen = sam.get("/outbox").expect(200).body();
        assert!(seen.contains("550 no such person") && !seen.contains("Try again"));
        sam.post(&again, &[]).expect(404);
        app.sign_in(RAJ).get("/outbox").expect(404);
        assert_eq!(ada.post(&again, &[]).expect(303).location(), "/outbox?done=again");
        let mailer = Arc::<MemoryMailer>::default();
        assert_eq!(reminders(&app, &mailer).send_due().unwrap().sent, 1);
        ada.post("/outbox/00000000-0000-7000-8000-000000000000/attempts", &[]).expect(404);
    }
}

#[test]
fn the_link_of_a_mail_leads_its_recipient_to_the_list() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (rosa, facility) = (app.account(ROSA).id, app.registry.facility.key);
        sql(
            &app,
            &format!(
                "INSERT INTO outbox (uid, facility_id, account_id, kind, period, state, message_id, attempts, \
                 next_attempt_at, lease_token, created_at, last_error, covered_by, counts) VALUES \
                 ('0192f0c1-7a00-7000-8000-000000000001', {facility}, {rosa}, 'M1', '2026-W48', 'sent', '<ab@x>', 1, \
                 '2026-11-23 13:00:00', '', '2026-11-23 13:00:00', '', '', '')"
            ),
        );
        let link = "/lists/0192f0c1-7a00-7000-8000-000000000001";
        assert_eq!(app.sign_in(ROSA).get(link).expect(303).location(), "/followup?owner=me");
        app.sign_in(RAJ).get(link).expect(404);
        app.sign_in(ADA).get(link).expect(404);
        assert_eq!(app.sign_in(SAM).get(link).expect(303).location(), "/followup");
        // Nobody signed in: to the sign-in page first, then on.
        let door = app.browser().get(link).expect(303);
        assert!(door.location().starts_with("/sign-in?next="), "{}", door.location());
    }
}
