//! The editor of a pipeline, which routes and groups have.

use super::{
    fields::{self, Field},
    plugin_texts::{self, text_of_plugin},
};
use crate::{
    admin::{Ask, secrets, table},
    pipeline::Phases,
    table::{Problem, Stage, Table},
};
use fm_sdk::Result;
use serde_json::{Map, Value};

/// A pipeline as it is drawn, and what can be added to it.
pub struct Stages {
    pub cards: Vec<Card>,
    /// All plugins with what they do.
    pub plugins: Vec<(&'static str, &'static str)>,
    /// The list of plugins to add has the focus.
    pub focus_add: bool,
}

/// A plugin of the pipeline as it is drawn.
pub struct Card {
    pub plugin: String,
    pub enabled: bool,
    pub about: &'static str,
    pub phases: Phases,
    pub provides: Vec<&'static str>,
    pub fields: Vec<Field>,
    /// What its settings may use, if one of them takes variables.
    pub variables: Vec<String>,
    pub errors: Vec<String>,
    /// Some setting has an error: the form is shown open.
    pub open: bool,
    /// The control that has the focus: `switch`, `up`, `down`, `remove`, `settings`, or none.
    pub focus: &'static str,
}

impl Stages {
    /// The plugins of a route or group with the problems that are named below `at`; the control with which they were changed last has the focus.
    pub fn of(ask: &Ask, stages: &[Stage], variables: Vec<Vec<String>>, at: &str, problems: &[Problem], is_german: bool) -> Stages {
        let mut cards: Vec<Card> = stages.iter().enumerate().map(|(n, stage)| card(ask, n, stage, at, problems, is_german)).collect();
        for (card, variables) in cards.iter_mut().zip(variables) {
            if card.fields.iter().any(|field| field.takes_variables) {
                card.variables = variables;
            }
        }
        let focus_add = give_focus(&mut cards, &ask.query("focus").unwrap_or_default());
        let plugins = ask.admin.plugins.iter().map(|plugin| (plugin.name(), text_of_plugin(plugin.about(), is_german))).collect();
        Stages { cards, plugins, focus_add }
    }
}

/// Takes the settings of plugins and their order from a form.
pub fn read(ask: &Ask, form: &[(String, String)], stages: &mut Vec<Stage>) {
    for (n, stage) in stages.iter_mut().enumerate() {
        // A form that was made for another pipeline must not change this one.
        if text(form, &format!("p.{n}.plugin")).trim() == stage.plugin {
            let schema = ask.admin.plugins.get(&stage.plugin).map(|plugin| plugin.schema()).unwrap_or(Value::Null);
            fields::read(&schema, form, &format!("p.{n}."), &mut stage.settings);
        }
    }
    reorder(stages, text(form, "order"));
}

/// Does what a button of the pipeline says; gives the control that has the focus then, `up.1`. `None` if it is another button.
///
/// The focus leads to its place in the page; a fragment would take it away.
pub fn change(ask: &Ask, form: &[(String, String)], stages: &mut Vec<Stage>) -> Option<String> {
    let pressed = text(form, "do");
    if pressed == "add" {
        // Before the one that answers: nothing can come after it.
        let answers = |stage: &Stage| ask.admin.plugins.get(&stage.plugin).is_some_and(|plugin| plugin.answers());
        let place = stages.iter().position(answers).unwrap_or(stages.len());
        stages.insert(place, Stage { plugin: text(form, "add").into(), enabled: true, settings: Map::new() });
        return Some(format!("add.{place}"));
    }
    let (verb, n) = pressed.split_once(' ').and_then(|(verb, n)| Some((verb, n.parse::<usize>().ok()?)))?;
    let place = change_stage(stages, verb, n);
    Some(format!("{verb}.{place}"))
}

/// Puts the secrets of the original back in the place of their masks.
///
/// # Errors
/// `Invalid` if a mask is none of the original's.
pub fn put_back(table: &mut Table, original: &Table) -> Result<()> {
    let unknown = secrets::unmask(table, original);
    if unknown.is_empty() { Ok(()) } else { Err(table::invalid(unknown)) }
}

fn text<'f>(form: &'f [(String, String)], name: &str) -> &'f str {
    form.iter().rfind(|(n, _)| n == name).map_or("", |(_, value)| value)
}

fn card(ask: &Ask, n: usize, stage: &Stage, at: &str, problems: &[Problem], is_german: bool) -> Card {
    let plugin = ask.admin.plugins.get(&stage.plugin);
    let at = format!("{at}.plugins[{n}]");
    let settings = format!("{at}.settings");
    let schema = plugin.map(|plugin| plugin.schema()).unwrap_or_default();
    let fields = fields::fields(&schema, &stage.settings, &format!("p.{n}."), &settings, problems);
    let fields = plugin_texts::localised(fields, is_german);
    let named: Vec<&String> = fields.iter().flat_map(|field| &field.errors).collect();
    let here = |p: &&Problem| p.at == at || p.at == settings || p.at.starts_with(&format!("{settings}."));
    let errors = problems.iter().filter(here).map(|p| p.message.clone()).filter(|message| !named.contains(&message)).collect();
    Card {
        plugin: stage.plugin.clone(),
        enabled: stage.enabled,
        about: plugin.map(|plugin| text_of_plugin(plugin.about(), is_german)).unwrap_or_default(),
        phases: plugin.map(|plugin| plugin.phases()).unwrap_or_default(),
        provides: plugin.map(|plugin| plugin.provides().to_vec()).unwrap_or_default(),
        open: fields.iter().any(|field| !field.errors.is_empty()),
        fields,
        variables: Vec::new(),
        errors,
        focus: "",
    }
}

/// Gives the focus to the control with which the pipeline was changed, so that the keyboard goes on where it was: `down.1` is that of the
/// second plugin. At an end of the pipeline it is the other direction; true if no plugin is left and it is the list of those to add.
fn give_focus(stages: &mut [Card], changed: &str) -> bool {
    let Some((verb, n)) = changed.split_once('.').and_then(|(verb, n)| Some((verb, n.parse::<usize>().ok()?))) else { return false };
    let last = stages.len().saturating_sub(1);
    let Some(card) = stages.get_mut(n.min(last)) else { return true };
    card.focus = match verb {
        "up" if n == 0 => "down",
        "up" => "up",
        "down" if n >= last => "up",
        "down" => "down",
        "remove" => "remove",
        "switch" => "switch",
        "add" => "settings",
        _ => "",
    };
    false
}

/// Changes the pipeline and gives the place where the plugin is now, or the one after it that was removed.
fn change_stage(plugins: &mut Vec<Stage>, verb: &str, n: usize) -> usize {
    match verb {
        "up" if n > 0 && n < plugins.len() => {
            plugins.swap(n, n - 1);
            return n - 1;
        }
        "down" if n + 1 < plugins.len() => {
            plugins.swap(n, n + 1);
            return n + 1;
        }
        "remove" if n < plugins.len() => drop(plugins.remove(n)),
        "switch" if n < plugins.len() => plugins[n].enabled = !plugins[n].enabled,
        _ => {}
    }
    n
}

/// Puts plugins in the order that they were dragged to: `2,0,1`.
fn reorder(plugins: &mut Vec<Stage>, order: &str) {
    let places: Vec<usize> = order.split(',').filter_map(|n| n.parse().ok()).collect();
    let mut sorted = places.clone();
    sorted.sort_unstable();
    if sorted.iter().copied().eq(0..plugins.len()) {
        *plugins = places.into_iter().map(|n| plugins[n].clone()).collect();
    }
}
