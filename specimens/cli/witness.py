"""A witness for other installations, small enough for a clinic: it needs no database."""

import base64
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

from specimens.ledger import durable
from specimens.ledger.note import COSIGNATURE, BadNote, KeySigner, decoded, read_key
from specimens.ledger.witness import LARGEST_REQUEST, PATH, Answer, Witness


@click.group()
def witness() -> None:
    """Watch over another installation's ledger: remember its checkpoints, and cosign growth alone."""


@witness.command()
@click.option(
    "--folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="Its key and memory."
)
@click.option("--name", required=True, help="Its name for ever, such as witness.clinic.example.")
@click.option(
    "--log",
    "logs",
    required=True,
    multiple=True,
    help="Public key of a ledger (specimens checkpoint show --keys).",
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=5080, show_default=True, type=click.IntRange(0, 65535))
def serve(folder: Path, name: str, logs: tuple[str, ...], host: str, port: int) -> None:
    """Serve the C2SP witness protocol until Ctrl-C; prints the witness's public key first."""
    try:
        keys = [read_key(each) for each in logs]
        signer = _signer(folder, name)
    except BadNote as error:
        raise click.ClickException(str(error)) from error
    server = server_for(Witness(folder / "seen", signer, keys), host, port)
    click.echo(f"Public key: {signer.key.vkey}")
    click.echo(f"Serving on http://{host}:{server.server_port}{PATH} – end with Ctrl-C.")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("Stopped.")
    finally:
        server.server_close()


def _signer(folder: Path, name: str) -> KeySigner:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "witness.key"
    if not path.exists():
        durable.replace(path, f"{name}\n{base64.b64encode(secrets.token_bytes(32)).decode()}\n".encode())
    said = path.read_text(encoding="utf-8").split("\n")
    private = decoded(said[1]) if len(said) > 1 else b""
    if len(private) != 32:
        raise click.ClickException(f"{path} holds no key.")
    if said[0] != name:
        raise click.ClickException(f"{path} is the key of {said[0]}. A witness keeps its name for ever.")
    return KeySigner(name, private, COSIGNATURE)


def server_for(one: Witness, host: str, port: int) -> ThreadingHTTPServer:
    """Return an HTTP server for a witness, not yet serving."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 20
        server_version = "specimens-witness"
        sys_version = ""

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != PATH:
                self._answer(Answer(404, "there is nothing here\n"))
            elif not length.isdecimal() or int(length) > LARGEST_REQUEST:
                self._answer(Answer(413, "too long\n"))
            else:
                body = self.rfile.read(int(length)).decode("utf-8", "replace")
                self._answer(one.add(body, int(time.time())))

        def do_GET(self) -> None:
            self._answer(Answer(405, "POST a checkpoint\n"))

        def _answer(self, answer: Answer) -> None:
            data = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            click.echo(f"{self.address_string()} {format % args}", err=True)

    return ThreadingHTTPServer((host, port), Handler)
