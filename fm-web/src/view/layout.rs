use crate::{assets, request_context::RequestContext};

/// What stands around every page.
pub struct Layout {
    pub lang: &'static str,
    pub theme: &'static str,
    pub user: Option<String>,
    /// How many conversations have messages that the reader has not seen.
    pub unread: u32,
    /// How many alerts of saved searches and favourites the reader has not seen.
    pub alerts: u32,
    /// The token of the form behind all hearts of the page; without it there are none.
    pub hearts: String,
    pub here: String,
    /// What comes before the path in URLs of this site; empty if it is not set.
    pub site: String,
    pub title: String,
    pub description: String,
    /// The address under which search engines shall know this page.
    pub canonical: String,
    /// Not for search engines.
    pub hidden: bool,
    pub assets: &'static str,
    /// Which page it is, for scripts and for the menu.
    pub page: &'static str,
    /// What has just been done.
    pub notice: &'static str,
}

impl Layout {
    pub fn new(context: &RequestContext, page: &'static str, title: &str) -> Self {
        let market = context.t().market;
        Layout {
            lang: context.lang.tag(),
            theme: context.theme,
            user: context.user(),
            unread: context.unread(),
            alerts: context.alerts(),
            hearts: String::new(),
            here: context.here.clone(),
            site: context.site.clone(),
            title: if title.is_empty() { market.to_owned() } else { format!("{title} · {market}") },
            description: String::new(),
            canonical: String::new(),
            hidden: false,
            assets: assets::base(),
            page,
            notice: context.heard().unwrap_or_default(),
        }
    }
    pub fn described(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }
    /// Names the address of this page for search engines; begins with `/`, and is completed only by the site's own URL.
    pub fn at(mut self, path: &str) -> Self {
        self.canonical = format!("{}{path}", self.site);
        self
    }
    /// Cars of this page can be remembered.
    pub fn with_hearts(mut self, context: &RequestContext) -> Self {
        self.hearts = context.form_token();
        self
    }
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }
}
