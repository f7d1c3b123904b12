//! `<service> topology`: what the service declares on RabbitMQ and binds there, as text or as a drawing.

use super::{Handler, Service};
use crate::{
    HandlerOptions,
    bus::{
        rabbitmq::names,
        transport::{Audience, Consume},
    },
    message::Senders,
};
use clap::{Args, ValueEnum};
use std::{collections::BTreeSet, fmt::Write, time::Duration};

#[derive(Args)]
pub(super) struct TopologyCommand {
    /// How it is shown; `mermaid` is a flowchart for Markdown
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Mermaid,
}

impl TopologyCommand {
    /// Describes the service; asks no broker.
    pub fn render<S: Send + Sync + 'static>(&self, service: &Service<S>) -> String {
        let topology = Topology::of(service);
        match self.format {
            Format::Text => topology.text(),
            Format::Mermaid => topology.mermaid(),
        }
    }
}

struct Topology<'a> {
    what: Consume,
    queues: Vec<Queue<'a>>,
}

struct Queue<'a> {
    name: String,
    audience: Audience,
    messages: Vec<Message<'a>>,
}

struct Message<'a> {
    name: &'a str,
    senders: Senders,
    options: &'a HandlerOptions,
    is_batch: bool,
}

impl<'a> Topology<'a> {
    fn of<S: Send + Sync + 'static>(service: &'a Service<S>) -> Self {
        let queue = |audience| Queue {
            name: if audience == Audience::EachInstance {
                format!("{}.<instance>", names::queue(service.name(), audience))
            } else {
                names::queue(service.name(), audience)
            },
            audience,
            messages: messages(&service.handlers, audience),
        };
        let audiences = [Audience::Service, Audience::EachInstance, Audience::Command, Audience::Call];
        let queues = audiences.map(queue).into_iter().filter(|q| !q.messages.is_empty()).collect();
        Topology { what: Consume::new(service.name(), "", service.subscriptions()), queues }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for queue in &self.queues {
            let prefetch = self.what.prefetch_of(queue.audience);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "queue {} ({}, prefetch {prefetch} per worker)", queue.name, kind(queue.audience));
            for message in &queue.messages {
                let _ = write!(text, "  {} from {}", message.name, senders(message.senders));
                if is_event(queue.audience) {
                    let _ = write!(text, ", bound to {} and {}", names::EVENTS, names::EVENTS_BACKUP);
                }
                if queue.audience != Audience::Call {
                    let _ = write!(text, ", {}", self.attempts(queue.audience, message.name));
                }
                text.push_str(&options(message));
                text.push('\n');
            }
        }
        if self.queues.is_empty() {
            return "no queues: the service handles no messages\n".into();
        }
        let _ = writeln!(text, "queue {} (dead letters)", names::dead_letters(&self.what.service));
        let delays: BTreeSet<Duration> = self.what.waits().collect();
        for wait in delays {
            let _ = writeln!(text, "exchange and queue {} (messages that wait for their next attempt)", names::delay(wait));
        }
        text
    }

    fn attempts(&self, audience: Audience, name: &str) -> String {
        let retry = self.what.retry_of(audience, name);
        if retry.attempts == 1 {
            return "1 attempt".into();
        }
        let waits: Vec<_> = (1..retry.attempts).filter_map(|n| retry.after(n)).map(|wait| format!("{wait:?}")).collect();
        format!("{} attempts after {}", retry.attempts, waits.join(", "))
    }

    fn mermaid(&self) -> String {
        let mut lines = BTreeSet::new();
        let dead_letters = names::dead_letters(&self.what.service);
        for queue in &self.queues {
            let from = if is_event(queue.audience) { names::EVENTS } else { &queue.name };
            for message in &queue.messages {
                for sender in senders(message.senders).split(", ") {
                    lines.insert(format!("{} -- {} --> {}", node(sender), label(message.name), node(from)));
                }
                if is_event(queue.audience) {
                    lines.insert(format!("{} -- {} --> {}", node(from), label(message.name), node(&queue.name)));
                }
            }
            lines.insert(format!("{} --> {}", node(&queue.name), node(&self.what.service)));
            if matches!(queue.audience, Audience::Service | Audience::Command) {
                lines.insert(format!("{} -. {} .-> {}", node(&queue.name), label("failed for good"), node(&dead_letters)));
            }
        }
        lines.iter().fold("flowchart LR\n".into(), |text, line| text + "    " + line + "\n")
    }
}

fn messages<'a, S>(handlers: &'a [Handler<S>], audience: Audience) -> Vec<Message<'a>> {
    let own = handlers.iter().filter(|h| h.subscription.audience == audience);
    let message = |h: &'a Handler<S>| Message {
        name: h.subscription.name,
        senders: h.message.senders,
        options: &h.subscription.options,
        is_batch: h.collector.is_some(),
    };
    let mut messages: Vec<_> = own.map(message).collect();
    messages.sort_by_key(|m| m.name);
    messages
}

fn is_event(audience: Audience) -> bool {
    matches!(audience, Audience::Service | Audience::EachInstance)
}

