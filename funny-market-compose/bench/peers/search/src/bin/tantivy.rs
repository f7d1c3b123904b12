//! Tantivy as a bare library: facets, fast fields, one segment.

use bench_peer_search::{
    Answer, Car, Contender, FACETS, Order, PAGE, Question, Result, bounding_box, mistakes, position, run, squared_chord, squared_chord_of,
    words,
};
use std::{collections::BinaryHeap, ops::Bound, path::Path};
use tantivy::{
    DocId, Index, IndexWriter, Order as Direction, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyDocument, Term,
    collector::{Collector, Count, FacetCollector, MultiCollector, SegmentCollector, TopDocs},
    columnar::Column,
    indexer::NoMergePolicy,
    query::{AllQuery, BooleanQuery, FuzzyTermQuery, Query, RangeQuery, TermQuery, TermSetQuery},
    schema::{FAST, Facet, FacetOptions, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
    tokenizer::{AsciiFoldingFilter, LowerCaser, SimpleTokenizer, TextAnalyzer},
};

/// Bytes that the writer keeps before it writes a segment.
const WRITER_MEMORY: usize = 400_000_000;

struct Tantivy {
    searcher: Searcher,
    fields: Fields,
}

#[derive(Clone)]
struct Fields {
    text: Field,
    price: Field,
    lat: Field,
    lon: Field,
    facets: [Field; FACETS.len()],
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default().set_tokenizer("folded").set_index_option(IndexRecordOption::Basic).set_fieldnorms(false);
    let fields = Fields {
        text: schema.add_text_field("text", TextOptions::default().set_indexing_options(indexing)),
        price: schema.add_u64_field("price", INDEXED | FAST),
        lat: schema.add_f64_field("lat", INDEXED | FAST),
        lon: schema.add_f64_field("lon", INDEXED | FAST),
        facets: FACETS.map(|facet| schema.add_facet_field(facet, FacetOptions::default())),
    };
    for name in ["n", "by_price", "by_newest"] {
        schema.add_u64_field(name, FAST);
    }
    for name in ["x", "y", "z"] {
        schema.add_f64_field(name, FAST);
    }
    (schema.build(), fields)
}

fn all_of(mut parts: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match parts.len() {
        0 => Box::new(AllQuery),
        1 => parts.remove(0),
        _ => Box::new(BooleanQuery::intersection(parts)),
    }
}

impl Tantivy {
    fn word(&self, word: &str) -> Box<dyn Query> {
        Box::new(TermQuery::new(Term::from_field_text(self.fields.text, word), IndexRecordOption::Basic))
    }
    /// What a question asks, without one filter.
    fn query(&self, question: &Question, without: &str) -> Box<dyn Query> {
        let mut parts: Vec<Box<dyn Query>> = Vec::new();
        for (facet, field) in FACETS.iter().zip(self.fields.facets).filter(|(facet, _)| **facet != without) {
            let values = question.filters.get(*facet).into_iter().flatten();
            let terms: Vec<Term> = values.map(|value| Term::from_facet(field, &Facet::from_path([value]))).collect();
            match &terms[..] {
                [] => {}
                [term] => parts.push(Box::new(TermQuery::new(term.clone(), IndexRecordOption::Basic))),
                _ => parts.push(Box::new(TermSetQuery::new(terms))),
            }
        }
        if let Some(price) = question.price_to {
            parts.push(Box::new(RangeQuery::new(Bound::Unbounded, Bound::Included(Term::from_field_u64(self.fields.price, price)))));
        }
        if let Some(text) = &question.text {
            let (whole, beginning) = words(text);
            parts.extend(whole.iter().map(|word| self.word(word)));
            let term = beginning.map(|beginning| Term::from_field_text(self.fields.text, &beginning));
            parts.extend(term.map(|term| Box::new(FuzzyTermQuery::new_prefix(term, 0, true)) as Box<dyn Query>));
        }
        if let (Some(near), Some(km)) = (question.near, question.within) {
            for (field, (from, to)) in [self.fields.lat, self.fields.lon].into_iter().zip(bounding_box(near, km)) {
                let bound = |degrees| Bound::Included(Term::from_field_f64(field, degrees));
                parts.push(Box::new(RangeQuery::new(bound(from), bound(to))));
            }
        }
        all_of(parts)
    }
    fn suggest(&self, text: &str) -> Result<u64> {
        let (mut all, last) = words(text);
        all.extend(last);
        let mut parts: Vec<Box<dyn Query>> = Vec::new();
        for word in &all {
            let term = Term::from_field_text(self.fields.text, word);
            parts.push(match self.searcher.doc_freq(&term)? {
                0 => Box::new(FuzzyTermQuery::new(term, mistakes(word) as u8, true)),
                _ => self.word(word),
            });
        }
        Ok(self.searcher.search(&*all_of(parts), &Count)? as u64)
    }
    /// Counts of one facet's values.
    fn facet(&self, question: &Question, facet: &'static str) -> Result<Vec<(String, u64)>> {
        let mut collector = FacetCollector::for_field(facet);
        collector.add_facet("/");
        let counts = self.searcher.search(&*self.query(question, facet), &collector)?;
        Ok(counts.get("/").map(|(value, count)| (value.to_path_string()[1..].to_owned(), count)).collect())
    }
    /// Page and total in one go, and the facets whose filter is not asked for.
    fn page(&self, question: &Question, order: Order, offset: usize, answer: &mut Answer) -> Result<()> {
        let query = self.query(question, "");
        if order == Order::Distance {
            let farthest = question.within.map_or(f32::INFINITY, squared_chord_of);
            let nearest = Nearest { from: position(question.near.unwrap_or_default()), farthest, most: offset + PAGE };
            let (total, cars) = self.searcher.search(&*query, &nearest)?;
            answer.total = total;
            answer.ids = cars.into_iter().skip(offset).map(|(_, n)| n).collect();
            return Ok(());
        }
        let (field, direction) = if order == Order::Price { ("by_price", Direction::Asc) } else { ("by_newest", Direction::Desc) };
        let top = TopDocs::with_limit(PAGE).and_offset(offset).order_by_fast_field::<u64>(field, direction);
        let (found, total) = self.searcher.search(&*query, &(top, Count))?;
        answer.total = total as u64;
        let segments: Vec<Column<u64>> =
            self.searcher.segment_readers().iter().map(|segment| segment.fast_fields().u64("n")).collect::<tantivy::Result<_>>()?;
        answer.ids = found.into_iter().filter_map(|(_, doc)| segments[doc.segment_ord as usize].first(doc.doc_id)).collect();
        Ok(())
    }
}

impl Contender for Tantivy {
    fn build(folder: &Path, cars: impl Iterator<Item = Result<Car>>) -> Result<Self> {
        let (schema, fields) = schema();
        let named = |name: &str| schema.get_field(name);
        let (n, by_price, by_newest) = (named("n")?, named("by_price")?, named("by_newest")?);
        let unit = [named("x")?, named("y")?, named("z")?];
        let index = Index::create_in_dir(folder, schema.clone())?;
        let folded = TextAnalyzer::builder(SimpleTokenizer::default()).filter(LowerCaser).filter(AsciiFoldingFilter).build();
        index.tokenizers().register("folded", folded);
        let mut writer: IndexWriter = index.writer_with_num_threads(1, WRITER_MEMORY)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        for car in cars {
            let car = car?;
            let mut doc = TantivyDocument::default();
            doc.add_text(fields.text, &car.text);
            doc.add_u64(fields.price, car.price);
            doc.add_f64(fields.lat, car.lat);
            doc.add_f64(fields.lon, car.lon);
            doc.add_u64(n, car.n);
            doc.add_u64(by_price, car.price << 32 | car.n);
            doc.add_u64(by_newest, u64::from(car.pictured) << 62 | car.added);
            for (field, value) in unit.iter().zip(position((car.lat, car.lon))) {
                doc.add_f64(*field, f64::from(value));
            }
            for (facet, field) in FACETS.iter().zip(fields.facets) {
                for value in car.values.get(*facet).into_iter().flatten() {
                    doc.add_facet(field, Facet::from_path([value]));
                }
            }
            writer.add_document(doc)?;
        }
        writer.commit()?;
        let segments = index.searchable_segment_ids()?;
        if segments.len() > 1 {
            writer.merge(&segments).wait()?;
        }
        writer.garbage_collect_files().wait()?;
        writer.wait_merging_threads()?;
        Ok(Tantivy { searcher: index.reader()?.searcher(), fields })
    }
    fn answer(&self, question: &Question) -> Result<Answer> {
        let mut answer = Answer::default();
        if let Some(text) = &question.suggest {
            answer.total = self.suggest(text)?;
            return Ok(answer);
        }
        match question.page {
            Some((order, offset)) => self.page(question, order, offset, &mut answer)?,
            None if !question.facets => answer.total = self.searcher.search(&*self.query(question, ""), &Count)? as u64,
            None => {}
        }
        if question.facets {
            self.facets(question, &mut answer)?;
        }
        Ok(answer)
    }
}

impl Tantivy {
    /// Facets without a filter of their own are counted together with the total, the others one by one.
    fn facets(&self, question: &Question, answer: &mut Answer) -> Result<()> {
        let (alone, together): (Vec<&'static str>, Vec<&'static str>) =
            FACETS.iter().partition(|facet| question.filters.contains_key(**facet));
        let mut all = MultiCollector::new();
        let total = all.add_collector(Count);
        let counted: Vec<_> = together
            .iter()
            .map(|facet| {
                let mut collector = FacetCollector::for_field(*facet);
                collector.add_facet("/");
                all.add_collector(collector)
            })
            .collect();
        let mut found = self.searcher.search(&*self.query(question, ""), &all)?;
        answer.total = total.extract(&mut found) as u64;
        for (facet, handle) in together.into_iter().zip(counted) {
            let counts = handle.extract(&mut found);
            let values = counts.get("/").map(|(value, count)| (value.to_path_string()[1..].to_owned(), count)).collect();
            answer.facets.insert(facet.to_owned(), values);
        }
        for facet in alone {
            answer.facets.insert(facet.to_owned(), self.facet(question, facet)?.into_iter().collect());
        }
        Ok(())
    }
}

/// Counts the cars around a place and keeps the nearest.
struct Nearest {
    from: [f32; 3],
    farthest: f32,
    most: usize,
}

/// The distance's bits, which are in the order of distances, with the number of the car.
type Ranked = (u32, u64);

struct SegmentNearest {
    from: [f32; 3],
    farthest: f32,
    most: usize,
    unit: [Column<f64>; 3],
    n: Column<u64>,
    total: u64,
    kept: BinaryHeap<Ranked>,
}

impl Collector for Nearest {
    type Fruit = (u64, Vec<Ranked>);
    type Child = SegmentNearest;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentNearest> {
        let fast = segment.fast_fields();
        let unit = [fast.f64("x")?, fast.f64("y")?, fast.f64("z")?];
        let Nearest { from, farthest, most } = *self;
        Ok(SegmentNearest { from, farthest, most, unit, n: fast.u64("n")?, total: 0, kept: BinaryHeap::new() })
    }
    fn requires_scoring(&self) -> bool {
        false
    }
    fn merge_fruits(&self, segments: Vec<(u64, Vec<Ranked>)>) -> tantivy::Result<(u64, Vec<Ranked>)> {
        let total = segments.iter().map(|(total, _)| total).sum();
        let mut all: Vec<Ranked> = segments.into_iter().flat_map(|(_, kept)| kept).collect();
        all.sort_unstable();
        all.truncate(self.most);
        Ok((total, all))
    }
}

impl SegmentCollector for SegmentNearest {
    type Fruit = (u64, Vec<Ranked>);

    fn collect(&mut self, doc: DocId, _: Score) {
        let at = [0, 1, 2].map(|axis: usize| self.unit[axis].first(doc).unwrap_or(f64::INFINITY) as f32);
        let chord = squared_chord(at, self.from);
        if chord > self.farthest {
            return;
        }
        self.total += 1;
        if self.kept.len() < self.most || self.kept.peek().is_some_and(|(worst, _)| chord.to_bits() <= *worst) {
            self.kept.push((chord.to_bits(), self.n.first(doc).unwrap_or_default()));
            if self.kept.len() > self.most {
                self.kept.pop();
            }
        }
    }
    fn harvest(self) -> Self::Fruit {
        (self.total, self.kept.into_vec())
    }
}

fn main() -> Result<()> {
    run::<Tantivy>()
}
