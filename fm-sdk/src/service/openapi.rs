//! What the OpenAPI documents of all services have in common.

use crate::http::problem;
use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Completes a document: the scheme `bearer`, the body of refusals, those that every operation has, and the descriptions that an answer must
/// have. What the document says itself stays.
pub(super) fn complete(mut document: Value) -> Value {
    if !document.is_object() {
        return document;
    }
    add(&mut document, "securitySchemes", "bearer", json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}));
    add(&mut document, "schemas", "Problem", problem::schema());
    let for_all = document["security"].clone();
    for item in document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                complete_operation(operation, &for_all);
            }
        }
    }
    document
}

fn complete_operation(operation: &mut Value, for_all: &Value) {
    let asked = operation.get("security").unwrap_or(for_all).as_array();
    // An empty requirement among others says that it can be done without (OpenAPI 3.1, section 4.8.10.2).
    let (takes, needs) = asked.map_or((false, false), |all| (!all.is_empty(), !all.is_empty() && all.iter().all(|one| *one != json!({}))));
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    let mut common = vec![("503", "a part that is needed is unreachable, or there is too much to do")];
    if needs {
        common.push(("401", "no access token, or one that does not hold"));
        common.push(("403", "the access token lacks a scope"));
    } else if takes {
        common.push(("401", "an access token that does not hold"));
    }
    for (status, why) in common {
        responses.entry(status).or_insert_with(|| json!({"description": why}));
    }
    for (status, response) in responses.iter_mut() {
        // OpenAPI 3.1 requires a description (section 4.8.17); utoipa leaves out an empty one.
        if let Some(response) = response.as_object_mut().filter(|response| !response.contains_key("$ref")) {
            let reason = StatusCode::from_bytes(status.as_bytes()).ok().and_then(|status| status.canonical_reason());
            response.entry("description").or_insert_with(|| reason.unwrap_or("Any other answer").into());
        }
    }
    let refusals = responses.iter_mut().filter(|(status, _)| status.starts_with(['4', '5']));
    for response in refusals.filter_map(|(_, response)| response.as_object_mut()) {
        if !response.contains_key("content") && !response.contains_key("$ref") {
            response.insert("content".into(), json!({problem::MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}));
        }
    }
}

/// Adds a component unless there is one of this name.
fn add(document: &mut Value, kind: &str, name: &str, component: Value) -> Option<()> {
    let components = document.as_object_mut()?.entry("components").or_insert_with(|| json!({}));
    let group = components.as_object_mut()?.entry(kind).or_insert_with(|| json!({}));
    group.as_object_mut()?.entry(name).or_insert(component);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_get_the_answers_that_all_have_and_keep_their_own() {
        let bearer = json!([{"bearer": []}]);
        let document = complete(json!({"paths": {"/a": {
            "parameters": [],
            "get": {"responses": {"200": {"description": "good"}}},
            "post": {"security": bearer, "responses": {"403": {"description": "own"}, "409": {"description": "text", "content": {"text/plain": {}}}}},
            "put": {"security": [{}, {"bearer": []}], "responses": {}},
        }}}));
        let statuses = |method: &str| {
            let responses = document["paths"]["/a"][method]["responses"].as_object().unwrap();
            responses.keys().cloned().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
        };
        assert_eq!(statuses("get"), ["200", "503"]);
        assert_eq!(statuses("post"), ["401", "403", "409", "503"]);
        assert_eq!(statuses("put"), ["401", "503"]);
        let responses = &document["paths"]["/a"]["post"]["responses"];
        assert_eq!(responses["403"]["description"], "own");
        assert_eq!(responses["403"]["content"]["application/problem+json"]["schema"]["$ref"], "#/components/schemas/Problem");
        assert_eq!(responses["409"]["content"], json!({"text/plain": {}}));
        assert_eq!(document["paths"]["/a"]["get"]["responses"]["200"], json!({"description": "good"}));
        assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    }

    #[test]
    fn an_answer_without_a_description_gets_the_words_of_its_status() {
        let answers = json!({"201": {}, "204": {"description": "gone"}, "default": {}, "404": {"$ref": "#/components/responses/a"}});
        let document = complete(json!({"paths": {"/a": {"get": {"responses": answers}}}}));
        let responses = &document["paths"]["/a"]["get"]["responses"];
        assert_eq!((&responses["201"]["description"], &responses["204"]["description"]), (&json!("Created"), &json!("gone")));
        assert_eq!(responses["default"]["description"], "Any other answer");
        assert_eq!(responses["404"], json!({"$ref": "#/components/responses/a"}));
    }

    #[test]
    fn components_of_the_document_stay_and_what_is_no_document_stays_what_it_is() {
        let own = json!({"components": {"schemas": {"Problem": {"type": "string"}}}});
        assert_eq!(complete(own)["components"]["schemas"]["Problem"], json!({"type": "string"}));
        for odd in
            [json!(null), json!([1]), json!({"paths": 7, "components": {"schemas": 7}}), json!({"paths": {"/a": 7, "/b": {"get": 7}}})]
        {
            complete(odd);
        }
    }
}
