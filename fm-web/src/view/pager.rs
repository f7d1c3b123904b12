use crate::{
    request_context::RequestContext,
    search::Search,
    text::{fill, number},
};

/// Links to the other pages of a result.
#[derive(Default)]
pub struct Pager {
    pub previous: Option<String>,
    pub next: Option<String>,
    /// The pages around this one, the first and the last; a gap has the number 0.
    pub links: Vec<PageLink>,
    pub last: u32,
}

pub struct PageLink {
    pub number: u32,
    pub href: String,
    pub current: bool,
}

impl Pager {
    pub fn of(search: &Search, total: i64) -> Self {
        let last = u32::try_from(u64::try_from(total).unwrap_or_default().div_ceil(u64::from(search.per_page))).unwrap_or(u32::MAX);
        let page = search.page;
        if last <= 1 && page == 1 {
            return Pager { last, ..Pager::default() };
        }
        let href = |number: u32| search.at_page(number).href();
        let near = page.min(last);
        let mut numbers: Vec<u32> =
            (near.saturating_sub(2)..=near.saturating_add(2)).chain([1, last]).filter(|n| (1..=last).contains(n)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut links = Vec::new();
        let mut before = 0;
        for number in numbers {
            match number - before {
                0 | 1 => {}
                2 => links.push(PageLink { number: number - 1, href: href(number - 1), current: false }),
                _ => links.push(PageLink { number: 0, href: String::new(), current: false }),
            }
            links.push(PageLink { number, href: href(number), current: number == page });
            before = number;
        }
        Pager { previous: (page > 1).then(|| href((page - 1).min(last.max(1)))), next: (page < last).then(|| href(page + 1)), links, last }
    }
}

/// A page behind the last one was asked for.
pub struct Beyond {
    pub title: String,
    pub text: String,
    pub last_label: String,
    /// The last page there is.
    pub last: Search,
}

impl Beyond {
    /// Nothing if the page exists, or if there are no pages at all.
    pub fn of(context: &RequestContext, search: &Search, last: u32) -> Option<Self> {
        let (t, write) = (context.t(), |n: u32| number(context.lang, n.into()));
        (last >= 1 && search.page > last).then(|| Beyond {
            title: fill(t.page_beyond, write(search.page)),
            text: if last == 1 { t.page_beyond_one.to_owned() } else { fill(t.page_beyond_text, write(last)) },
            last_label: fill(t.page_last, write(last)),
            last: search.at_page(last),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(page: u32, total: i64) -> String {
        let pager = Pager::of(&Search::default().at_page(page), total);
        let numbers: Vec<String> =
            pager.links.iter().map(|l| if l.current { format!("[{}]", l.number) } else { l.number.to_string() }).collect();
        format!(
            "{} {} {}",
            if pager.previous.is_some() { '<' } else { '.' },
            numbers.join(" "),
            if pager.next.is_some() { '>' } else { '.' }
        )
    }

    #[test]
    fn the_first_the_last_and_the_near_pages_are_linked() {
        assert_eq!(shown(1, 10), ".  .");
        assert_eq!(shown(1, 25), ". [1] 2 >");
        assert_eq!(shown(1, 2400), ". [1] 2 3 0 100 >");
        assert_eq!(shown(5, 2400), "< 1 2 3 4 [5] 6 7 0 100 >");
        assert_eq!(shown(50, 2400), "< 1 0 48 49 [50] 51 52 0 100 >");
        assert_eq!(shown(100, 2400), "< 1 0 98 99 [100] .");
    }

    #[test]
    fn a_page_behind_the_last_leads_back() {
        assert_eq!(shown(900, 48), "< 1 2 .");
        assert_eq!(shown(3, 0), "<  .");
        assert_eq!(shown(1, i64::MAX).chars().last(), Some('>'));
        assert_eq!(shown(1, -5), ".  .");
    }
}
