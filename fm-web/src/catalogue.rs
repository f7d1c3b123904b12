//! The catalogue as fm-cars gives it, kept for a while: every page needs the makers' names.

use crate::{gateway::Gateway, request_context::Caller, search::encoded, text::readable};
use fm_sdk::Result;
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

const KEEP: Duration = Duration::from_secs(300);
/// The makers of the catalogue and some to spare; asking for makers that do not exist must not fill the memory.
const MAX_MAKERS: usize = 200;

/// A value and what people call it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// One list.
#[derive(Debug, Default, Deserialize)]
pub struct Choices {
    items: Vec<Choice>,
}

impl Choices {
    pub fn iter(&self) -> impl Iterator<Item = &Choice> {
        self.items.iter()
    }
    pub fn label(&self, value: &str) -> Option<&str> {
        self.items.iter().find(|c| c.value == value).map(|c| c.label.as_str())
    }
    /// The label, or something that can be read.
    pub fn name(&self, value: &str) -> String {
        self.label(value).map_or_else(|| readable(value), str::to_owned)
    }
}

/// The lists that have been asked for.
#[derive(Default)]
pub struct Catalogue {
    kept: Mutex<HashMap<String, (Instant, Arc<Choices>)>>,
}

impl Catalogue {
    pub async fn makers(&self, gateway: &Gateway, caller: &Caller) -> Result<Arc<Choices>> {
        self.list(gateway, caller, "/api/catalogue/makers".into()).await
    }
    pub async fn models(&self, gateway: &Gateway, caller: &Caller, maker: &str) -> Result<Arc<Choices>> {
        let query = encoded(&[("maker", maker.to_owned())]);
        self.list(gateway, caller, format!("/api/catalogue/models?{query}")).await
    }
    pub async fn options(&self, gateway: &Gateway, caller: &Caller) -> Result<Arc<Choices>> {
        self.list(gateway, caller, "/api/catalogue/options".into()).await
    }

    /// What is kept too long still serves while fm-cars is unreachable.
    async fn list(&self, gateway: &Gateway, caller: &Caller, path: String) -> Result<Arc<Choices>> {
        let kept = self.lock().get(&path).cloned();
        if let Some((since, list)) = &kept
            && since.elapsed() < KEEP
        {
            return Ok(list.clone());
        }
        match gateway.get(caller, &path).send().await.and_then(|a| a.json::<Choices>()) {
            Ok(list) => {
                let list = Arc::new(list);
                let mut lists = self.lock();
                if lists.len() < MAX_MAKERS || lists.contains_key(&path) {
                    lists.insert(path, (Instant::now(), list.clone()));
                }
                Ok(list)
            }
            Err(e) => kept.map(|(_, list)| list).ok_or(e),
        }
    }
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Instant, Arc<Choices>)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
