use super::Refusal;
use crate::{
    Web,
    catalogue::Choices,
    pages::{id_of, page_as},
    request_context::RequestContext,
    search::encoded,
    text::{Lang, OptionGroup, Texts, choice, decimal, month, number_fault, option, tenths, values, whole, year_month},
    view::{Car, Choice, Completeness, Entry, Layout, PriceGuide, mark_failed},
};
use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;
use fm_sdk::{Result, text::search_key};
use futures::future::join;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// The API's code for a key of an earlier form whose car is gone.
pub const KEY_USED: &str = "idempotency-key-used";

/// What the form of a car sends; all of it is text.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CarForm {
    pub maker: String,
    pub model: String,
    pub body: String,
    pub year: String,
    pub price: String,
    pub mileage: String,
    pub power_ps: String,
    pub engine: String,
    pub gearbox: String,
    pub color: String,
    pub postal_code: String,
    pub description: String,
    pub options: Vec<String>,
    pub month: String,
    pub trim: String,
    pub owners: String,
    pub inspection_until: String,
    pub doors: String,
    pub seats: String,
    pub emission_class: String,
    pub consumption: String,
    pub interior_color: String,
    /// `yes` or `no`.
    pub unrepaired_damage: String,
    /// The id of the car that is changed.
    pub car: String,
    /// How many pictures it has.
    pub pictures: usize,
    pub status: String,
    pub key: String,
    pub etag: String,
}

