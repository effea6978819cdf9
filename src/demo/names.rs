//! Names and addresses that nobody has.

use std::sync::LazyLock;

use super::{
    dice::{Dice, Weighted},
    kind::rows,
};

/// Where a family comes from, and what its names sound like.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) race: &'static str,
    pub(super) hispanic: &'static str,
    beginnings: Vec<&'static str>,
    endings: Vec<&'static str>,
    women: Vec<&'static str>,
    men: Vec<&'static str>,
}

/// Invented streets and towns.
#[derive(Debug)]
struct Places {
    streets: Vec<&'static str>,
    street_ends: Vec<&'static str>,
    towns: Vec<Town>,
}

/// A town with its state, county (FIPS) and postal code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Town {
    pub(super) name: &'static str,
    pub(super) state: &'static str,
    pub(super) county: &'static str,
    pub(super) postal_code: &'static str,
}

static ORIGINS: LazyLock<Weighted<Origin>> =
    LazyLock::new(|| read_origins().expect("the embedded names are checked by a test"));
static PLACES: LazyLock<Places> =
    LazyLock::new(|| read_places().expect("the embedded places are checked by a test"));

fn read_origins() -> Option<Weighted<Origin>> {
    let words = |cell: &'static str| cell.split(' ').collect::<Vec<_>>();
    let mut origins = Vec::new();
    for row in rows(include_str!("data/names.tsv")) {
        let [_, weight, race, hispanic, beginnings, endings, women, men] = row.try_into().ok()?;
        origins.push((
            weight.parse().ok()?,
            Origin {
                race,
                hispanic,
                beginnings: words(beginnings),
                endings: words(endings),
                women: words(women),
                men: words(men),
            },
        ));
    }
    (!origins.is_empty()).then(|| Weighted::new(origins))
}

fn read_places() -> Option<Places> {
    let mut places = Places { streets: Vec::new(), street_ends: Vec::new(), towns: Vec::new() };
    for row in rows(include_str!("data/places.tsv")) {
        let [kind, name, more] = row.try_into().ok()?;
        match kind {
            "street" => places.streets.push(name),
            "street end" => places.street_ends.push(name),
            "city" => {
                let mut words = more.split(' ');
                let (state, county, postal_code) = (words.next()?, words.next()?, words.next()?);
                places.towns.push(Town { name, state, county, postal_code });
            }
            _ => return None,
        }
    }
    Some(places)
}

impl Origin {
    /// Some origin, as likely as in the table.
    pub(super) fn draw(dice: &Dice) -> &'static Self {
        ORIGINS.draw(dice)
    }

    /// A family name in capitals, as most registries keep them.
    pub(super) fn family_name(&self, dice: &Dice) -> String {
        format!("{}{}", dice.pick(&self.beginnings), dice.pick(&self.endings)).to_uppercase()
    }

    /// A given name in capitals.
    pub(super) fn given_name(&self, dice: &Dice, woman: bool) -> String {
        dice.pick(if woman { &self.women } else { &self.men }).to_uppercase()
    }
}

/// A street with house number.
pub(super) fn street(dice: &Dice) -> String {
    let (name, end) = (dice.pick(&PLACES.streets), dice.pick(&PLACES.street_ends));
    format!("{} {name} {end}", dice.between(1, 989)).to_uppercase()
}

/// A town.
pub(super) fn town(dice: &Dice) -> Town {
    *dice.pick(&PLACES.towns)
}
