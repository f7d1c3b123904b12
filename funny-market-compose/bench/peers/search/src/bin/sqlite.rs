//! SQLite: a table with indexes, FTS5 for words, an R-tree for places.

use bench_peer_search::{
    Answer, Car, Contender, FACETS, Order, PAGE, Question, Result, bounding_box, mistakes, position, run, squared_chord_of, words,
};
use rusqlite::{Connection, ToSql, params_from_iter, types::Value};
use std::path::Path;

const SCHEMA: &str = "
    pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -262144;
    create table car (n integer primary key, maker text, model text, color text, engine text, gearbox text, body text,
        price integer, pictured integer, added integer, lat real, lon real, x real, y real, z real);
    create table car_option (option text, car integer, primary key (option, car)) without rowid;
    create virtual table words using fts5(text, content = '', tokenize = 'unicode61 remove_diacritics 2', prefix = '3');
    create virtual table place using rtree(n, lat_from, lat_to, lon_from, lon_to);";
const INDEXES: &str = "
    create index by_price on car (price);
    create index by_newest on car (pictured desc, added desc);
    create index by_maker on car (maker, model, price);
    create index by_body on car (body);
    create index by_engine on car (engine);
    create index by_gearbox on car (gearbox);
    create index by_color on car (color);
    create index option_by_car on car_option (car, option);
    create virtual table vocabulary using fts5vocab(words, row);
    insert into words (words) values ('optimize');
    analyze;";

struct Sqlite {
    db: Connection,
    /// All words there are: FTS5 knows no mistakes.
    vocabulary: Vec<String>,
}

