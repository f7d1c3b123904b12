use crate::car::Lifetime;
use fm_sdk::{Error, Kind, Result, config::parse_duration};
use std::time::Duration;

/// Settings of fm-cars beside the market's.
#[derive(clap::Args, Clone)]
#[command(next_help_heading = "fm-cars")]
pub struct Own {
    /// How long an ad is on the market before it expires, unless its seller renews it
    #[arg(long, env = "FM_AD_LIFETIME", default_value = "60d", value_name = "TIME", value_parser = parse_duration)]
    ad_lifetime: Duration,

    /// How long before that its seller is told
    #[arg(long, env = "FM_AD_EXPIRY_NOTICE", default_value = "7d", value_name = "TIME", value_parser = parse_duration)]
    ad_expiry_notice: Duration,

    /// How long an expired ad is kept for its seller to renew; then it is removed
    #[arg(long, env = "FM_EXPIRED_AD_KEPT", default_value = "60d", value_name = "TIME", value_parser = parse_duration)]
    expired_ad_kept: Duration,
}

impl Own {
    /// How long ads last.
    ///
    /// # Errors
    /// If sellers would be told before their ads are on the market.
    pub fn lifetime(&self) -> Result<Lifetime> {
        if self.ad_expiry_notice >= self.ad_lifetime {
            return Err(Error::new(Kind::Invalid, "setting", "FM_AD_EXPIRY_NOTICE must be shorter than FM_AD_LIFETIME"));
        }
        Ok(Lifetime { listed: self.ad_lifetime, notice: self.ad_expiry_notice, kept: self.expired_ad_kept })
    }
}
