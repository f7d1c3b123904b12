//! What a service says and is told on the bus, as an AsyncAPI 3.0 document.

use super::Service;
use crate::{
    Fault,
    bus::transport::Audience,
    message::{Declaration, Docs, MessageKind, Senders},
    schema,
};
use serde_json::{Map, Value, json};

/// Describes a service, seen from itself: it sends what it publishes, and receives what it handles. A message says who may send it
/// (`x-senders`), an operation which queue it is taken from (`x-queue`).
pub(super) fn document<S: Send + Sync + 'static>(service: &Service<S>) -> Value {
    let mut parts = Parts::default();
    for message in &service.published {
        parts.operation("publish", "send", message, place(service.name(), None, message));
    }
    let mut handlers: Vec<_> = service.handlers.iter().collect();
    handlers.sort_by_key(|handler| handler.message.name);
    for handler in handlers {
        let (audience, message) = (handler.subscription.audience, &handler.message);
        let verb = match audience {
            Audience::Service => "subscribe",
            Audience::EachInstance => "subscribe-each",
            Audience::Command => "obey",
            Audience::Call => "answer",
        };
        parts.operation(verb, "receive", message, place(service.name(), Some(audience), message));
    }
    let mut info = json!({"title": service.name(), "version": service.version});
    if !service.about.is_empty() {
        info["description"] = service.about.into();
    }
    json!({
        "asyncapi": "3.0.0",
        "info": info,
        "defaultContentType": "application/json",
        "channels": parts.channels,
        "operations": parts.operations,
        "components": {"messages": parts.messages, "schemas": parts.schemas},
    })
}

/// Where a message is found.
struct Place {
    channel: String,
    bindings: Value,
    /// That the service takes it from.
    queue: Option<String>,
}

