//! What every refusal looks like: said once, here, for all services.

use serde_json::{Value, json};

/// What the gateway itself may answer, whatever the operation.
const OWN: [(&str, &str); 6] = [
    ("400", "a request that cannot be read, or whose body did not come to its end"),
    ("401", "a token that does not hold"),
    ("413", "a body that is too large for this route"),
    ("429", "too many requests, connections or event streams"),
    ("503", "the service is unreachable, or there is too much to do"),
    ("504", "the service did not answer in time"),
];

/// Adds the gateway's own refusals to an operation; gives all refusals their body, where the service did not describe another one.
pub fn describe(operation: &mut Value) {
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        for (status, why) in OWN {
            responses.entry(status).or_insert_with(|| json!({"description": why}));
        }
    }
    for (status, response) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
        let refusal = status.starts_with('4') || status.starts_with('5');
        let Some(response) = response.as_object_mut().filter(|r| refusal && !r.contains_key("content") && !r.contains_key("$ref")) else {
            continue;
        };
        response.insert("content".into(), json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_get_a_body_and_nothing_else_does_and_the_gateways_own_are_there() {
        let mut operation = json!({"responses": {
            "200": {"description": "good"},
            "404": {"description": "gone"},
            "409": {"description": "own", "content": {"text/plain": {}}},
        }});
        describe(&mut operation);
        let content = |status: &str| operation["responses"][status]["content"].clone();
        assert_eq!(content("200"), Value::Null);
        assert_eq!(operation["responses"]["503"]["description"], "the service is unreachable, or there is too much to do");
        assert_eq!(content("503"), content("404"));
        assert_eq!(content("404")["application/problem+json"]["schema"]["$ref"], "#/components/schemas/Problem");
        assert_eq!(content("409"), json!({"text/plain": {}}));
        describe(&mut json!({"responses": 7}));
        describe(&mut json!({"summary": "no responses"}));
    }
}