impl CarForm {
    /// Fills the form from a car.
    pub fn of(lang: Lang, car: &Car, model: String) -> Self {
        let text = |v: &Option<String>| v.clone().unwrap_or_default();
        let number = |v: Option<i64>| v.map(|n| n.to_string()).unwrap_or_default();
        CarForm {
            maker: car.maker.clone(),
            model,
            body: text(&car.body),
            year: car.year.to_string(),
            price: car.price.to_string(),
            mileage: number(car.mileage),
            power_ps: number(car.power_ps),
            engine: text(&car.engine),
            gearbox: text(&car.gearbox),
            color: text(&car.color),
            postal_code: car.location.as_ref().map(|l| l.postal_code.clone()).unwrap_or_default(),
            description: text(&car.description),
            options: car.options.clone(),
            month: number(car.month),
            trim: text(&car.trim),
            owners: number(car.owners),
            inspection_until: car.inspection_until.as_deref().map(month).unwrap_or_default(),
            doors: number(car.doors),
            seats: number(car.seats),
            emission_class: text(&car.emission_class),
            consumption: car.consumption.map(|n| tenths(lang, n)).unwrap_or_default(),
            interior_color: text(&car.interior_color),
            unrepaired_damage: car.unrepaired_damage.map(|damaged| if damaged { "yes" } else { "no" }.to_owned()).unwrap_or_default(),
            car: car.id.clone(),
            pictures: car.images.len(),
            ..CarForm::default()
        }
    }
    /// What the API is sent. A field that was emptied is taken away when a car is changed, and left out when it is new.
    pub async fn wish(&self, web: &Web, context: &RequestContext, new: bool) -> Value {
        let mut wish = Map::new();
        let mut set = |name: &str, value: Value| {
            if !(new && value.is_null()) {
                wish.insert(name.to_owned(), value);
            }
        };
        for (name, value) in [
            ("maker", &self.maker),
            ("body", &self.body),
            ("engine", &self.engine),
            ("gearbox", &self.gearbox),
            ("color", &self.color),
            ("trim", &self.trim),
            ("emission_class", &self.emission_class),
            ("interior_color", &self.interior_color),
        ] {
            set(name, text(value));
        }
        set("inspection_until", text(&year_month(&self.inspection_until)));
        // As below: the API refuses what cannot be.
        set("consumption", decimal(&self.consumption).map_or(json!(-1), |number| json!(number)));
        let damage = (!self.unrepaired_damage.is_empty()).then_some(self.unrepaired_damage == "yes");
        set("unrepaired_damage", json!(damage));
        for (name, value) in self.numbers() {
            // The API refuses what is out of all limits, beside whatever else is wrong; `draw` says what it really is.
            set(name, whole(context.lang, name, value).map_or(json!(i64::MIN), |number| json!(number)));
        }
        set("model", text(&self.slug(web, context).await));
        // Browsers write line ends of their own kind (HTML, section 4.10.22.4).
        set("description", text(&self.description.replace("\r\n", "\n")));
        set("location", if self.postal_code.trim().is_empty() { Value::Null } else { json!({"postal_code": self.postal_code.trim()}) });
        set("options", json!(self.options));
        Value::Object(wish)
    }
    /// The form only asks what like cars cost, without scripts.
    pub fn is_question(&self) -> bool {
        self.status == "check"
    }
    /// What the API is asked for like cars; nothing before a maker is chosen. What cannot be read is left out.
    pub async fn described(&self, web: &Web, context: &RequestContext) -> Option<String> {
        if self.maker.is_empty() {
            return None;
        }
        let mut query = vec![("maker", self.maker.clone())];
        let model = self.slug(web, context).await;
        let without = id_of(&self.car).unwrap_or_default();
        let texts = [("model", model.as_str()), ("engine", self.engine.as_str()), ("without", without)];
        query.extend(texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, text.to_owned())));
        let numbers = self.numbers().into_iter().filter(|(name, _)| matches!(*name, "year" | "price" | "mileage"));
        query.extend(numbers.filter_map(|(name, text)| Some((name, whole(context.lang, name, text).ok()??.to_string()))));
        Some(encoded(&query))
    }
    fn numbers(&self) -> [(&'static str, &str); 8] {
        [
            ("year", &self.year),
            ("price", &self.price),
            ("mileage", &self.mileage),
            ("power_ps", &self.power_ps),
            ("month", &self.month),
            ("owners", &self.owners),
            ("doors", &self.doors),
            ("seats", &self.seats),
        ]
    }
    /// Puts beside their fields why numbers were not read.
    fn blame_numbers(&self, lang: Lang, entries: &mut [Entry]) {
        for (name, value) in self.numbers() {
            let fault = whole(lang, name, value).err().and_then(|reason| number_fault(lang, reason));
            if let (Some(fault), Some(entry)) = (fault, entries.iter_mut().find(|e| e.name == name)) {
                entry.error = fault.to_owned();
            }
        }
    }
    /// The catalogue's word for what was typed, if it has one.
    async fn slug(&self, web: &Web, context: &RequestContext) -> String {
        let typed = self.model.trim();
        let key = search_key(typed);
        let same = |name: &str| search_key(name) == key;
        let models = self.models(web, context).await;
        let known = models.iter().flat_map(|m| m.iter()).find(|m| same(&m.label) || same(&m.value));
        known.map_or(typed, |m| m.value.as_str()).to_owned()
    }
    async fn models(&self, web: &Web, context: &RequestContext) -> Option<Arc<Choices>> {
        if self.maker.is_empty() {
            return None;
        }
        web.catalogue.models(&web.gateway, &context.caller, &self.maker).await.ok()
    }
    fn entries(&self, context: &RequestContext, makers: Option<&Choices>) -> [Vec<Entry>; 4] {
        let (t, lang) = (context.t(), context.lang);
        let list = |field: &'static str| {
            values(field).map(|v| Choice { value: v.into(), label: choice(lang, field, v).into_owned(), on: false }).collect::<Vec<_>>()
        };
        let answers = [("no", t.no), ("yes", t.yes)].map(|(value, label)| Choice { value: value.into(), label: label.into(), on: false });
        let all = makers
            .map(|m| m.iter().map(|c| Choice { value: c.value.clone(), label: c.label.clone(), on: false }).collect())
            .unwrap_or_default();
        [
            vec![
                Entry::select("maker", t.maker, all).required().with(&self.maker),
                Entry::text("model", t.model).most(60).hint(t.model_hint).proposals("models").with(&self.model),
                Entry::number("year", t.year).required().half().with(&self.year),
                Entry::select("month", t.month, list("month")).half().with(&self.month),
                Entry::select("body", t.body, list("body")).half().with(&self.body),
                Entry::select("color", t.color, list("color")).half().with(&self.color),
            ],
            vec![
                Entry::number("mileage", t.mileage).unit("km").half().with(&self.mileage),
                Entry::number("power_ps", t.power).unit(t.power_unit).half().with(&self.power_ps),
                Entry::select("engine", t.engine, list("engine")).half().with(&self.engine),
                Entry::select("gearbox", t.gearbox, list("gearbox")).half().with(&self.gearbox),
                Entry::number("owners", t.owners).half().with(&self.owners),
                Entry::select("unrepaired_damage", t.unrepaired_damage, answers.into()).half().with(&self.unrepaired_damage),
            ],
            vec![
                Entry::text("trim", t.trim).most(60).wide().with(&self.trim),
                Entry::text("inspection_until", t.inspection_until).most(20).hint(t.inspection_hint).with(&self.inspection_until),
                Entry::text("consumption", t.consumption).most(20).unit(t.consumption_any).with(&self.consumption),
                Entry::select("emission_class", t.emission_class, list("emission_class")).half().with(&self.emission_class),
                Entry::select("interior_color", t.interior_color, list("color")).half().with(&self.interior_color),
                Entry::number("doors", t.doors).half().with(&self.doors),
                Entry::number("seats", t.seats).half().with(&self.seats),
            ],
            vec![
                Entry::text("postal_code", t.postal_code).complete("postal-code").most(10).half().with(&self.postal_code),
                Entry::number("price", t.price).unit("€").required().half().with(&self.price),
                Entry::area("description", t.ad_text, 5_000).with(&self.description),
            ],
        ]
    }
}

