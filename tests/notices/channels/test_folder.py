"""Tests of notices.channels.folder."""

import email
import email.policy
from pathlib import Path

import pytest
import structlog

from notices.channels.folder import Folder
from notices.domain import TemporaryFailure
from notices.rendering import render
from tests.notices.samples import ADDRESS, message


def test_a_mail_is_a_file_with_a_readable_name(folder: Folder, tmp_path: Path) -> None:
    """The log names the file, and no address; sent again it is the same file."""
    mail = message("password_reset", "ru")
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            folder.send(mail, render(mail))
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == "20260301T120000Z-password_reset-1.eml"
    assert logs == [{"event": "mail_written", "file": str(file), "log_level": "info"}] * 2
    read = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert (read["To"], read["Subject"]) == (ADDRESS, "Восстановление пароля")
    folder.discard([mail, mail])
    assert list((tmp_path / "mail").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_temporary_failure(tmp_path: Path) -> None:
    """It may be repaired."""
    (tmp_path / "mail").write_text("a file", encoding="utf-8")
    with pytest.raises(TemporaryFailure):
        Folder(tmp_path / "mail").send(message(), render(message()))


def test_a_missing_folder_has_no_files(folder: Folder) -> None:
    """There is nothing to tidy, and nobody is asked."""
    folder.discard([message()])
    folder.discard_unknown(lambda _ids: pytest.fail("asked"))
