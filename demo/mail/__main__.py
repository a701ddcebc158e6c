import os
import pathlib

from aiosmtpd import controller, smtp

from demo.mail import box, codes, pages
from demo.service import server, settings, store, web

HOSTS = ["localhost", "127.0.0.1"]
MOST_BYTES = 10 * 1024 * 1024
THREADS = 4


class SmtpServer(controller.Controller):
    def factory(self) -> smtp.SMTP:
        return smtp.SMTP(self.handler, data_size_limit=MOST_BYTES, enable_SMTPUTF8=True, hostname="localhost")


def run() -> None:
    port = int(settings.needed("SERVICE_PORT"))
    folder = store.folder(pathlib.Path(settings.needed("SERVICE_STORE")))
    mails = box.Box(folder)
    channel = SmtpServer(mails, hostname=server.HOST, port=int(os.environ.get("SMTP_PORT", "1025")))
    app = web.application("demo.mail", hosts=HOSTS)
    app.extensions[pages.KEY] = mails
    app.extensions[pages.PEOPLE] = pathlib.Path(os.environ.get("SAMPLE_PEOPLE", "none"))
    app.extensions[pages.APPS] = codes.Apps(folder / "apps.json")
    app.register_blueprint(pages.blueprint)
    channel.start()
    try:
        server.serve(app, port=port, name="Mails", address=f"http://localhost:{port}", threads=THREADS)
    finally:
        channel.stop()


run()
