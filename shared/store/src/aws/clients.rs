//! The one place where AWS clients are made.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, ResponseChecksumValidation, SharedCredentialsProvider};
use aws_smithy_http_client::{Builder, tls};

use super::{DynamoDb, Kinesis, Kms, S3};

/// A connection is made within a round trip or two; longer means a dead address.
const CONNECT: Duration = Duration::from_secs(3);

/// One attempt, up to the first byte of the answer: the slowest one that is alive is a put of
/// several MB over a slow line. A stalled body is caught apart, by the SDK's stalled-stream protection.
const ATTEMPT: Duration = Duration::from_secs(15);

/// All attempts of a call: below the time-out of a function (60 s), which can then still answer.
const CALL: Duration = Duration::from_secs(45);

/// One attempt and three retries, with the SDK's backoff and jitter: enough for S3 to split a
/// partition's load or for a lost connection. A longer outage is for the caller's own retries.
const ATTEMPTS: u32 = 4;

/// Makes the stores of a deployment. All share one connection pool and one set of credentials.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
}

impl Clients {
    /// Region, endpoint and credentials from the environment, as AWS tools find them
    /// (`AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_PROFILE`, a function's role, ...).
    pub async fn from_env() -> Self {
        Self { config: loader().load().await }
    }

    /// The given region, and the given endpoint for every service (`None`: AWS's own, or what
    /// `AWS_ENDPOINT_URL` says); credentials from the environment.
    pub async fn connect(region: &str, endpoint: Option<&str>) -> Self {
        let mut loader = loader().region(Region::new(region.to_owned()));
        if let Some(endpoint) = endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        Self { config: loader.load().await }
    }

    /// The same, with an access key in place of the environment's: the one that an emulator takes.
    #[must_use]
    pub fn with_access_key(self, id: &str, secret: &str) -> Self {
        let credentials = Credentials::new(id, secret, None, None, "given");
        let provider = SharedCredentialsProvider::new(credentials);
        Self { config: self.config.into_builder().credentials_provider(provider).build() }
    }

    /// The configuration, for clients of other services.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The archive in `bucket`, encrypted under the KMS key `data_key` (ARN).
    pub fn objects(&self, bucket: impl Into<String>, data_key: impl Into<String>) -> S3 {
        let config = aws_sdk_s3::config::Builder::from(&self.config)
            // Whoever names an endpoint has no DNS for `<bucket>.<endpoint>`.
            .force_path_style(self.config.endpoint_url().is_some())
            // Every reader recomputes the hashes that the ledger has of what it read. Checked here
            // too, an altered object would be an unreadable one, and nobody could say what was altered.
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build();
        S3::new(aws_sdk_s3::Client::from_conf(config), bucket, data_key)
    }

    /// The ledger table of that name.
    pub fn table(&self, table: impl Into<String>) -> DynamoDb {
        DynamoDb::new(aws_sdk_dynamodb::Client::new(&self.config), table)
    }

    /// The signing key `key` (ARN, id or alias).
    pub fn signer(&self, key: impl Into<String>) -> Kms {
        Kms::new(aws_sdk_kms::Client::new(&self.config), key)
    }

    /// Kinesis.
    pub fn stream(&self) -> Kinesis {
        Kinesis::new(aws_sdk_kinesis::Client::new(&self.config))
    }
}

fn loader() -> ConfigLoader {
    let http = Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(CALL)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
}