#[cfg(feature = "rabbitmq")]
fn place(service: &str, audience: Option<Audience>, message: &Declaration) -> Place {
    use crate::bus::rabbitmq::names;
    let queue = audience.map(|audience| match audience {
        Audience::EachInstance => format!("{}.<instance>", names::queue(service, audience)),
        _ => names::queue(service, audience),
    });
    let is_event = message.kind == MessageKind::Event;
    // Commands and calls go to their queue by the default exchange, which has no name.
    let (exchange, kind) = if is_event { (names::EVENTS, "topic") } else { ("", "default") };
    let channel = queue.clone().filter(|_| !is_event).unwrap_or_else(|| message.name.into());
    let exchange = json!({"name": exchange, "type": kind, "durable": true, "autoDelete": false});
    Place { channel, bindings: json!({"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}}), queue }
}

#[cfg(not(feature = "rabbitmq"))]
fn place(_: &str, _: Option<Audience>, message: &Declaration) -> Place {
    Place { channel: key(message.name), bindings: json!({}), queue: None }
}

#[cfg(feature = "rabbitmq")]
fn headers(kind: MessageKind) -> Value {
    crate::bus::rabbitmq::headers_schema(kind)
}

#[cfg(not(feature = "rabbitmq"))]
fn headers(_: MessageKind) -> Value {
    json!({"type": "object"})
}

#[derive(Default)]
struct Parts {
    channels: Map<String, Value>,
    operations: Map<String, Value>,
    messages: Map<String, Value>,
    schemas: Map<String, Value>,
}

impl Parts {
    fn operation(&mut self, verb: &str, action: &str, message: &Declaration, place: Place) {
        let described = self.describe(message);
        let name = self.message(key(message.name), verb, described);
        self.channel(&place.channel, place.channel.clone().into(), Some(place.bindings), &name);
        let mut operation = json!({
            "action": action,
            "channel": {"$ref": format!("#/channels/{}", place.channel)},
            "messages": [{"$ref": format!("#/channels/{}/messages/{name}", place.channel)}],
        });
        if let Some(queue) = place.queue {
            operation["x-queue"] = queue.into();
        }
        if let Some(reply) = message.reply {
            let payload = self.lifted(reply());
            let answer = json!({"name": message.name, "title": "Reply", "contentType": "application/json", "payload": payload});
            let answer = self.message(format!("{}.reply", key(message.name)), verb, answer);
            let fault = json!({"name": "fault", "title": "Fault", "payload": self.lifted(schema::of::<Fault>()),
                "description": "The error of a call; the header `fm-outcome` is `fault`"});
            let fault = self.message("fault".into(), verb, fault);
            for name in [&answer, &fault] {
                self.channel(REPLIES, Value::Null, None, name);
            }
            let answers: Vec<_> =
                [answer, fault].iter().map(|name| json!({"$ref": format!("#/channels/{REPLIES}/messages/{name}")})).collect();
            operation["reply"] = json!({
                "address": {"location": "$message.header#/reply-to", "description": "The property `reply-to`; the reply has the `correlation-id` of the call"},
                "channel": {"$ref": format!("#/channels/{REPLIES}")},
                "messages": answers,
            });
        }
        self.operations.insert(format!("{verb}.{}", key(message.name)), operation);
    }

    fn describe(&mut self, message: &Declaration) -> Value {
        let payload = self.lifted(message.body());
        let headers = self.lifted(headers(message.kind));
        let senders = match message.senders {
            Senders::Any => json!("any"),
            Senders::Only(names) => json!(names),
        };
        let mut described = json!({
            "name": message.name,
            "contentType": "application/json",
            "headers": headers,
            "payload": payload,
            "bindings": {"amqp": {"messageType": message.name, "bindingVersion": "0.3.0"}},
            "x-senders": senders,
        });
        if !message.docs.title.is_empty() {
            described["title"] = message.docs.title.into();
        }
        let about = Docs::text(message.docs.about);
        if !about.is_empty() {
            described["description"] = about.into();
        }
        if message.kind == MessageKind::Call {
            described["correlationId"] =
                json!({"location": "$message.header#/correlation-id", "description": "The property `correlation-id`"});
        }
        described
    }

    /// Adds a message and gives its key: with the verb, if another one has its name.
    fn message(&mut self, key: String, verb: &str, message: Value) -> String {
        let key = if self.messages.get(&key).is_none_or(|known| *known == message) { key } else { format!("{key}.{verb}") };
        self.messages.insert(key.clone(), message);
        key
    }

    fn channel(&mut self, channel: &str, address: Value, bindings: Option<Value>, message: &str) {
        let channel = self.channels.entry(channel).or_insert_with(|| json!({"address": address, "messages": {}}));
        channel["messages"][message] = json!({"$ref": format!("#/components/messages/{message}")});
        if let Some(bindings) = bindings {
            channel["bindings"] = bindings;
        }
    }

    /// Moves what has a title to the components, and refers to it; of two types with one name the first.
    fn lifted(&mut self, schema: Value) -> Value {
        let mut schema = match schema {
            Value::Object(fields) => fields.into_iter().map(|(name, field)| (name, self.lifted(field))).collect::<Map<_, _>>(),
            Value::Array(items) => return items.into_iter().map(|item| self.lifted(item)).collect(),
            scalar => return scalar,
        };
        let Some(title) = schema.get("title").and_then(Value::as_str).map(str::to_owned) else { return schema.into() };
        let about = schema.remove("description");
        let schema = Value::from(schema);
        if *self.schemas.entry(title.clone()).or_insert_with(|| schema.clone()) != schema {
            return schema;
        }
        let reference = json!({"$ref": format!("#/components/schemas/{title}")});
        match about {
            Some(about) => json!({"allOf": [reference], "description": about}),
            None => reference,
        }
    }
}

/// The channel of all replies: the queue of the instance that made the call.
const REPLIES: &str = "replies";

/// A name as the key of a component, which has no slash.
fn key(name: &str) -> String {
    name.replace('/', ".")
}

#[cfg(all(test, feature = "rabbitmq"))]
mod tests {
    use super::*;
    use crate::{Cx, Handled, Reply, messages, testing::MockBus};
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Car {
        id: String,
        price: Option<i64>,
    }

    messages! {
        /// A car became visible
        /// to everybody.
        event "car.listed" from "fm-x" Listed {
            /// As it is now.
            car: Car,
            #[serde(rename = "since")]
            at: i64,
        }
        event "car.sold" from ["fm-y", "fm-z"] Sold { car: Car }
        command "fm-x/clean" from "fm-y" Clean {
            /// Whole days.
            days: u8,
        }
        call "fm-x/price" PriceOf { car: String } -> Car;
    }

    async fn sold(_: Sold, _: Cx<()>) -> Handled {
        Ok(())
    }
    async fn listed(_: Listed, _: Cx<()>) -> Handled {
        Ok(())
    }
    async fn clean(_: Clean, _: Cx<()>) -> Handled {
        Ok(())
    }
    async fn price(m: PriceOf, _: Cx<()>) -> Reply<Car> {
        Ok(Car { id: m.car, price: None })
    }

    fn service() -> Service<()> {
        let service = Service::new("fm-x", ()).version("1.2.3").about("Sells cars").publishes::<Listed>();
        service.on(sold).on_each_instance(listed).command(clean).call(price)
    }

    #[test]
    fn each_operation_names_its_message_channel_and_queue() {
        let document = document(&service());
        assert_eq!(document["info"], json!({"title": "fm-x", "version": "1.2.3", "description": "Sells cars"}));
        let operations: Vec<_> = document["operations"].as_object().unwrap().keys().collect();
        let mut expected =
            ["publish.car.listed", "subscribe.car.sold", "subscribe-each.car.listed", "obey.fm-x.clean", "answer.fm-x.price"];
        expected.sort_unstable();
        assert_eq!(operations.into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>(), expected);
        let published = &document["operations"]["publish.car.listed"];
        assert_eq!((&published["action"], published.get("x-queue")), (&json!("send"), None));
        assert_eq!(document["operations"]["subscribe.car.sold"]["x-queue"], "fm.fm-x.events");
        assert_eq!(document["operations"]["subscribe-each.car.listed"]["x-queue"], "fm.fm-x.each.<instance>");
        let events = &document["channels"]["car.listed"];
        assert_eq!(events["bindings"]["amqp"]["exchange"]["name"], "fm.events");
        assert_eq!(events["address"], "car.listed");
        let calls = &document["channels"]["fm.fm-x.calls"];
        assert_eq!((&calls["address"], &calls["bindings"]["amqp"]["exchange"]["type"]), (&json!("fm.fm-x.calls"), &json!("default")));
    }

    #[test]
    fn a_message_has_its_comments_its_senders_and_its_schema() {
        let document = document(&service());
        let listed = &document["components"]["messages"]["car.listed"];
        assert_eq!(listed["description"], "A car became visible to everybody.");
        assert_eq!((&listed["x-senders"], &listed["title"]), (&json!(["fm-x"]), &json!("Listed")));
        assert_eq!(listed["payload"], json!({"$ref": "#/components/schemas/Listed"}));
        assert_eq!(document["components"]["messages"]["fm-x.price"]["x-senders"], "any");
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Listed"]["required"], json!(["car", "since"]));
        let car = json!({"allOf": [{"$ref": "#/components/schemas/Car"}], "description": "As it is now."});
        assert_eq!(schemas["Listed"]["properties"]["car"], car);
        assert_eq!(schemas["Car"]["required"], json!(["id"]));
        assert_eq!(schemas["Clean"]["properties"]["days"]["description"], "Whole days.");
        let reply = &document["operations"]["answer.fm-x.price"]["reply"];
        assert_eq!(reply["messages"][0]["$ref"], "#/channels/replies/messages/fm-x.price.reply");
        assert_eq!(document["components"]["messages"]["fm-x.price.reply"]["payload"], json!({"$ref": "#/components/schemas/Car"}));
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn check(value: &Value, document: &Value) {
            if let Some(target) = value.get("$ref").and_then(Value::as_str) {
                assert!(document.pointer(target.strip_prefix('#').unwrap()).is_some(), "{target}");
            }
            let below: Vec<&Value> = match value {
                Value::Object(fields) => fields.values().collect(),
                Value::Array(items) => items.iter().collect(),
                _ => vec![],
            };
            below.into_iter().for_each(|inner| check(inner, document));
        }
        let document = document(&service());
        check(&document, &document);
    }

    #[actix_rt::test]
    async fn the_documents_are_served_and_openapi_only_where_routes_are_described() {
        let bus = MockBus::for_service(service());
        assert_eq!(bus.get("/asyncapi.json").await.json::<Value>()["info"]["title"], "fm-x");
        assert_eq!(bus.get("/openapi.json").await.status, 404);
        let described = || json!({"openapi": "3.1.0", "paths": {"/a": {"get": {"responses": {}}}}});
        let bus = MockBus::for_service(service().openapi(described));
        let document = bus.get("/openapi.json").await.json::<Value>();
        assert!(document["paths"]["/a"]["get"]["responses"]["503"].is_object(), "{document}");
    }

    #[test]
    #[should_panic(expected = "fm-x is not a declared sender of car.sold")]
    fn a_service_cannot_publish_what_others_send() {
        MockBus::for_service(service().publishes::<Sold>());
    }

    #[actix_rt::test]
    #[should_panic(expected = "fm-x publishes car.listed and does not say so")]
    async fn a_test_fails_when_a_service_publishes_what_it_does_not_declare() {
        messages! { event "car.drafted" from "fm-x" Drafted {} }
        async fn list(m: Clean, cx: Cx<()>) -> Handled {
            cx.publish(Listed { car: Car { id: "c".into(), price: None }, at: m.days.into() })
        }
        MockBus::for_service(Service::new("fm-x", ()).publishes::<Drafted>().command(list)).command(Clean { days: 1 }).await.acked();
    }
}