fn kind(audience: Audience) -> &'static str {
    match audience {
        Audience::Service => "events, shared by all instances",
        Audience::EachInstance => "events, one queue for each instance",
        Audience::Command => "commands",
        Audience::Call => "calls",
    }
}

fn senders(senders: Senders) -> String {
    match senders {
        Senders::Any => "any service".into(),
        Senders::Only(names) => names.join(", "),
    }
}

/// What a handler has of its own beside attempts and prefetch.
fn options(Message { options, is_batch, .. }: &Message) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if let Some(concurrency) = options.concurrency {
        let _ = write!(text, ", {concurrency} at once");
    }
    if let Some(timeout) = options.timeout {
        let _ = write!(text, ", each within {timeout:?}");
    }
    if *is_batch {
        let (size, wait) = options.batch();
        let _ = write!(text, ", batches of up to {size} within {wait:?}");
    }
    if options.snapshot {
        text.push_str(", a snapshot first");
    }
    text
}

/// A node with its text; Mermaid takes letters, digits and underscores for its name.
fn node(text: &str) -> String {
    let name: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{name}[{}]", label(text))
}

fn label(text: &str) -> String {
    format!("\"{}\"", text.replace('<', "#lt;").replace('>', "#gt;"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cx, Handled, Reply, messages};

    messages! {
        event "car.listed" from ["fm-cars", "fm-import"] Listed {}
        event "thing.made" from any Made {}
        command "fm-x/clean" from "fm-y" Clean {}
        call "fm-x/ask" Ask {} -> u32;
    }

    async fn listed(_: Listed, _: Cx<()>) -> Handled {
        Ok(())
    }
    async fn made(_: Made, _: Cx<()>) -> Handled {
        Ok(())
    }
    async fn clean(_: Clean, _: Cx<()>) -> Handled {
        Ok(())
    }
    async fn ask(_: Ask, _: Cx<()>) -> Reply<u32> {
        Ok(1)
    }

    fn service() -> Service<()> {
        let twice = HandlerOptions::new().attempts(2).backoff([Duration::from_secs(5)]).prefetch(1);
        let twice = twice.concurrency(2).timeout(Duration::from_secs(3)).snapshot();
        Service::new("fm-x", ()).on(made).on_with(twice, listed).on_each_instance(made).command(clean).call(ask)
    }

    fn render(format: Format, service: &Service<()>) -> String {
        TopologyCommand { format }.render(service)
    }

    #[test]
    fn the_text_names_every_queue_binding_sender_and_wait() {
        let text = render(Format::Text, &service());
        for line in [
            "queue fm.fm-x.events (events, shared by all instances, prefetch 1 per worker)",
            "  car.listed from fm-cars, fm-import, bound to fm.events and fm.events.backup, 2 attempts after 5s, 2 at once, each within 3s, a snapshot first",
            "  thing.made from any service, bound to fm.events and fm.events.backup, 6 attempts after 1s, 10s, 10s, 60s, 600s",
            "queue fm.fm-x.each.<instance> (events, one queue for each instance, prefetch 8 per worker)",
            "queue fm.fm-x.commands (commands, prefetch 8 per worker)",
            "  fm-x/clean from fm-y, 6 attempts after 1s, 10s, 10s, 60s, 600s",
            "queue fm.fm-x.calls (calls, prefetch 8 per worker)",
            "  fm-x/ask from any service",
            "queue fm.fm-x.parking (dead letters)",
            "exchange and queue fm.delay.5s (messages that wait for their next attempt)",
            "exchange and queue fm.delay.10m (messages that wait for their next attempt)",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_service_without_handlers_has_no_queues() {
        let text = render(Format::Text, &Service::new("fm-x", ()));
        assert_eq!(text, "no queues: the service handles no messages\n");
        assert_eq!(render(Format::Mermaid, &Service::new("fm-x", ())), "flowchart LR\n");
    }

    #[test]
    fn the_drawing_leads_from_the_senders_to_the_service_and_its_dead_letters() {
        let drawing = render(Format::Mermaid, &service());
        let mut lines = drawing.lines();
        assert_eq!(lines.next(), Some("flowchart LR"));
        for line in [
            r#"    fm_cars["fm-cars"] -- "car.listed" --> fm_events["fm.events"]"#,
            r#"    fm_import["fm-import"] -- "car.listed" --> fm_events["fm.events"]"#,
            r#"    fm_events["fm.events"] -- "car.listed" --> fm_fm_x_events["fm.fm-x.events"]"#,
            r#"    fm_events["fm.events"] -- "thing.made" --> fm_fm_x_each__instance_["fm.fm-x.each.#lt;instance#gt;"]"#,
            r#"    fm_y["fm-y"] -- "fm-x/clean" --> fm_fm_x_commands["fm.fm-x.commands"]"#,
            r#"    fm_fm_x_calls["fm.fm-x.calls"] --> fm_x["fm-x"]"#,
            r#"    fm_fm_x_commands["fm.fm-x.commands"] -. "failed for good" .-> fm_fm_x_parking["fm.fm-x.parking"]"#,
        ] {
            assert!(drawing.lines().any(|l| l == line), "{line} is not in\n{drawing}");
        }
        assert!(lines.all(|l| l.starts_with("    ")), "{drawing}");
    }
}
