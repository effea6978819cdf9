//! `user`: accounts and roles from the host.

use clap::{Args, Subcommand};

use super::{Global, Outcome, init::until_here, serve::open};
use crate::{
    access::{
        Actor, Role,
        accounts::{self, AccountRow, LinkKind, NewAccount},
    },
    facility::{self, Facility},
    web::App,
};

/// Arguments of `user`.
#[derive(Args, Debug)]
pub struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Subcommand, Debug)]
enum UserCommand {
    /// Make an account; prints a link with which its owner chooses a password.
    Add {
        /// User name.
        login: String,
        /// Name of the person.
        #[arg(long)]
        name: String,
        /// Address for mails.
        #[arg(long)]
        email: String,
        /// Three letters or digits, unique in the facility.
        #[arg(long)]
        initials: String,
        /// Roles: registrar, supervisor, quality-reviewer, researcher, auditor, administrator.
        #[arg(long, num_args = 1.., required = true)]
        role: Vec<String>,
        /// Facility, by short name; needed where there are several.
        #[arg(long)]
        facility: Option<String>,
    },
    /// List accounts, memberships and roles.
    List,
    /// Keep an account out, from the next request on.
    Disable {
        /// User name.
        login: String,
    },
    /// Let a disabled account in again.
    Enable {
        /// User name.
        login: String,
    },
    /// Print a link with which the owner chooses a new password.
    Reset {
        /// User name.
        login: String,
    },
    /// Take back the wait after failed attempts.
    Unlock {
        /// User name.
        login: String,
    },
    /// Grant a role; makes the account a member of the facility where `--initials` are given.
    Grant {
        /// User name.
        login: String,
        /// Role.
        role: String,
        /// Facility, by short name.
        #[arg(long)]
        facility: Option<String>,
        /// Initials there, for a new member.
        #[arg(long)]
        initials: Option<String>,
    },
    /// Take a role away.
    Revoke {
        /// User name.
        login: String,
        /// Role.
        role: String,
        /// Facility, by short name.
        #[arg(long)]
        facility: Option<String>,
    },
}

/// The facility named, or the only one.
pub fn chosen_facility(app: &App, word: Option<&str>) -> anyhow::Result<Facility> {
    app.db.read(|conn| {
        let all = facility::all(conn)?;
        let names = || all.iter().map(|f| f.short_name.clone()).collect::<Vec<_>>().join(", ");
        match word {
            Some(word) => facility::find(conn, word)?.ok_or_else(|| {
                anyhow::anyhow!("--facility “{word}” names none or several. There are: {}.", names())
            }),
            None => match all.as_slice() {
                [only] => Ok(only.clone()),
                _ => Err(anyhow::anyhow!(
                    "There are several facilities; name one with --facility: {}.",
                    names()
                )),
            },
        }
    })
}

fn role(word: &str) -> anyhow::Result<Role> {
    Role::parse(word).ok_or_else(|| {
        let all: Vec<_> = Role::ALL.iter().map(|r| r.word().replace('_', "-")).collect();
        anyhow::anyhow!("“{word}” is not a role. There are: {}.", all.join(", "))
    })
}

fn show_link(
    app: &App,
    global: &Global,
    account: &AccountRow,
    token: &str,
    until: chrono::DateTime<chrono::Utc>,
) {
    let link = format!("{}/password/{token}", app.config.base_url());
    if global.json {
        println!(
            "{}",
            serde_json::json!({ "login": account.login, "link": link, "until": until.to_rfc3339() })
        );
    } else {
        println!(
            "Give {} this link; it works once, until {}:\n\n  {link}\n",
            account.name,
            until_here(until)
        );
    }
}

