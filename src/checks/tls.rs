//! TLS for probes: whom to trust, and what a peer's certificate says even when it is not to be trusted.
//!
//! The system's roots are read when the first https probe needs them, never before, and once for all probes of a run.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, InvalidMessage, RootCertStore, SignatureScheme,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Largest file of certificates that is read.
const MAX_CA_FILE: u64 = 4 * 1024 * 1024;
/// Names of a certificate that are reported.
const MAX_NAMES: usize = 8;

/// Whose certificates are trusted; clones share what was read.
#[derive(Clone, Default)]
pub(super) struct Trust {
    system: Arc<OnceCell<Arc<RootCertStore>>>,
    file: Option<PathBuf>,
}

impl Trust {
    /// The same, and the authorities of a PEM file beside it.
    pub(super) fn with_file(&self, file: PathBuf) -> Self {
        Self { system: Arc::clone(&self.system), file: Some(file) }
    }

    async fn roots(&self) -> Result<Arc<RootCertStore>, String> {
        let empty = || Arc::new(RootCertStore::empty());
        let load = async || tokio::task::spawn_blocking(system_roots).await.unwrap_or_else(|_| empty());
        let system = Arc::clone(self.system.get_or_init(load).await);
        let Some(file) = self.file.clone() else { return Ok(system) };
        let mut roots = (*system).clone();
        let own = tokio::task::spawn_blocking(move || read_certificates(&file)).await;
        let own = own.unwrap_or_else(|_| Err("reading the ca file was cut short".to_owned()))?;
        roots.add_parsable_certificates(own);
        Ok(Arc::new(roots))
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("file", &self.file).finish_non_exhaustive()
    }
}

fn system_roots() -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Arc::new(roots)
}

/// Reads every certificate of a PEM file, or the one of a DER file.
pub(super) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = read_capped(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&bytes).filter_map(Result::ok).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    if X509Certificate::from_der(&bytes).is_ok() {
        return Ok(vec![CertificateDer::from(bytes)]);
    }
    Err(format!("{} holds no certificate", path.display()))
}

fn read_capped(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_CA_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a certificate says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CertificateFacts {
    /// Seconds since 1970.
    pub(super) not_before: i64,
    pub(super) not_after: i64,
    pub(super) subject: String,
    /// Host names that it is for.
    pub(super) names: Vec<String>,
}

impl CertificateFacts {
    /// Reads a certificate; `None` when it is malformed.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names =
            certificate.subject_alternative_name().ok().flatten().map_or_else(Vec::new, |extension| {
                let dns = extension.value.general_names.iter().filter_map(|name| match name {
                    x509_parser::extensions::GeneralName::DNSName(name) => Some((*name).to_owned()),
                    _ => None,
                });
                dns.take(MAX_NAMES).collect()
            });
        Some(Self {
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            subject: certificate.subject().to_string(),
            names,
        })
    }
}

/// Why a certificate is not to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TrustFault {
    Expired,
    NotYetValid,
    WrongHost,
    /// Signed by nobody that is trusted here; self-signed ones belong here.
    UnknownIssuer,
    Other,
}

impl TrustFault {
    fn of(error: &CertificateError) -> Self {
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongHost
            }
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            _ => Self::Other,
        }
    }
}

/// Why there is no TLS session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TlsFailure {
    NotReady(String),
    Untrusted(TrustFault),
    /// The handshake broke off.
    Broken(String),
}

/// How strictly a peer is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Untrusted peers are refused.
    Verify,
    /// Any certificate will do: only its dates are wanted.
    LookOnly,
}

/// Makes a TLS session over a connection. The certificate is returned also when the session fails on it.
pub(super) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    host: &str,
    trust: &Trust,
    strictness: Strictness,
) -> (Result<TlsStream<S>, TlsFailure>, Option<CertificateFacts>) {
    let prepared = prepare(host, trust, strictness).await;
    let (config, name, witness) = match prepared {
        Ok(ready) => ready,
        Err(why) => return (Err(TlsFailure::NotReady(why)), None),
    };
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    let facts = witness.seen().and_then(|der| CertificateFacts::read(&der));
    (connected.map_err(|e| failure_of(&e)), facts)
}

type Prepared = (ClientConfig, ServerName<'static>, Arc<Witness>);

async fn prepare(host: &str, trust: &Trust, strictness: Strictness) -> Result<Prepared, String> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| format!("{host} is no host name"))?;
    let provider = Arc::new(ring::default_provider());
    let judge =
        match strictness {
            Strictness::LookOnly => None,
            Strictness::Verify => {
                let roots = trust.roots().await?;
                let judge = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
                Some(judge.map_err(|_| {
                    "no trusted certificates on this machine; name some with \"ca\"".to_owned()
                })?)
            }
        };
    let witness = Arc::new(Witness { judge, provider: Arc::clone(&provider), seen: Mutex::default() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&witness) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    Ok((config, name, witness))
}

fn failure_of(error: &io::Error) -> TlsFailure {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => TlsFailure::Untrusted(TrustFault::of(why)),
        Some(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            TlsFailure::Broken("what listens there does not speak TLS".to_owned())
        }
        Some(other) => TlsFailure::Broken(other.to_string()),
        None => TlsFailure::Broken(error.to_string()),
    }
}

/// Keeps the peer's certificate, and leaves the judgement to the verifier that it wraps.
#[derive(Debug)]
struct Witness {
    judge: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    seen: Mutex<Option<Vec<u8>>>,
}

impl Witness {
    fn seen(&self) -> Option<Vec<u8>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(certificate.to_vec());
        match &self.judge {
            Some(judge) => judge.verify_server_cert(certificate, chain, name, ocsp, now),
            None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
