//! The tour of the README, played: each block is run as it stands there, and prints what is shown below it.

use market_tests::{Document, Market, fits};
use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// What is only looked at is looked at again until it is as shown, for so long.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Ends the output of a block.
const END: &str = "-- end of block --";

/// A terminal in which the tour is played.
struct Tour {
    steps: VecDeque<Step>,
    shell: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

struct Step {
    name: String,
    commands: String,
    shown: String,
}

/// What a block shows where earlier versions of services run, whose answers do not have these fields.
fn without_fields(shown: &str, absent: &str) -> String {
    let is_absent = |line: &&str| absent.split_whitespace().any(|field| line.trim_start().starts_with(&format!("\"{field}\":")));
    shown.lines().filter(|line| !is_absent(line)).map(|line| format!("{line}\n")).collect()
}

impl Tour {
    fn begin(market: &Market) -> Self {
        let absent = std::env::var("FM_MARKET_ABSENT_FIELDS").unwrap_or_default();
        let document = Document::read(market, "README.md").section("A tour in five minutes");
        let (mut steps, mut name) = (VecDeque::<Step>::new(), String::new());
        for block in document.blocks() {
            // A step begins with its name in bold; the rest of the sentence may follow.
            if let Some(bold) = block.prose.rsplit("\n\n").next().and_then(|last| last.strip_prefix("**")?.split("**").next()) {
                name = bold.trim_end_matches('.').to_owned();
            }
            match (block.kind.as_str(), steps.back_mut()) {
                ("sh", _) => steps.push_back(Step { name: name.clone(), commands: block.text, shown: String::new() }),
                (_, Some(step)) if block.prose.is_empty() && step.shown.is_empty() => step.shown = without_fields(&block.text, &absent),
                _ => panic!("a block that belongs to no commands: {}", block.text),
            }
        }
        let (mut shell, root) = (shell(&document.root), document.root.canonicalize().unwrap());
        shell.env("MARKET", market.address("gateway")).current_dir(root).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = shell.spawn().unwrap();
        let (input, output) = (shell.stdin.take().unwrap(), BufReader::new(shell.stdout.take().unwrap()));
        let mut tour = Tour { steps, shell, input, output };
        tour.run("exec 2>&1");
        tour
    }

    /// Plays the next step.
    fn play(&mut self, name: &str) {
        let step = self.steps.pop_front().unwrap_or_else(|| panic!("the tour ends before {name:?}"));
        assert_eq!(step.name, name);
        let changes = [" -d ", " -F ", " -X ", " & "].iter().any(|word| step.commands.contains(word));
        let began = Instant::now();
        loop {
            let printed = self.run(&step.commands);
            if fits(&printed, &step.shown) {
                return;
            }
            let waited = !changes && began.elapsed() < TIMEOUT;
            assert!(waited, "{name}\n{}\nprinted\n{printed}\nand the README shows\n{}", step.commands, step.shown);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What a variable of the terminal holds.
    fn value(&mut self, name: &str) -> String {
        self.run(&format!("echo \"${name}\"")).trim().to_owned()
    }

    fn run(&mut self, commands: &str) -> String {
        writeln!(self.input, "{commands}\necho '{END}'").unwrap();
        let mut printed = String::new();
        loop {
            let had = printed.len();
            assert!(self.output.read_line(&mut printed).unwrap() > 0, "the shell ended in\n{commands}\nafter\n{printed}");
            if printed[had..].trim_end() == END {
                printed.truncate(had);
                return printed;
            }
        }
    }

    fn end(mut self) {
        assert!(self.steps.is_empty(), "the README shows more than is played: {}", self.steps[0].commands);
        drop(self.input);
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert!(self.shell.wait().unwrap().success(), "{rest}");
    }
}

/// A shell, and all that it has started, for two minutes at most.
fn shell(root: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.args(["120", "bash", "--norc"]).current_dir(root);
    command
}

#[test]
fn fields_that_earlier_services_do_not_have_are_left_out_of_what_is_shown() {
    let shown = "{\n  \"id\": \"…\",\n  \"confirmed\": false,\n  \"of\": \"confirmed\"\n}\n";
    assert_eq!(without_fields(shown, ""), shown);
    assert_eq!(without_fields(shown, "of_nobody confirmed"), "{\n  \"id\": \"…\",\n  \"of\": \"confirmed\"\n}\n");
}

#[test]
fn the_tour_of_the_readme_is_true() {
    let market = Market::running();
    let mut tour = Tour::begin(&market);
    let anyone = market.anyone();
    tour.play("Begin");
    tour.play("Sign up");
    tour.play("Sign in");
    let name = tour.value("NAME");
    let me = market.anyone().bearing(&tour.value("TOKEN"));
    assert_eq!(me.get("/api/me").expect(200).json()["username"], name);
    tour.play("Listen");
    tour.play("List a car");
    let car = format!("/api/cars/{}", tour.value("CAR"));
    assert_eq!(anyone.get(&car).expect(200).json()["owner_id"], me.get("/api/me").json()["id"]);
    tour.play("Upload two pictures");
    let pictures: Vec<String> = anyone.get(&car).expect(200).json()["images"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|image| ["thumb", "card", "full"].map(|size| format!("/images/{}/{size}", image["key"].as_str().unwrap())))
        .collect();
    assert_eq!(pictures.len(), 6);
    for picture in &pictures {
        let file = anyone.get(picture).expect(200);
        assert!(!file.text().contains("Secret Camera") && file.header("cache-control").unwrap().contains("immutable"));
    }
    let taken = std::fs::read(Document::read(&market, "README.md").root.join("fm-image/tests/fixtures/gps.jpg")).unwrap();
    assert!(String::from_utf8_lossy(&taken).contains("Secret Camera"), "the file has something to leave out");
    for step in ["Find it", "Among the latest", "In the stream", "On the web page", "A view"] {
        tour.play(step);
    }
    tour.play("Change the price");
    assert_eq!(anyone.get(&car).expect(200).json()["price"], 17_900);
    tour.play("The price history");
    tour.play("Mark it sold");
    tour.play("It is found no more");
    assert_eq!(anyone.get(&car).expect(200).json()["status"], "sold");
    tour.play("Delete the account");
    me.get("/api/me").expect(401);
    tour.play("Done");
    tour.play("Nothing is left");
    tour.play("Nothing is left");
    for picture in &pictures {
        anyone.get(picture).expect(404);
    }
    tour.end();
}
