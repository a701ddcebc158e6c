"""These settings are about mail and jobs."""

from portal.settings import variables

EMAIL_BACKEND = "provisioning.mail.queue.QueueBackend"
DEFAULT_FROM_EMAIL = variables.MAIL_FROM.value()
SMTP_HOST = variables.SMTP_HOST.value()
SMTP_PORT = variables.SMTP_PORT.value()
SMTP_USER = variables.SMTP_USER.value()
SMTP_PASSWORD = variables.SMTP_PASSWORD.value()
SMTP_TLS = variables.SMTP_TLS.value()

# Without a value, Celery would connect to a RabbitMQ on this machine. No host has a name that ends so (RFC 6761).
NO_BROKER = "amqp://keyholder-broker-url-is-not-set.invalid//"
CELERY_BROKER_URL = variables.BROKER.value() or NO_BROKER
if CELERY_BROKER_URL.startswith("pgmq:"):
    # The queue's functions are installed as plain SQL in a database of its own; no extension is needed. The address
    # is given in full: the queue's client would otherwise use DATABASE_URL, which is the application's.
    CELERY_BROKER_TRANSPORT = "portal.jobs.transport:JobTransport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "conn_string": CELERY_BROKER_URL.replace("pgmq:", "postgresql:", 1),
        "init_extension": False,
        "use_notify": True,
        "wait_time_seconds": 0,
        "polling_interval": 1,
        # A job that runs longer is read again, which counts towards the reads after which it is set aside.
        "visibility_timeout": 900,
    }
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_CONSUMER = "portal.jobs.consumer:Consumer"
# A message of the same broker could otherwise stop a worker.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "portal.celery:HeartbeatScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(variables.HOME.value() / "celery-beat")
CELERY_BEAT_SCHEDULE = {
    # One that no worker has taken is superseded by the next.
    "heartbeat": {"task": "provisioning.heartbeat", "schedule": 60.0, "options": {"expires": 60.0}},
    "tidy": {"task": "provisioning.tidy", "schedule": 3600.0},
    "domains": {"task": "provisioning.check_domains", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "dormant": {"task": "provisioning.process_dormant", "schedule": 21600.0, "options": {"expires": 21600.0}},
    "reconcile": {"task": "provisioning.reconcile_all", "schedule": 24 * 3600.0},
}
