//! One order, from the account to the certificate in the registry (RFC 8555, 7.4).

use super::{
    Acme,
    failure::{Cause, Failure},
    http::Http,
    records::{self, Record, change},
    view::View,
};
use fm_sdk::registry::{Change, Expect, MAX_CHANGES, Snapshot};
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Error, Identifier, NewAccount, NewOrder, Order, OrderStatus,
    RetryPolicy,
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};

/// How the server is asked whether it is ready; it may ask for more time between.
const POLLS: RetryPolicy = RetryPolicy::new().initial_delay(Duration::from_millis(250)).backoff(1.5).timeout(Duration::from_secs(120));
/// How long other gateways have to learn the answers; one that does not is about to lose its lease.
const LEARN_TIME: Duration = Duration::from_secs(5);

impl Acme {
    /// Orders a certificate and puts it into the registry.
    ///
    /// # Errors
    /// What went wrong; the certificate that was there stays.
    pub(super) async fn order(&self, view: &View, mut snapshots: watch::Receiver<Arc<Snapshot>>) -> Result<(), Failure> {
        let http = Http::new(self.plan.client.clone());
        log::info!("acme: ordering a certificate for {} from {}", self.plan.names.join(", "), self.plan.directory);
        let issued = self.issue(&http, view, snapshots.clone()).await;
        if let Err(e) = self.withdraw().await {
            log::warn!("acme: answers to challenges not removed from the registry, the next order removes them: {e}");
        }
        let record = issued.map_err(|failure| Failure { retry_after: http.retry_after(), ..failure })?;
        let revision = self.publish(&record, view).await?;
        self.metrics.certificate_ordered("issued");
        // What was decided by what lay there before would be decided again.
        let _ = snapshots.wait_for(|snapshot| snapshot.revision >= revision).await;
        Ok(())
    }

    async fn issue(&self, http: &Http, view: &View, snapshots: watch::Receiver<Arc<Snapshot>>) -> Result<Record, Failure> {
        let mut order = self.new_order(http).await?;
        let answers = answers(&mut order).await?;
        if !answers.is_empty() {
            self.tell(&answers, view, snapshots).await?;
            accept(&mut order).await?;
        }
        let polled = order.poll_ready(&POLLS).await;
        if order.state().status == OrderStatus::Invalid {
            let reason = polled.err().map(|e| e.to_string());
            return Err(Failure::new(
                Cause::Challenge,
                rejections(&mut order).await.or(reason).unwrap_or_else(|| "a name was not validated".into()),
            ));
        }
        polled?;
        let key = order.finalize().await?;
        let chain = order.poll_certificate(&POLLS).await?;
        Record::seal(&self.plan, chain, &key)
    }

