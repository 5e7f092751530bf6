"""`moderator audit`: proves that the decision log is whole, and that it's still the log that it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderator.domain.decision_log import ChainReport, Checkpoint, Erasure

_PANEL = "Prove and repair"


def register(app: typer.Typer) -> None:
    """Adds the group."""
    audit = typer.Typer(help="Prove that the decision log is whole.", no_args_is_help=True)
    command(audit, example="moderator audit verify --against checkpoint.json")(verify)
    command(audit, example="moderator audit head --out checkpoint.json")(head)
    command(audit, example="moderator audit erasures --json")(erasures)
    key = typer.Typer(help="Keys that checkpoints are signed with.", no_args_is_help=True)
    command(key, example="moderator audit key new desk.key")(new)
    audit.add_typer(key, name="key")
    app.add_typer(audit, name="audit", rich_help_panel=_PANEL)


def verify(
    call: Call,
    *,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="CHECKPOINT", help="What `audit head` printed, kept elsewhere since."),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option("--public-key", metavar="FILE", help="The checkpoint must be signed with this key's other half."),
    ] = None,
) -> int:
    """Checks every link of the decision log and of the proofs of erasure. Ends with 1 and names the first bad row.

    With --against nothing before the checkpoint can have changed or vanished unseen, the log's end included.
    """
    from moderator.services.audit import verify as verify_log

    checkpoint, signed = _read(call, against, public_key)
    with call.services(of_demo=True) as services:
        with call.out.progress("Checking") as bar:
            report = verify_log(services.db, bar, checkpoint)
        _print(call, report, checkpoint, signed=signed)
    return 0 if report.intact and signed is not False else 1


def head(
    call: Call,
    *,
    key: Annotated[
        Path | None, typer.Option("--sign", metavar="KEY", help="Sign it with this private key's file.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Standard output where absent.")
    ] = None,
) -> None:
    """Prints a checkpoint: how far the log goes now, as JSON. Keep it where whoever runs the database can't write."""
    import json

    from moderator._version import __version__
    from moderator.services.audit import checkpoint_values, take_checkpoint
    from moderator.services.export import replacing

    with call.services(of_demo=True) as services:
        checkpoint = take_checkpoint(services.db, __version__)
    values = checkpoint_values(checkpoint)
    if key is not None:
        from moderator.services.signing import sign

        signature = sign(checkpoint, key.expanduser())
        values["signature"] = {"key": signature.key_id, "ed25519": signature.value.hex()}
    if out is None:
        call.out.emit(values)
        return
    with replacing(out.expanduser()) as file:
        file.write(json.dumps(values, indent=2) + "\n")
    call.out.remark(f"Written to {out}. Keep it where nobody who can write to the database can.")


def erasures(
    call: Call,
    *,
    after: Annotated[int, typer.Option("--after", metavar="N", min=0, help="Only those after this one.")] = 0,
) -> None:
    """Lists the proofs of erasure: when, what kind, on whose order, how much. No names, no texts.

    Whose: an author's reference, a comment's number, a rule of retention. `audit verify` says whether they hold.
    """
    from moderator.cli.records import erasure_record
    from moderator.services.erasure import proofs

    with call.services(of_demo=True) as services:
        found = proofs(services.db, after)
    if call.out.as_json:
        for proof in found:
            call.out.emit(erasure_record(proof))
    elif found:
        _print_erasures(call, found)
    else:
        call.out.say("Nothing was erased." if not after else f"Nothing was erased after {after}.")


def new(
    call: Call,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, for you alone; FILE.pub is for all.")],
) -> None:
    """Makes an Ed25519 key to sign checkpoints with. The private one is never printed; keep it off this machine."""
    from moderator.services.signing import make_key

    private = file.expanduser()
    public, key_id = make_key(private)
    if call.out.as_json:
        call.out.emit({"private_key": str(private), "public_key": str(public), "key": key_id})
        return
    call.out.say(f"Key {key_id}: {private} signs, {public} verifies.")


def _read(call: Call, against: Path | None, public_key: Path | None) -> tuple[Checkpoint | None, bool | None]:
    """The checkpoint, and whether its signature holds; `None` where nobody asked."""
    if against is None:
        if public_key is not None:
            hint = "Add --against CHECKPOINT."
            raise ConfigError("--public-key is for a checkpoint's signature", code="config.usage", hint=hint)
        return None, None
    from moderator.services.audit import read_checkpoint

    checkpoint, signature = read_checkpoint(against.expanduser())
    if public_key is None:
        if signature is not None:
            call.out.remark("The checkpoint is signed; --public-key FILE checks that.")
        return checkpoint, None
    from moderator.services.signing import is_signed_by

    return checkpoint, signature is not None and is_signed_by(checkpoint, signature, public_key.expanduser())


def _print_erasures(call: Call, proofs: Sequence[Erasure]) -> None:
    from moderator.cli.output import Column
    from moderator.cli.times import minute

    columns = [
        Column("no.", max(3, len(str(proofs[-1].seq))), right=True),
        Column("when (UTC)", 16),
        Column("kind", 9),
        Column("whose", 17),
        Column("comments", 8, right=True),
        Column("on whose order"),
    ]
    rows = [
        [
            str(proof.seq),
            minute(proof.erased_at_ms),
            proof.kind.value,
            proof.subject,
            f"{proof.comments:,}",
            proof.ordered_by,
        ]
        for proof in proofs
    ]
    call.out.table(columns, rows)


def _print(call: Call, report: ChainReport, checkpoint: Checkpoint | None, *, signed: bool | None) -> None:
    if call.out.as_json:
        call.out.emit(
            {
                "intact": report.intact,
                "checked": report.checked,
                "erasures": report.erasures,
                "record": report.record,
                "bad_seq": report.bad_seq,
                "problem": report.problem,
                "head_hash": report.head_hash,
                "against": checkpoint.sequence if checkpoint else None,
                "signed": signed,
            }
        )
        return
    if signed is False:
        call.out.say("✗ the checkpoint isn't signed with that key, or was changed since.")
    if not report.intact:
        call.out.say(f"✗ {report.record} {report.bad_seq}: {report.problem}")
        return
    erasures = f", {report.erasures:,} erasures" if report.erasures else ""
    call.out.say(f"{report.checked:,} decisions{erasures}, every link holds.")
    if checkpoint is not None and signed is not False:
        call.out.say(
            f"All {checkpoint.sequence:,} decisions of the checkpoint of {checkpoint.time} are there, unchanged."
        )
    elif checkpoint is None:
        call.out.say(f"Last link: {report.head_hash}. `moderator audit head` prints a checkpoint to keep elsewhere.")
