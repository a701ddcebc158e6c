import dataclasses
import os
import pathlib

from demo.service import store


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    key: str
    name: str
    port: int
    url: str
    store: pathlib.Path
    issuer: str
    client_id: str
    client_secret: str
    scim_token: str
    portal_name: str
    delay_ms: int

    @property
    def cookie(self) -> str:
        return f"kh_{self.key}"

    @property
    def secure(self) -> bool:
        return self.url.startswith("https://")

    @property
    def cookie_secret(self) -> bytes:
        return store.secret(self.store / "cookie-secret")


def needed(name: str) -> str:
    """Read a variable of the environment.

    Raises SystemExit with a sentence where it is missing.
    """
    value = os.environ.get(name, "")
    if not value:
        raise SystemExit(f"{name} is not set. This service is configured by its environment only.")
    return value


def from_environment(*, key: str, name: str) -> Settings:
    port = int(needed("SERVICE_PORT"))
    return Settings(
        key=key,
        name=name,
        port=port,
        url=os.environ.get("SERVICE_URL", f"http://localhost:{port}").rstrip("/"),
        store=store.folder(pathlib.Path(needed("SERVICE_STORE"))),
        issuer=needed("OIDC_ISSUER"),
        client_id=needed("OIDC_CLIENT_ID"),
        client_secret=needed("OIDC_CLIENT_SECRET"),
        scim_token=needed("SCIM_TOKEN"),
        portal_name=os.environ.get("PORTAL_NAME", "the portal"),
        delay_ms=int(os.environ.get("SERVICE_DELAY_MS", "0")),
    )
