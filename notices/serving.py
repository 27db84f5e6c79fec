"""Serves notices: the HTTP server, the threads that send and consume, and shutdown."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from functools import partial
from threading import Event

import click
import structlog

from events.envelope import MAX_BYTES
from notices.channels import NotSetUp, Transport
from notices.channels.folder import SENDER, Folder
from notices.channels.smtp import Smtp
from notices.channels.telegram import Telegram
from notices.consumer import Consumer
from notices.domain import Channel
from notices.drafts import Staff
from notices.metrics import add_queue
from notices.sender import Sender
from notices.service import Notices
from notices.settings import Settings, signing_secret
from notices.store import Store, open_store
from notices.web import create_app
from servicekit.clock import now
from servicekit.listening import cannot_listen, host_port
from servicekit.metrics.pages import PageMetrics, add_server
from servicekit.metrics.registry import create_registry
from servicekit.metrics.serving import serving_metrics
from servicekit.serving.http_server import HttpServer
from servicekit.serving.limits import DRAIN_SECONDS, Limits
from servicekit.serving.shutdown import WATCHDOG_SECONDS, stop_on_signal
from servicekit.serving.watched_thread import WatchedThread
from servicekit.tracing.export import exporting_traces

log = structlog.get_logger()

THREADS = 4
TIDY_SECONDS = 3600.0


class CannotServe(Exception):
    """Notices cannot start; the message says why and what to do."""


def serve(settings: Settings, store: Store) -> None:
    """Serve until SIGTERM or SIGINT, then answer the requests that have been sent and finish the mail under way.

    Raises CannotServe if the address cannot be bound or the secret cannot be read, and AddressInUse for the metrics.
    """
    # pika logs each failed attempt to connect in seven lines and a traceback; the consumer logs it in one.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    secret = _secret(settings)
    stop = Event()
    with ExitStack() as stack:
        stack.enter_context(exporting_traces("notices"))
        stack.callback(store.close)
        if not store.is_shared:
            # What a killed process was sending need not wait for the end of its lease.
            with store.write() as work:
                work.messages.release_all(at=now())
                work.commit()
        # Of its own: calls wait for PostgreSQL for a short time only.
        calls = stack.enter_context(closing(open_calls(settings)))
        folder = folder_of(settings)
        notices = notices_of(settings, calls, folder)
        threads = [
            WatchedThread(partial(sender.run, stop), name=f"sender of {sender.channel.value}", stop=stop)
            for sender in stack.enter_context(_senders(settings, store, folder))
        ]
        tidying = partial(_tidy, notices_of(settings, store, folder), stop)
        threads.append(WatchedThread(tidying, name="tidy", stop=stop))
        if settings.amqp_url is not None:
            consumer = Consumer(settings.amqp_url.get_secret_value(), notices.accept, stop)
            threads.append(WatchedThread(consumer.run, name="consumer", stop=stop))

        def failed_threads() -> list[str]:
            return [thread.name for thread in threads if thread.has_failed]

        app = create_app(notices, secret, failed_threads=failed_threads)
        registry = create_registry()
        is_measured = settings.metrics_port is not None
        server = _listen(settings, PageMetrics(registry).measured(app) if is_measured else app)
        stack.callback(server.close)
        add_server(registry, server)
        add_queue(registry, notices.length)
        stack.enter_context(serving_metrics(registry, [settings.bind], settings.metrics_port, prefix="NOTICES"))
        for thread in threads:
            stack.callback(thread.join)
            thread.start()
        stack.callback(stop.set)
        stop_on_signal(server.stop, seconds=DRAIN_SECONDS + WATCHDOG_SECONDS)
        if settings.smtp_host is None:
            log.warning("mails_are_files", folder=str(settings.mail_folder), note="NOTICES_SMTP_HOST is not set")
        click.echo(f"Notices listens on {host_port(settings.bind, server.port)}")
        server.run()


def open_calls(settings: Settings) -> Store:
    """The store for calls over HTTP and events from the broker."""
    return open_store(settings.database, timeouts=settings.timeouts(settings.database_timeout_seconds))


def folder_of(settings: Settings) -> Folder:
    """The folder of mails; without a mail server they are sent there."""
    return Folder(settings.mail_folder, sender=settings.sender or SENDER)


def notices_of(settings: Settings, store: Store, folder: Folder) -> Notices:
    """The use cases."""
    staff = Staff(
        email=settings.staff_email,
        # A chat is nothing without a bot.
        telegram_chat=settings.telegram_chat if settings.telegram_token else None,
        language=settings.staff_language,
    )
    return Notices(store, folder, staff=staff, keep=timedelta(days=settings.keep_days))


@contextmanager
def _senders(settings: Settings, store: Store, folder: Folder) -> Iterator[list[Sender]]:
    """A sender for each channel that is set: one that hangs delays no other."""
    with ExitStack() as stack:
        transports: dict[Channel, Transport] = {
            Channel.EMAIL: folder,
            Channel.TELEGRAM: NotSetUp("NOTICES_TELEGRAM_TOKEN is not set"),
        }
        if settings.smtp_host is not None:
            transports[Channel.EMAIL] = Smtp(
                settings.smtp_host,
                settings.smtp_port,
                sender=settings.sender or SENDER,
                security=settings.smtp_security,
                user=settings.smtp_user,
                password=settings.smtp_password.get_secret_value() if settings.smtp_password else "",
            )
        if settings.telegram_token is not None:
            token = settings.telegram_token.get_secret_value()
            transports[Channel.TELEGRAM] = stack.enter_context(closing(Telegram(settings.telegram_url, token)))
        yield [Sender(store, channel, transport, folder) for channel, transport in transports.items()]


def _tidy(notices: Notices, stop: Event) -> None:
    while not stop.is_set():
        notices.tidy()
        stop.wait(TIDY_SECONDS)


def _secret(settings: Settings) -> str:
    try:
        return signing_secret(settings)
    except (OSError, ValueError) as error:
        file = settings.secrets_dir / "notices"
        raise CannotServe(f"cannot read the secret in {file}: {error}; see NOTICES_SECRET and SECRETS_DIR") from None


def _listen(settings: Settings, app: object) -> HttpServer:
    try:
        return HttpServer(
            app,
            host=settings.bind,
            port=settings.port,
            threads=THREADS,
            limits=Limits(body_bytes=lambda _path: MAX_BYTES),
        )
    except (OSError, ValueError):
        raise CannotServe(cannot_listen(host_port(settings.bind, settings.port), "NOTICES")) from None
