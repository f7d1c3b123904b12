use super::node::{Node, failed};
use crate::servers::ServerTls;
use fm_sdk::{Result, ResultExt};
use std::{
    process::Command,
    sync::{Mutex, MutexGuard, OnceLock},
    thread,
    time::{Duration, Instant},
};

/// A RabbitMQ for tests: a private one, or the one that `FM_TEST_AMQP_URL` names (`amqp://user:password@host:port`, without a virtual host;
/// virtual hosts are then made by the command of `FM_TEST_RABBITMQCTL`, `rabbitmqctl` by default).
#[derive(Debug)]
pub struct RabbitMqServer {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Private { node: Mutex<Node>, port: u16 },
    Given { url: String },
}

impl RabbitMqServer {
    /// Boots a private broker: some seconds. It ends when it is dropped, or with this process.
    ///
    /// # Errors
    /// RabbitMQ is not installed, or did not boot.
    pub fn start() -> Result<Self> {
        Self::boot(None)
    }

    /// Boots a private broker that also listens by TLS, at [`RabbitMqServer::tls_port`].
    ///
    /// # Errors
    /// As [`RabbitMqServer::start`].
    pub fn start_with_tls(tls: &ServerTls) -> Result<Self> {
        Self::boot(Some(tls))
    }

    fn boot(tls: Option<&ServerTls>) -> Result<Self> {
        let node = Node::start(tls)?;
        Ok(RabbitMqServer { kind: Kind::Private { port: node.port, node: Mutex::new(node) } })
    }

    /// The port on which it listens by TLS, if it does.
    pub fn tls_port(&self) -> Option<u16> {
        self.node().ok().and_then(|node| node.tls_port)
    }

    /// Gives the broker that all tests of this process share; the first one that asks boots it. Each test takes a virtual host of its own.
    ///
    /// # Errors
    /// As [`RabbitMqServer::start`].
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<Result<RabbitMqServer>> = OnceLock::new();
        let make = || match std::env::var("FM_TEST_AMQP_URL") {
            Ok(url) => Ok(RabbitMqServer { kind: Kind::Given { url: url.trim_end_matches('/').into() } }),
            Err(_) => Self::start(),
        };
        SHARED.get_or_init(make).as_ref().map_err(Clone::clone)
    }

    /// The URL of the virtual host `/`.
    pub fn url(&self) -> String {
        match &self.kind {
            Kind::Private { port, .. } => format!("amqp://guest:guest@127.0.0.1:{port}"),
            Kind::Given { url } => url.clone(),
        }
    }

    /// Makes a new virtual host with a random name, and gives its URL.
    ///
    /// # Errors
    /// The broker is unreachable or refuses.
    pub fn url_for_vhost(&self) -> Result<String> {
        let name = format!("test-{}", uuid::Uuid::new_v4().simple());
        let url = format!("{}/{name}", self.url());
        match &self.kind {
            Kind::Private { .. } => self.eval(&format!(
                "ok = rabbit_vhost:add(<<\"{name}\">>, <<\"test\">>), ok = rabbit_auth_backend_internal:set_permissions(<<\"guest\">>, <<\"{name}\">>, <<\".*\">>, <<\".*\">>, <<\".*\">>, <<\"test\">>)."
            )).map(|_| url),
            Kind::Given { .. } => {
                let user = url::Url::parse(&url).internal()?.username().to_owned();
                let user = if user.is_empty() { "guest" } else { &user };
                ctl(&["add_vhost", &name])?;
                ctl(&["set_permissions", "-p", &name, user, ".*", ".*", ".*"])?;
                Ok(url)
            }
        }
    }

    /// Evaluates Erlang inside the broker, and gives the result as Erlang text.
    ///
    /// # Errors
    /// The broker is unreachable, is not a private one, or the expressions fail.
    pub fn eval(&self, expressions: &str) -> Result<String> {
        self.node()?.eval(expressions)
    }

    /// Waits until each quorum queue of the URL's virtual host has a leader, and what is known of it is on disk. A broker that is killed right after a queue was
    /// declared for the first time can lose that queue's leader for good; after this it does not.
    ///
    /// # Errors
    /// There is no leader after 90 s.
    pub fn wait_for_leaders(&self, url: &str) -> Result<()> {
        let vhost = url.rsplit('/').next().unwrap_or_default();
        let leaders = format!(
            "[ok = element(1, ra:members(amqqueue:get_pid(Q), 5000)) || Q <- rabbit_amqqueue:list(<<\"{vhost}\">>), \
             amqqueue:get_type(Q) =:= rabbit_quorum_queue], [ok = dets:sync(T) || T <- dets:all()], mnesia:sync_log()."
        );
        let until = Instant::now() + Duration::from_secs(90);
        loop {
            match self.eval(&leaders) {
                Ok(_) => return Ok(()),
                Err(e) if Instant::now() > until => return Err(e),
                Err(_) => thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    /// Stops the broker's process where it is (`SIGSTOP`): connections stay open, nothing answers.
    ///
    /// # Errors
    /// It is not a private one.
    pub fn stop(&self) -> Result<()> {
        self.node()?.freeze()
    }

    /// Lets it go on (`SIGCONT`).
    ///
    /// # Errors
    /// It is not a private one.
    pub fn cont(&self) -> Result<()> {
        self.node()?.signal("CONT")
    }

    /// Kills the broker (`kill -9`) and waits until it is gone.
    ///
    /// # Errors
    /// It is not a private one.
    pub fn kill(&self) -> Result<()> {
        self.node()?.kill()
    }

    /// Kills the broker if it runs, boots it on the same folder and ports, and waits until it takes connections.
    ///
    /// # Errors
    /// It is not a private one, or did not boot.
    pub fn restart(&self) -> Result<()> {
        let mut node = self.node()?;
        node.kill()?;
        node.boot()
    }

    fn node(&self) -> Result<MutexGuard<'_, Node>> {
        match &self.kind {
            Kind::Private { node, .. } => Ok(node.lock().unwrap_or_else(|e| e.into_inner())),
            Kind::Given { .. } => Err(failed("only a private broker can be stopped, killed or asked")),
        }
    }
}

fn ctl(args: &[&str]) -> Result<()> {
    let command = std::env::var("FM_TEST_RABBITMQCTL").unwrap_or_else(|_| "rabbitmqctl".into());
    let mut words = command.split_whitespace();
    let output = Command::new(words.next().unwrap_or("rabbitmqctl")).args(words).args(args).output().internal()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(failed(format!("{command} {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr))))
    }
}