/// A condition with its values.
#[derive(Default)]
struct Condition {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Condition {
    /// What a question asks, without one filter.
    fn of(question: &Question, without: &str) -> Self {
        let mut all = Condition::default();
        for (field, values) in question.filters.iter().filter(|(field, _)| *field != without) {
            let marks = vec!["?"; values.len()].join(", ");
            all.sql.push(match field.as_str() {
                "option" => format!("n in (select car from car_option where option in ({marks}))"),
                _ => format!("{field} in ({marks})"),
            });
            all.values.extend(values.iter().cloned().map(Value::Text));
        }
        if let Some(price) = question.price_to {
            all.sql.push("price <= ?".into());
            all.values.push(Value::Integer(price as i64));
        }
        if let Some(text) = &question.text {
            let (whole, beginning) = words(text);
            let quoted = whole.iter().map(|w| format!("\"{w}\"")).chain(beginning.map(|b| format!("\"{b}\"*")));
            all.matches(quoted.collect::<Vec<_>>().join(" AND "));
        }
        if let (Some(near), Some(km)) = (question.near, question.within) {
            let [(south, north), (west, east)] = bounding_box(near, km);
            all.sql.push("n in (select n from place where lat_from >= ? and lat_to <= ? and lon_from >= ? and lon_to <= ?)".into());
            all.sql.push(format!("{} <= ?", chord(near)));
            all.values.extend([south, north, west, east, f64::from(squared_chord_of(km))].map(Value::Real));
        }
        all
    }
    fn matches(&mut self, text: String) {
        self.sql.push("n in (select rowid from words where words match ?)".into());
        self.values.push(Value::Text(text));
    }
    fn sql(&self) -> String {
        if self.sql.is_empty() { String::new() } else { format!("where {}", self.sql.join(" and ")) }
    }
}

/// The square of the straight line to a place.
fn chord(near: (f64, f64)) -> String {
    let [x, y, z] = position(near).map(f64::from);
    format!("((x - ({x:?})) * (x - ({x:?})) + (y - ({y:?})) * (y - ({y:?})) + (z - ({z:?})) * (z - ({z:?})))")
}

impl Sqlite {
    fn count(&self, condition: &Condition) -> Result<u64> {
        let mut statement = self.db.prepare_cached(&format!("select count(*) from car {}", condition.sql()))?;
        Ok(statement.query_row(params_from_iter(&condition.values), |row| row.get::<_, i64>(0))? as u64)
    }
    fn page(&self, question: &Question, condition: &Condition, order: Order, offset: usize) -> Result<Vec<u64>> {
        let order = match order {
            Order::Price => "price, n".to_owned(),
            Order::Newest => "pictured desc, added desc".to_owned(),
            Order::Distance => format!("{}, n", chord(question.near.unwrap_or_default())),
        };
        let sql = format!("select n from car {} order by {order} limit {PAGE} offset {offset}", condition.sql());
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(&condition.values), |row| row.get::<_, i64>(0))?;
        Ok(rows.map(|n| n.map(|n| n as u64)).collect::<rusqlite::Result<_>>()?)
    }
    fn facet(&self, question: &Question, facet: &str) -> Result<Vec<(String, u64)>> {
        let condition = Condition::of(question, facet);
        let sql = match facet {
            "option" if condition.sql.is_empty() => "select option, count(*) from car_option group by option".to_owned(),
            "option" => {
                format!("select option, count(*) from car_option where car in (select n from car {}) group by option", condition.sql())
            }
            _ => format!("select {facet}, count(*) from car {} group by {facet} having {facet} is not null", condition.sql()),
        };
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(&condition.values), |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
    /// The word itself if there is one, else those that are written most like it.
    fn meant(&self, word: &str) -> Vec<&String> {
        if let Ok(at) = self.vocabulary.binary_search_by(|known| known.as_str().cmp(word)) {
            return vec![&self.vocabulary[at]];
        }
        let allowed = mistakes(word);
        let near = |known: &&String| known.len().abs_diff(word.len()) <= allowed * 2 && strsim::osa_distance(known, word) <= allowed;
        self.vocabulary.iter().filter(near).collect()
    }
    fn suggest(&self, text: &str) -> Result<u64> {
        let (mut all, last) = words(text);
        all.extend(last);
        let one_of = |word: &String| {
            let meant: Vec<String> = self.meant(word).into_iter().map(|w| format!("\"{w}\"")).collect();
            format!("({})", if meant.is_empty() { format!("\"{word}\"") } else { meant.join(" OR ") })
        };
        let mut condition = Condition::default();
        condition.matches(all.iter().map(one_of).collect::<Vec<_>>().join(" AND "));
        self.count(&condition)
    }
}

impl Contender for Sqlite {
    fn build(folder: &Path, cars: impl Iterator<Item = Result<Car>>) -> Result<Self> {
        let db = Connection::open(folder.join("cars.sqlite"))?;
        db.execute_batch(SCHEMA)?;
        db.execute_batch("begin")?;
        {
            let mut car_row = db.prepare("insert into car values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
            let mut option_row = db.prepare("insert into car_option values (?, ?)")?;
            let mut word_row = db.prepare("insert into words (rowid, text) values (?, ?)")?;
            let mut place_row = db.prepare("insert into place values (?, ?, ?, ?, ?)")?;
            for car in cars {
                let car = car?;
                let n = car.n as i64;
                let value = |facet: &str| car.values.get(facet).and_then(|values| values.first()).cloned();
                let [x, y, z] = position((car.lat, car.lon)).map(f64::from);
                let facets = FACETS[..6].iter().map(|facet| value(facet).map_or(Value::Null, Value::Text));
                let numbers = [Value::Integer(car.price as i64), Value::Integer(car.pictured.into()), Value::Integer(car.added as i64)];
                let place = [car.lat, car.lon, x, y, z].map(Value::Real);
                car_row.execute(params_from_iter([Value::Integer(n)].into_iter().chain(facets).chain(numbers).chain(place)))?;
                for option in car.values.get("option").into_iter().flatten() {
                    option_row.execute([option as &dyn ToSql, &n])?;
                }
                word_row.execute([&n as &dyn ToSql, &car.text])?;
                place_row.execute([&n as &dyn ToSql, &car.lat, &car.lat, &car.lon, &car.lon])?;
            }
        }
        db.execute_batch("commit")?;
        db.execute_batch(INDEXES)?;
        db.set_prepared_statement_cache_capacity(200);
        let mut vocabulary: Vec<String> =
            db.prepare("select term from vocabulary")?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        vocabulary.sort_unstable();
        Ok(Sqlite { db, vocabulary })
    }
    fn answer(&self, question: &Question) -> Result<Answer> {
        if let Some(text) = &question.suggest {
            return Ok(Answer { total: self.suggest(text)?, ..Answer::default() });
        }
        let condition = Condition::of(question, "");
        let mut answer = Answer { total: self.count(&condition)?, ..Answer::default() };
        if let Some((order, offset)) = question.page {
            answer.ids = self.page(question, &condition, order, offset)?;
        }
        for facet in FACETS.iter().filter(|_| question.facets) {
            answer.facets.insert((*facet).to_owned(), self.facet(question, facet)?.into_iter().collect());
        }
        Ok(answer)
    }
}

fn main() -> Result<()> {
    run::<Sqlite>()
}