    /// Begins an order. An account that the server no longer knows is made anew.
    async fn new_order(&self, http: &Http) -> Result<Order, Failure> {
        let identifiers: Vec<Identifier> = self.plan.names.iter().cloned().map(Identifier::Dns).collect();
        let wanted = NewOrder::new(&identifiers);
        let key = records::account_key(&self.plan.directory);
        let Some(entry) = self.registry.list(&key).await?.entries.remove(&key) else {
            return Ok(self.new_account(http, &key).await?.new_order(&wanted).await?);
        };
        let text = self.plan.keys.open(&key, &entry.value).map_err(|why| Failure::new(Cause::Sealed, why))?;
        let credentials: AccountCredentials =
            serde_json::from_str(&text).map_err(|e| Failure::new(Cause::Sealed, format!("{key} has no account: {e}")))?;
        let account = Account::builder_with_http(Box::new(http.clone())).from_credentials(credentials).await?;
        match account.new_order(&wanted).await {
            Err(Error::Api(problem)) if problem.r#type.as_deref() == Some("urn:ietf:params:acme:error:accountDoesNotExist") => {
                log::warn!("acme: {} does not know the account, making another one", self.plan.directory);
                self.registry.commit(vec![Change { key: key.clone(), expect: Expect::Revision(entry.revision), value: None }]).await?;
                Ok(self.new_account(http, &key).await?.new_order(&wanted).await?)
            }
            ordered => Ok(ordered?),
        }
    }

    async fn new_account(&self, http: &Http, key: &str) -> Result<Account, Failure> {
        let contact: Vec<&str> = self.plan.contact.iter().map(String::as_str).collect();
        let wanted = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
        let builder = Account::builder_with_http(Box::new(http.clone()));
        let (account, credentials) = builder.create(&wanted, self.plan.directory.clone(), None).await?;
        let text = serde_json::to_string(&credentials).map_err(|e| Failure::new(Cause::Sealed, e.to_string()))?;
        let sealed = self.plan.keys.seal(key, &text).map_err(|why| Failure::new(Cause::Sealed, why))?;
        self.registry.commit(vec![Change { key: key.into(), expect: Expect::Absent, value: Some(sealed) }]).await?;
        Ok(account)
    }

    /// Lets all gateways answer the challenges.
    async fn tell(&self, answers: &[(String, String)], view: &View, mut snapshots: watch::Receiver<Arc<Snapshot>>) -> Result<(), Failure> {
        let of_set = records::challenges_of(&self.plan.set);
        let before = view.own_challenges.iter().map(|key| change(key.as_str(), None));
        let new = answers.iter().map(|(token, answer)| change(format!("{of_set}{token}"), Some(answer.clone())));
        let changes: Vec<Change> = before.chain(new).collect();
        let mut revision = 0;
        for changes in changes.chunks(MAX_CHANGES) {
            revision = self.registry.commit(changes.to_vec()).await?;
        }
        let knows = |snapshot: &Arc<Snapshot>| View::of(snapshot, &self.plan.set).unaware(revision).next().is_none();
        if timeout(LEARN_TIME, snapshots.wait_for(knows)).await.is_err() {
            let snapshot = snapshots.borrow().clone();
            let unaware = View::of(&snapshot, &self.plan.set).unaware(revision).collect::<Vec<_>>().join(", ");
            log::warn!("acme: {unaware} do not answer the challenges within {LEARN_TIME:?}, ordering all the same");
        }
        Ok(())
    }

    /// Takes the answers of this set back.
    async fn withdraw(&self) -> Result<(), Failure> {
        let entries = self.registry.list(&records::challenges_of(&self.plan.set)).await?.entries;
        let changes: Vec<Change> = entries.into_keys().map(|key| change(key, None)).collect();
        for changes in changes.chunks(MAX_CHANGES) {
            self.registry.commit(changes.to_vec()).await?;
        }
        Ok(())
    }

    /// Puts a certificate in the place of the one that was there when it was ordered.
    async fn publish(&self, record: &Record, view: &View) -> Result<i64, Failure> {
        let value = serde_json::to_string(record).map_err(|e| Failure::new(Cause::Certificate, e.to_string()))?;
        let expect = view.certificate.as_ref().map_or(Expect::Absent, |(_, revision)| Expect::Revision(*revision));
        let certificate = Change { key: records::certificate_key(&self.plan.set), expect, value: Some(value) };
        Ok(self.registry.commit(vec![certificate, change(records::backoff_key(&self.plan.set), None)]).await?)
    }
}

/// Token and answer of each name that is not validated yet.
async fn answers(order: &mut Order) -> Result<Vec<(String, String)>, Failure> {
    let mut answers = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        let name = authorization.identifier().to_string();
        match authorization.status {
            AuthorizationStatus::Valid => continue,
            AuthorizationStatus::Pending => {}
            status => return Err(Failure::new(Cause::Challenge, format!("the authorization of {name} is {status:?}"))),
        }
        let Some(challenge) = authorization.challenge(ChallengeType::Http01) else {
            return Err(Failure::new(Cause::Challenge, format!("the ACME server does not offer http-01 for {name}")));
        };
        let token = challenge.token.clone();
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            return Err(Failure::new(Cause::Challenge, format!("{token:?} is no token (RFC 8555, 8.3)")));
        }
        answers.push((token, challenge.key_authorization().as_str().to_owned()));
    }
    Ok(answers)
}

/// Says that the challenges can be validated.
async fn accept(order: &mut Order) -> Result<(), Failure> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Pending
            && let Some(mut challenge) = authorization.challenge(ChallengeType::Http01)
        {
            challenge.set_ready().await?;
        }
    }
    Ok(())
}

/// What the server says of the names that it could not validate.
async fn rejections(order: &mut Order) -> Option<String> {
    let mut all = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let name = authorization.identifier().to_string();
        let state = authorization.refresh().await.ok()?;
        let errors = state.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
        all.extend(errors.map(|error| format!("{name}: {error}")));
    }
    Some(all.join("; ")).filter(|all| !all.is_empty())
}
