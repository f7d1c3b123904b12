//! Conditions and orders mean the same on every store.

use super::*;
use fm_sdk::Kind;

async fn three(driver: Arc<dyn Driver>) -> Shop {
    let shop = Shop::open(driver).await;
    shop.put([
        ("1", json!({ "name": "b", "n": 1, "x": 0.5, "on": false, "tags": [] })),
        ("2", json!({ "n": 2, "x": 1, "on": false, "tags": ["x"] })),
        ("3", json!({ "name": "a", "n": 3, "x": 2.0, "on": true, "tags": ["x", "y"] })),
    ])
    .await;
    shop
}
fn between(field: &'static str, from: impl Into<Value>, to: impl Into<Value>) -> Test {
    let end = |v: Value| Some(v).filter(|v| !v.is_null());
    Test::Between(field, end(from.into()), end(to.into()))
}

cases! { $ store_conditions
    async fn equal_means_equal(driver) {
        let shop = three(driver).await;
        assert_eq!(shop.ids(Test::Eq("name", json!("b"))).await, "1");
        assert_eq!(shop.ids(Test::Eq("name", json!("B"))).await, "");
        assert_eq!(shop.ids(Test::Eq("n", json!(2))).await, "2");
        assert_eq!(shop.ids(Test::Eq("x", json!(2))).await, "3");
        assert_eq!(shop.ids(Test::Eq("x", json!(1.0))).await, "2");
        assert_eq!(shop.ids(Test::Eq("on", json!(true))).await, "3");
        assert_eq!(shop.ids(Test::Eq("nowhere", json!(1))).await, "");
    }
    async fn a_missing_value_differs_from_every_value(driver) {
        let shop = three(driver).await;
        assert_eq!(shop.ids(Test::Ne("name", json!("b"))).await, "2 3");
        assert_eq!(shop.ids(Test::Ne("nowhere", json!("b"))).await, "1 2 3");
        assert_eq!(shop.ids(Test::Ne("n", json!(1))).await, "2 3");
    }
    async fn a_missing_value_equals_nothing_and_lies_in_no_range(driver) {
        let shop = three(driver).await;
        assert_eq!(shop.ids(between("name", Value::Null, "a")).await, "3");
        assert_eq!(shop.ids(between("name", "", Value::Null)).await, "1 3");
        assert_eq!(shop.ids(Test::Eq("name", Value::Null)).await, "");
        assert_eq!(shop.ids(Test::Ne("name", Value::Null)).await, "1 2 3");
        assert_eq!(shop.ids(Test::OneOf("name", vec![Value::Null, json!("a")])).await, "3");
        assert_eq!(shop.ids(Test::Contains("tags", Value::Null)).await, "");
        assert_eq!(shop.ids(Test::Between("n", Some(Value::Null), None)).await, "");
    }
    async fn ranges_include_both_ends(driver) {
        let shop = three(driver).await;
        assert_eq!(shop.ids(between("n", 2, Value::Null)).await, "2 3");
        assert_eq!(shop.ids(between("n", Value::Null, 2)).await, "1 2");
        assert_eq!(shop.ids(between("n", 2, 2)).await, "2");
        assert_eq!(shop.ids(between("n", 3, 1)).await, "");
        assert_eq!(shop.ids(between("x", 0.75, 2)).await, "2 3");
        assert_eq!(shop.ids(between("nowhere", Value::Null, Value::Null)).await, "1 2 3");
    }
    async fn one_of_none_fits_nothing(driver) {
        let shop = three(driver).await;
        assert_eq!(shop.ids(Test::OneOf("name", vec![])).await, "");
        assert_eq!(shop.ids(Test::OneOf("name", vec![json!("a"), json!("b"), json!("c")])).await, "1 3");
    }
    async fn being_there_can_be_asked_for(driver) {
        let shop = three(driver).await;
        assert_eq!(shop.ids(Test::Exists("name", true)).await, "1 3");
        assert_eq!(shop.ids(Test::Exists("name", false)).await, "2");
        assert_eq!(shop.ids(Test::Exists("tags", true)).await, "1 2 3");
    }
    async fn a_list_contains_its_members_and_equals_none_of_them(driver) {
        let shop = three(driver).await;
        assert_eq!(shop.ids(Test::Contains("tags", json!("x"))).await, "2 3");
        assert_eq!(shop.ids(Test::Contains("tags", json!("y"))).await, "3");
        assert_eq!(shop.ids(Test::Contains("name", json!("a"))).await, "", "text is no list");
        assert_eq!(shop.ids(Test::Eq("tags", json!("x"))).await, "");
        assert_eq!(shop.ids(Test::OneOf("tags", vec![json!("x")])).await, "");
        assert_eq!(shop.ids(Test::Ne("tags", json!("x"))).await, "1 2 3");
    }
    async fn conditions_combine(driver) {
        let shop = three(driver).await;
        let (b, two) = (Test::Eq("name", json!("b")), Test::Eq("n", json!(2)));
        assert_eq!(shop.ids(Test::Or(vec![b.clone(), two.clone()])).await, "1 2");
        assert_eq!(shop.ids(Test::And(vec![b.clone(), two.clone()])).await, "");
        assert_eq!(shop.ids(Test::And(vec![Test::Or(vec![b, two]), Test::Exists("name", true), between("n", 0, 9)])).await, "1");
        assert_eq!(shop.ids(Test::And(vec![])).await, "1 2 3");
        assert_eq!(shop.ids(Test::Or(vec![])).await, "");
    }
    async fn values_are_values_and_never_operators(driver) {
        let shop = three(driver).await;
        for value in [json!("' or 1=1 --"), json!("$gt"), json!({ "$gt": "" }), json!({ "$ne": 1 })] {
            assert_eq!(shop.ids(Test::Eq("name", value.clone())).await, "", "{value}");
            assert_eq!(shop.ids(Test::Ne("name", value.clone())).await, "1 2 3", "{value}");
        }
    }
    async fn only_names_of_fields_can_be_searched_by(driver) {
        let shop = three(driver).await;
        for name in ["", "a.b", "$where", "n') or 1=1 --"] {
            let e = shop.0.read(Query { test: Some(Test::Exists(name, true)), ..all() }).await.expect_err("is refused");
            assert_eq!((e.kind(), e.code()), (Kind::Internal, "field-name"));
            assert_eq!(shop.0.read(Query { sort: vec![(name, false)], ..all() }).await.expect_err("is refused").code(), "field-name");
        }
    }
    async fn missing_sorts_first_and_ties_by_id(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("4", json!({ "name": "a", "n": 2 })), ("3", json!({ "name": "a", "n": 1 })), ("1", json!({ "name": "B", "n": 1 })), ("2", json!({ "n": 1 }))]).await;
        let order = async |sort: &[(&'static str, bool)]| shop.ids_of(Query { sort: sort.to_vec(), ..all() }).await;
        assert_eq!(order(&[]).await, "1 2 3 4");
        assert_eq!(order(&[("name", false)]).await, "2 1 3 4");
        assert_eq!(order(&[("name", true)]).await, "3 4 1 2");
        assert_eq!(order(&[("name", false), ("n", true)]).await, "2 1 4 3");
        assert_eq!(order(&[("n", false)]).await, "1 2 3 4");
    }
    async fn skip_and_limit_cut_a_page_out_and_do_not_change_the_count(driver) {
        let shop = three(driver).await;
        let page = Query { sort: vec![("n", true)], skip: 1, limit: Some(1), ..all() };
        assert_eq!(shop.ids_of(page.clone()).await, "2");
        assert_eq!(shop.0.count(page).await.expect("counts"), 3);
        assert_eq!(shop.ids_of(Query { skip: 1, ..all() }).await, "2 3");
        assert_eq!(shop.ids_of(Query { skip: 9, ..all() }).await, "");
        assert_eq!(shop.ids_of(Query { limit: Some(0), ..all() }).await, "");
    }
    async fn pages_by_id_meet_every_document_once(driver) {
        let shop = Shop::open(driver).await;
        for n in 0..25 {
            shop.put([(format!("{n:03}").as_str(), json!({ "n": n, "name": "x" }))]).await;
        }
        let (mut met, mut after) = (vec![], None);
        loop {
            let test = Some(Test::Ne("n", json!(7)));
            let page = shop.0.read(Query { after_id: after.clone(), limit: Some(10), test, ..all() }).await.expect("reads");
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            met.extend(page.iter().filter_map(|s| s.body.as_ref()?["n"].as_i64()));
        }
        assert_eq!(met, (0..25).filter(|n| *n != 7).collect::<Vec<i64>>());
    }
}
