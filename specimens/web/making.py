"""What is made of the tubes in a batch: derivatives as the plan says, and pools. `batch.py` hangs these pages."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.services import batch_view, derivative, pooling
from specimens.services.derivative import NOTHING_MADE, Yield
from specimens.services.study import protocol_of
from specimens.web import say
from specimens.web.bedside import choices, door, reasons, said
from specimens.web.figures import grouped
from specimens.web.form import Form
from specimens.web.guard import actor, needs

Answer = str | Response | tuple[str, int]


@needs(Permission.PROCESS)
def derive(code: str, made: str) -> Answer:
    """Make derivatives of one kind from tubes of a batch: how many of each, of which volume."""
    form, errors = Form(), {}
    work = batch_view.work(actor(), code)
    making = next((each for each in work.makings if each.derivative.code == made), None)
    parents = _sent(form, "count_") if making is None else [each.code for each in making.parents]
    if not parents:
        flash(_("Nothing in this batch can be made into that now."), "check")
        return redirect(url_for("batch.show", code=code), 303)
    protocol = protocol_of(actor().study)
    offered = [
        (_("Nothing was made"), [(each, say.word(each)) for each in NOTHING_MADE]),
        (_("More than planned"), [*reasons(protocol, "extra"), ("other", _("another reason"))]),
    ]
    if request.method == "POST":
        yields = _yields(form, parents, making.derivative.volume_ul if making else None)
        codes = [each for _title, some in offered for each, _label in some]
        reason = form.one_of("reason", codes, needed=False)
        note, at = form.text("reason_note"), form.date_time("happened")
        left = form.one_of("left", ("none", "some"))
        errors = form.saved(
            lambda: derivative.derive(
                actor(), made, yields, batch=code, reason=reason, note=note, happened_at=at,
                used_up=left == "none", key=form.key,
            )
        )  # fmt: skip
        if not errors:
            flash(_("%(count)s made. Print their labels, then scan each back.", count=len(form.result)))
            return redirect(url_for("batch.show", code=code, _anchor="made"), 303)
    if making is None:
        return _over(code, errors)
    page = render_template(
        "batch/derive.html", batch=work.batch, making=making, offered=offered, errors=errors, sent=form.sent,
        form=form, name_of=lambda each: batch_view.name_of(protocol_of(each.study, each.protocol_version), each),
        said=said,
        grouped=grouped, door=door,
    )  # fmt: skip
    return (page, 422) if errors else page


def _sent(form: Form, prefix: str) -> list[str]:
    """Return the tubes that a form names: sent again after its work was done, it must find its answer again."""
    return [name.removeprefix(prefix) for name in form.sent if name.startswith(prefix)]


def _over(code: str, errors: dict[str, str]) -> Response:
    """Say at the batch what is wrong with a form whose page there is no longer."""
    flash(next(iter(errors.values())), "check")
    return redirect(url_for("batch.show", code=code), 303)


def _yields(form: Form, parents: list[str], planned_ul: int | None) -> list[Yield]:
    """Return what was typed for each parent; one without a count is left for later."""
    counts = [form.sent.get(f"count_{parent}", "").strip() for parent in parents]
    measured = bool(planned_ul) and any(count not in ("", "0") for count in counts)
    volume = form.whole("volume", least=1, most=derivative.MOST_VOLUME_UL, needed=measured)
    found = []
    for parent in parents:
        count = form.whole(f"count_{parent}", most=derivative.MOST_CHILDREN)
        last = form.whole(f"last_{parent}", least=1, most=derivative.MOST_VOLUME_UL)
        if count is not None:
            found.append(Yield(parent, count, volume, last))
    if not found and not form.wrong:
        form.wrong[f"count_{parents[0]}"] = "number_needed"
    return found


@needs(Permission.PROCESS)
def pool(code: str, kit: str) -> Answer:
    """Pour the tubes of one draw together; each is poured or left out with its reason."""
    form, errors = Form(), {}
    work = batch_view.work(actor(), code)
    draw = next((each for each in work.poolings if each.kit == kit), None)
    tubes = _sent(form, "tube_") if draw is None else [each.code for each in draw.tubes]
    if not tubes:
        flash(_("Nothing in this batch can be poured together now."), "check")
        return redirect(url_for("batch.show", code=code), 303)
    codes = choices(protocol_of(actor().study).reject_codes)
    if request.method == "POST":
        poured, aside = [], {}
        for tube in tubes:
            answer = form.one_of(f"tube_{tube}", ("pour", "later", *dict(codes)))
            if answer == "pour":
                poured.append(tube)
            elif answer and answer != "later":
                aside[tube] = answer
        volume = form.whole("volume", least=1, most=derivative.MOST_VOLUME_UL)
        at = form.date_time("happened")
        errors = form.saved(
            lambda: pooling.pool(
                actor(), code, poured, left_out=aside, volume_ul=volume, happened_at=at, key=form.key
            )
        )
        if not errors:
            flash(_("Poured together. The suspension has an identifier of its own; print its label."))
            return redirect(url_for("batch.show", code=code, _anchor="made"), 303)
    if draw is None:
        return _over(code, errors)
    page = render_template(
        "batch/pool.html", batch=work.batch, draw=draw, codes=codes, errors=errors, sent=form.sent, form=form,
        said=said,
        grouped=grouped, door=door,
    )  # fmt: skip
    return (page, 422) if errors else page