/// An empty text is none.
fn text(value: &str) -> Value {
    if value.trim().is_empty() { Value::Null } else { json!(value.trim()) }
}

#[derive(Template)]
#[template(path = "sell.html")]
struct Sell {
    s: Layout,
    t: &'static Texts,
    heading: &'static str,
    action: String,
    step: u8,
    token: String,
    key: String,
    etag: String,
    car: String,
    pictures: usize,
    guide: PriceGuide,
    complete: Completeness,
    failed: Vec<String>,
    parts: Vec<(&'static str, Vec<Entry>)>,
    /// Equipment by its groups.
    options: Vec<(&'static str, Vec<Choice>)>,
    models: Vec<String>,
    optional: bool,
}

/// Where the form stands: for a new car, or for one that is there.
pub enum Place<'a> {
    New,
    Of(&'a str),
}

/// Draws the form.
pub async fn draw(
    web: &Web,
    context: &RequestContext,
    place: Place<'_>,
    form: &CarForm,
    refused: Option<fm_sdk::Error>,
) -> Result<HttpResponse> {
    let (t, gateway, caller) = (context.t(), &web.gateway, &context.caller);
    let (makers, options) = join(web.catalogue.makers(gateway, caller), web.catalogue.options(gateway, caller)).await;
    // Without makers nobody can say which car it is.
    let makers = makers?;
    let (models, guide) = join(form.models(web, context), super::guide::price(web, context, form)).await;
    let parts = form.entries(context, Some(&makers));
    let lengths = parts.each_ref().map(Vec::len);
    let mut entries: Vec<Entry> = parts.into_iter().flatten().collect();
    let refusal = match refused {
        Some(e) if e.kind() == fm_sdk::Kind::Stale => Some(Refusal::of(StatusCode::PRECONDITION_FAILED, t.changed_meanwhile)),
        Some(e) if e.code() == KEY_USED => Some(Refusal::of(StatusCode::CONFLICT, t.sold_before)),
        Some(e) => {
            let refusal = Refusal::read(context, &mut entries, e)?;
            form.blame_numbers(context.lang, &mut entries);
            Some(refusal)
        }
        None => None,
    };
    let mut entries = entries.into_iter();
    let [car, state, more, offer] = lengths.map(|len| entries.by_ref().take(len).collect::<Vec<_>>());
    let (heading, action, step, menu) = match place {
        Place::New => (t.nav_sell, "/sell".to_owned(), 1, "sell"),
        Place::Of(id) => (t.edit_title, format!("/my/cars/{id}/edit"), 0, "mine"),
    };
    let mut s = Layout::new(context, menu, heading).hidden();
    if refusal.is_some() {
        mark_failed(&mut s, t.form_failed);
    }
    let status = refusal.as_ref().map_or(StatusCode::OK, |r| r.status);
    let known = options.ok();
    let mut options = BTreeMap::<OptionGroup, Vec<Choice>>::new();
    for o in known.iter().flat_map(|o| o.iter()) {
        let (label, on) = (option(context.lang, &o.value, Some(&o.label)), form.options.contains(&o.value));
        options.entry(OptionGroup::of(&o.value)).or_default().push(Choice { value: o.value.clone(), label, on });
    }
    let sell = Sell {
        s,
        t,
        heading,
        action,
        step,
        token: context.form_token(),
        key: form.key.clone(),
        etag: form.etag.clone(),
        car: form.car.clone(),
        pictures: form.pictures,
        complete: super::guide::completeness(context, form, ""),
        guide,
        failed: refusal.map(|r| r.lines).unwrap_or_default(),
        parts: vec![(t.part_car, car), (t.part_state, state), (t.part_more, more), (t.part_offer, offer)],
        options: options.into_iter().map(|(group, choices)| (group.label(context.lang), choices)).collect(),
        models: models.iter().flat_map(|m| m.iter()).map(|m| m.label.clone()).collect(),
        optional: true,
    };
    page_as(status, &sell)
}