/// Runs `user`.
pub fn run(args: &UserArgs, global: &Global) -> anyhow::Result<Outcome> {
    let app = open(global)?;
    let host = Actor::host(None);
    match &args.command {
        UserCommand::Add { login, name, email, initials, role: words, facility } => {
            let place = chosen_facility(&app, facility.as_deref())?;
            let roles = words.iter().map(|w| role(w)).collect::<anyhow::Result<Vec<_>>>()?;
            let new = NewAccount {
                login: login.clone(),
                name: name.clone(),
                email: email.clone(),
                initials: initials.clone(),
            };
            let token = app.db.chance.token();
            let (account, until) = app.db.write(&host.at(place.key), |tx| {
                let account = accounts::create(tx, place.key, &new, &roles)?;
                let until = accounts::issue_link(tx, &account, LinkKind::Invitation, &token)?;
                Ok::<_, accounts::AccountRefused>((account, until))
            })?;
            show_link(&app, global, &account, &token, until);
        }
        UserCommand::List => list(&app, global)?,
        UserCommand::Disable { login } => set_active(&app, global, login, false)?,
        UserCommand::Enable { login } => set_active(&app, global, login, true)?,
        UserCommand::Reset { login } => {
            let token = app.db.chance.token();
            let (account, until) = app.db.write(&host, |tx| {
                let account = accounts::by_login(tx.conn(), login)?;
                let until = accounts::issue_link(tx, &account, LinkKind::Reset, &token)?;
                Ok::<_, accounts::AccountRefused>((account, until))
            })?;
            show_link(&app, global, &account, &token, until);
        }
        UserCommand::Unlock { login } => {
            app.db.write(&host, |tx| {
                let account = accounts::by_login(tx.conn(), login)?;
                accounts::unlock(tx, &account)
            })?;
            say(global, login, "unlocked");
        }
        UserCommand::Grant { login, role: word, facility, initials } => {
            let (place, role) = (chosen_facility(&app, facility.as_deref())?, role(word)?);
            app.db.write(&host.at(place.key), |tx| {
                let account = accounts::by_login(tx.conn(), login)?;
                if let Some(initials) = initials {
                    accounts::join(tx, &account, place.key, initials)?;
                }
                accounts::grant(tx, &account, place.key, role)?;
                Ok::<_, accounts::AccountRefused>(())
            })?;
            say(global, login, "granted");
        }
        UserCommand::Revoke { login, role: word, facility } => {
            let (place, role) = (chosen_facility(&app, facility.as_deref())?, role(word)?);
            app.db.write(&host.at(place.key), |tx| {
                let account = accounts::by_login(tx.conn(), login)?;
                accounts::revoke(tx, &account, place.key, role)
            })?;
            say(global, login, "revoked");
        }
    }
    Ok(Outcome::Done)
}

fn set_active(app: &App, global: &Global, login: &str, active: bool) -> anyhow::Result<()> {
    app.db.write(&Actor::host(None), |tx| {
        let account = accounts::by_login(tx.conn(), login)?;
        accounts::set_active(tx, &account, active)
    })?;
    say(global, login, if active { "enabled" } else { "disabled" });
    Ok(())
}

fn say(global: &Global, login: &str, done: &str) {
    if global.json {
        println!("{}", serde_json::json!({ "login": login, "done": done }));
    } else {
        println!("{login}: {done}.");
    }
}

fn list(app: &App, global: &Global) -> anyhow::Result<()> {
    let all = app.db.read(accounts::list)?;
    if global.json {
        let list: Vec<_> = all
            .iter()
            .map(|(a, memberships)| {
                serde_json::json!({
                    "login": a.login, "name": a.name, "email": a.email, "state": a.state,
                    "memberships": memberships.iter().map(|m| serde_json::json!({
                        "facility": m.short_name, "initials": m.initials,
                        "roles": m.roles.iter().map(|r| r.word()).collect::<Vec<_>>(),
                    })).collect::<Vec<_>>(),
                })
            })
            .collect();
        println!("{}", serde_json::json!({ "users": list }));
        return Ok(());
    }
    for (a, memberships) in &all {
        println!("{:<16} {:<28} {:<9} {}", a.login, a.name, a.state, a.email);
        for m in memberships {
            let roles: Vec<_> = m.roles.iter().map(|r| r.word()).collect();
            println!("{:<16} {} ({}): {}", "", m.short_name, m.initials, roles.join(", "));
        }
    }
    Ok(())
}
