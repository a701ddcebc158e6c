import os
import pathlib

from demo.service import server, settings, store, web
from demo.staff_login import pages
from demo.staff_login.provider import Client, Provider

HOSTS = ["localhost", "127.0.0.1"]
THREADS = 4


def run() -> None:
    port = int(settings.needed("SERVICE_PORT"))
    issuer = os.environ.get("SERVICE_URL", f"http://localhost:{port}").rstrip("/")
    portal = settings.needed("PORTAL_URL").rstrip("/")
    client = Client(
        id=settings.needed("OIDC_CLIENT_ID"),
        secret=settings.needed("OIDC_CLIENT_SECRET"),
        redirect_uri=f"{portal}/staff/sign-in/callback",
        post_logout_redirect_uri=f"{portal}/staff/sign-in/",
        logout_uri=f"{portal}/staff/backchannel-logout",
    )
    app = web.application("demo.staff_login", hosts=HOSTS)
    app.extensions[pages.KEY] = pages.Parts(
        provider=Provider(issuer=issuer, client=client),
        password=settings.needed("SAMPLE_PASSWORD"),
        supplier=os.environ.get("PORTAL_NAME", "the company"),
        left=store.folder(pathlib.Path(settings.needed("SERVICE_STORE"))) / "left.json",
    )
    app.register_blueprint(pages.blueprint)
    server.serve(app, port=port, name="Staff sign-in", address=issuer, threads=THREADS)


run()
