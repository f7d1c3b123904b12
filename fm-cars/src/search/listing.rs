use crate::{
    car::{Car, CarId, Facts, Location, Status, YearMonth},
    catalogue::{Body, Color, EmissionClass, Engine, Gearbox, Maker, Model, OptionSet},
    places::Position,
};

/// A listed car as the search sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// Its id.
    pub id: CarId,
    /// Who built it.
    pub maker: Maker,
    /// Slug or free text.
    pub model: Option<String>,
    /// The shape.
    pub body: Option<Body>,
    /// What drives it.
    pub engine: Option<Engine>,
    /// Who changes the gears.
    pub gearbox: Option<Gearbox>,
    /// The main colour.
    pub color: Option<Color>,
    /// Equipment.
    pub options: OptionSet,
    /// Whole euros, at least 1.
    pub price: u32,
    /// Of the first registration.
    pub year: u16,
    /// Kilometres.
    pub mileage: Option<u32>,
    /// PS, at least 1.
    pub power_ps: Option<u16>,
    /// The user it belongs to.
    pub seller: String,
    /// Milliseconds since the Unix epoch.
    pub added: i64,
    /// It has a picture.
    pub pictured: bool,
    /// Where it stands.
    pub position: Option<Position>,
    /// How clean its exhaust is.
    pub emission_class: Option<EmissionClass>,
    /// Doors, the tailgate among them.
    pub doors: Option<u8>,
    /// Places to sit.
    pub seats: Option<u8>,
    /// How many have owned it.
    pub owners: Option<u8>,
    /// When it has to be inspected next.
    pub inspection_until: Option<YearMonth>,
    /// It has damage that is not repaired.
    pub unrepaired_damage: Option<bool>,
    /// All that is found by words.
    pub text: String,
}

impl Listing {
    /// What the search needs of a car; `None` if it is not listed.
    pub fn of(car: &Car) -> Option<Self> {
        if car.status != Status::Listed {
            return None;
        }
        let f: &Facts = &car.facts;
        Some(Listing {
            id: CarId::parse(&car.id)?,
            maker: f.maker,
            model: f.model.as_ref().map(Model::value).map(str::to_owned),
            body: f.body,
            engine: f.engine,
            gearbox: f.gearbox,
            color: f.color,
            options: f.options,
            price: u32::try_from(f.price).ok()?,
            year: f.year,
            mileage: f.mileage,
            power_ps: f.power_ps,
            seller: car.owner.clone(),
            added: car.added,
            pictured: !car.images.is_empty(),
            position: f.location.as_ref().and_then(Location::position),
            emission_class: f.emission_class,
            doors: f.doors,
            seats: f.seats,
            owners: f.owners,
            inspection_until: f.inspection_until,
            unrepaired_damage: f.unrepaired_damage,
            text: f.text(),
        })
    }
}
