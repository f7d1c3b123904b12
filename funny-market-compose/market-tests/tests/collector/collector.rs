//! A collector of the OpenTelemetry project.

use crate::{Spans, TIMEOUT, variable};
use market::child::OwnedChild;
use market_tests::{Market, wait_until};
use std::{
    env, fs,
    net::TcpStream,
    path::PathBuf,
    process::{Command, Stdio},
};

/// A collector that writes what it gets into a file.
pub struct Collector {
    output: PathBuf,
    _process: OwnedChild,
}

impl Collector {
    pub fn start(market: &Market, address: &str) -> Self {
        let folder = env::temp_dir().join(market.unique("collector"));
        fs::create_dir_all(&folder).unwrap();
        let (configuration, output) = (folder.join("collector.yaml"), folder.join("output"));
        let text = format!(
            "receivers: {{otlp: {{protocols: {{http: {{endpoint: {address:?}}}}}}}}}\n\
             exporters: {{debug: {{verbosity: detailed}}}}\n\
             service: {{telemetry: {{metrics: {{level: none}}}}, pipelines: {{traces: {{receivers: [otlp], exporters: [debug]}}}}}}\n"
        );
        fs::write(&configuration, text).unwrap();
        let mut command = Command::new(variable("FM_COLLECTOR"));
        command.arg("--config").arg(&configuration).stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&output).unwrap());
        let process = OwnedChild(command.spawn().unwrap());
        wait_until("the collector listens", TIMEOUT, || TcpStream::connect(address).is_ok());
        Collector { output, _process: process }
    }

    /// The spans of a trace, as its exporter `debug` prints them: a line for each field.
    pub fn spans(&self, trace: &str) -> Spans {
        let output = fs::read_to_string(&self.output).unwrap();
        let field = |span: &str, name: &str| {
            let line = span.lines().find_map(|line| line.trim().strip_prefix(name)?.trim_start().strip_prefix(':'));
            line.unwrap_or_default().trim().to_owned()
        };
        let spans = output.split("\nSpan #").skip(1).filter(|span| field(span, "Trace ID") == trace);
        spans.map(|span| (field(span, "ID"), (field(span, "Name"), field(span, "Parent ID")))).collect()
    }
}
