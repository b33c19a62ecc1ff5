"""Where labels may be sent is read from a file that no page can change; a file that is wrong stops the start."""

from pathlib import Path

import pytest

import config


def _read(tmp_path: Path, text: str | None, **more: str) -> config.Printing:
    if text is not None:
        (tmp_path / "printing.toml").write_text(text, "utf-8")
    return config.read({"SPECIMENS_ENV": "test", "SPECIMENS_HOME": str(tmp_path), **more}).printing


def test_without_a_file_private_networks_and_one_port_are_allowed(tmp_path: Path) -> None:
    read = _read(tmp_path, None)
    assert read == config.Printing()
    assert (read.ports, dict(read.commands), dict(read.folders)) == ((9100,), {}, {})


def test_a_file_says_networks_ports_commands_and_folders(tmp_path: Path) -> None:
    text = (
        'networks = ["10.20.0.0/16"]\nports = [9100, 6101]\n'
        '[commands]\nward = ["lp", "-d", "w"]\n[folders]\npath = "/srv"\n'
    )
    told = config.Printing(("10.20.0.0/16",), (9100, 6101), {"ward": ("lp", "-d", "w")}, {"path": "/srv"})
    assert _read(tmp_path, text) == told
    other = tmp_path / "other.toml"
    other.write_text("ports = [9101]", "utf-8")
    assert _read(tmp_path, text, SPECIMENS_PRINTING=str(other)).ports == (9101,)


@pytest.mark.parametrize(
    "text",
    [
        "networks = [",
        'networks = ["everywhere"]',
        'networks = ["10.0.0.1/8"]',
        "ports = [0]",
        'ports = ["9100"]',
        "ports = [true]",
        '[commands]\nward = "lp -d w"',
        "[commands]\nward = []",
        "[commands]\nward = [1]",
        '[folders]\npath = "labels"',
        "printers = 1",
    ],
)
def test_a_file_that_is_wrong_is_told_with_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(config.BadSetting, match=r"printing\.toml"):
        _read(tmp_path, text)


def test_a_file_that_was_named_and_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(config.BadSetting, match="nowhere"):
        _read(tmp_path, None, SPECIMENS_PRINTING=str(tmp_path / "nowhere.toml"))
