"""Certificates for servers on loopback, made when a test asks, so that none expires in the repository."""

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from audit import clock

_DAY = dt.timedelta(days=1)
LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
ELSEWHERE = x509.DNSName("relay.example.test")


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority of one test; `file` is what a client that trusts it reads."""

    key: ec.EllipticCurvePrivateKey
    name: x509.Name
    file: Path

    def server(self, *, host: x509.GeneralName = LOOPBACK, expired: bool = False) -> ssl.SSLContext:
        """The TLS context of a server with a certificate for `host`."""
        key = ec.generate_private_key(ec.SECP256R1())
        at = clock.wall()
        until = at - _DAY if expired else at + _DAY
        made = (
            _builder(subject=_name("server"), issuer=self.name, key=key, until=until)
            .add_extension(x509.SubjectAlternativeName([host]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
            .sign(self.key, hashes.SHA256())
        )
        file = self.file.with_name(f"server-{made.serial_number:x}.pem")
        file.write_bytes(_pem(key) + made.public_bytes(serialization.Encoding.PEM))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
        return context


def authority(folder: Path, *, name: str) -> Authority:
    """Make an authority and write its certificate into `folder`."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), _name(name)
    made = (
        _builder(subject=subject, issuer=subject, key=key, until=clock.wall() + _DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return Authority(key, subject, file)


def _builder(
    *, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, until: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - 10 * _DAY)
        .not_valid_after(until)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
