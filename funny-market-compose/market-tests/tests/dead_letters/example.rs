use crate::{
    broker::{Broker, Raw},
    tracker::Tracker,
};
use market_tests::{Block, Document, fits, wait_until};
use serde_json::{Value, json};
use std::{path::PathBuf, process::Command, time::Duration};

/// docs/dead-letters.md, played: what it tells is done, what it shows is compared.
struct Example {
    blocks: std::vec::IntoIter<Block>,
    root: PathBuf,
    dir: String,
}

impl Example {
    fn read(tracker: &Tracker) -> Self {
        let document = Document::read(&tracker.market, "docs/dead-letters.md");
        Example { blocks: document.blocks().into_iter(), root: document.root, dir: tracker.market.address("dir") }
    }

    fn next(&mut self, kind: &str) -> String {
        let block = self.blocks.next().unwrap_or_else(|| panic!("there should be one more block of {kind}"));
        assert_eq!(block.kind, kind, "{}", block.text);
        block.text
    }

    /// The next block is a message.
    fn message(&mut self) -> Value {
        serde_json::from_str(&self.next("json")).unwrap()
    }

    /// The next block is commands, each with what it prints.
    fn commands(&mut self) {
        let block = self.next("console");
        for step in block.split("$ ").skip(1) {
            let (command, shown) = step.split_once('\n').unwrap();
            let mut shell = Command::new("bash");
            shell.arg("-c").arg(format!("{command} 2>&1")).current_dir(&self.root).env("FM_DEV_DIR", &self.dir);
            let printed = String::from_utf8(shell.output().unwrap().stdout).unwrap();
            assert!(fits(&printed, shown), "$ {command}\nprinted\n{printed}\nand the document shows\n{shown}");
        }
    }
}

#[test]
fn the_worked_example_is_true() {
    let tracker = Tracker::of_the_market();
    let (broker, seller) = (Broker::of(&tracker.market), tracker.market.someone());
    let mut example = Example::read(&tracker);

    // A forged message.
    let forged = example.message();
    broker.publish(forged["type"].as_str().unwrap(), &Raw::from_json(&forged));
    tracker.shown(forged["message_id"].as_str().unwrap());
    example.commands();
    tracker.goes_on(&seller);

    // A good message that kills whoever handles it, until the cause is mended.
    let process = tracker.market.instance("fm-tracker");
    process.signal("TERM");
    let gone = || tracker.market.registered("fm-tracker").is_empty() && !process.lives();
    wait_until("fm-tracker is down", Duration::from_secs(30), gone);
    let car = seller.lists_a_car(json!({ "price": 12_500 }));
    let deaths = broker.die_over_each_message_of("fm.fm-tracker.events");
    assert!(deaths > 50, "given up after {deaths}");
    tracker.market.script("scale", &["fm-tracker", "1"]);
    wait_until("it is a dead letter", Duration::from_secs(20), || tracker.dead_letter_ids().len() == 1);
    let car = car["id"].as_str().unwrap();
    assert_eq!(tracker.price(car), None);
    example.commands();
    tracker.shows(car);
    assert_eq!(tracker.price(car), Some(12_500));
    assert_eq!(tracker.dead_letter_ids(), [""; 0]);
    assert!(example.blocks.next().is_none(), "the document shows more than is played");
}
