"""The four verdicts as they are seen from two metres and heard, and what a glove has to hit."""

import re
from collections.abc import Callable, Iterator
from itertools import combinations

import pytest
from playwright.sync_api import Page, expect

from specimens.domain.choice_codes import CHOICES
from specimens.domain.identifiers import COMMAND_CODES, printed
from specimens.services import receipt
from tests.browser.conftest import OpenPage
from tests.browser.keys import Scanner
from tests.cast import Cast
from tests.services.bags import released
from tests.services.chain import unit
from tests.tubes import open_kit
from tests.web.scanning import Do

SignedIn = Callable[..., Page]
#: Verdict → its ground, its word in English and in Dutch.
VERDICTS = {
    "ok": ("#7fe0b0", "OK", "OK"),
    "already": ("#ffdd00", "ALREADY", "AL GEDAAN"),
    "check": ("#1d2f8f", "CHECK", "LET OP"),
    "stop": ("#6b0000", "STOP", "STOP"),
}
#: Window → the language and the theme in which the verdicts are looked at there.
WINDOWS = {(1280, 800): ("en", "light"), (820, 1180): ("nl", "dark")}

#: How colours look to people who lack one kind of cone (Machado, Oliveira and Fernandes 2009), in linear light.
_EYES = {
    "all three": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}  # fmt: skip
_XYZ = (
    (0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.072175), (0.0193339, 0.119192, 0.9503041),
)  # fmt: skip
_WHITE = (0.95047, 1.0, 1.08883)
Colour = tuple[float, ...]

_SEEN = """() => {
  const panel = document.querySelector("[data-verdict]"), word = panel.querySelector(".verdict-word strong");
  const at = word.getBoundingClientRect(), ground = getComputedStyle(panel).backgroundColor;
  return {
    word: word.textContent, px: parseFloat(getComputedStyle(word).fontSize), ground,
    share: panel.getBoundingClientRect().height / innerHeight,
    whole: at.top >= 0 && at.bottom <= innerHeight && at.left >= 0 && at.right <= innerWidth,
    icon: panel.querySelector("svg path")?.getAttribute("d"),
    inks: [...panel.querySelectorAll("strong, p, a, .code")].map((each) => getComputedStyle(each).color),
  };
}"""

#: An AudioContext that plays nothing and writes down what it was asked to play, and when.
_DEAF = """
  window.tones = [];
  window.AudioContext = class {
    currentTime = 0; destination = {};
    createOscillator() {
      const tone = { frequency: { value: 0 }, connect: (to) => to, stop() {} };
      return Object.assign(tone, { start: (at) => window.tones.push([tone.frequency.value, at]) });
    }
    createGain() { return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (to) => to }; }
  };
"""


def _linear(told: str) -> Colour:
    parts = [int(each) for each in re.findall(r"\d+", told)] if "(" in told else [*bytes.fromhex(told[1:])]
    shares = [each / 255 for each in parts[:3]]
    return tuple(each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares)


def _times(matrix: tuple[Colour, ...], colour: Colour) -> Colour:
    return tuple(sum(a * b for a, b in zip(row, colour, strict=True)) for row in matrix)


def _lab(colour: Colour) -> Colour:
    shares = [each / white for each, white in zip(_times(_XYZ, colour), _WHITE, strict=True)]
    x, y, z = (each ** (1 / 3) if each > 0.008856 else 7.787 * each + 16 / 116 for each in shares)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _apart(one: str, other: str, eyes: tuple[Colour, ...]) -> float:
    """Return ΔE (CIE 1976) of two colours as somebody with such eyes sees them."""
    seen = [
        _lab(tuple(min(1, max(0, each)) for each in _times(eyes, _linear(told)))) for told in (one, other)
    ]
    return float(sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours by WCAG, from 1 to 21."""
    light = sorted(sum(a * b for a, b in zip(_XYZ[1], _linear(told), strict=True)) for told in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


def _each_verdict(page: Page, kit: str, tubes: list[str]) -> Iterator[str]:
    """Scan at an open kit until each verdict was there once; yield its name while it stands."""
    scanner = Scanner(page)
    page.goto(f"/kits/{kit}/collect")
    for verdict, code in (
        ("ok", tubes[0]), ("already", tubes[0]), ("check", COMMAND_CODES["NOT_COLLECTED"]), ("stop", "C4K7N2XD"),
    ):  # fmt: skip
        scanner.type(code)
        expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", verdict)
        yield verdict


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_a_verdict_is_a_word_an_icon_and_a_colour_that_are_seen_from_two_metres_and_stay(
    window: tuple[int, int], cast: Cast, do: Do, open_page: OpenPage, signed_in: SignedIn
) -> None:
    language, theme = WINDOWS[window]
    page = signed_in(open_page(viewport={"width": window[0], "height": window[1]}), cast.nora)
    if language == "nl":
        page.goto("/")
        page.get_by_role("button", name="Nederlands").click()
        page.locator("button[name=theme][value=dark]").click()
    kit, tubes = do(open_kit, cast, 3)
    icons = set()
    for verdict in _each_verdict(page, kit, tubes):
        ground, *words = VERDICTS[verdict]
        seen = page.evaluate(_SEEN)
        assert page.locator("html").get_attribute("data-bs-theme") == theme
        assert seen["word"] == words[language == "nl"]
        assert seen["px"] >= 104 and seen["share"] >= 0.4 and seen["whole"], (verdict, seen)
        assert _linear(seen["ground"]) == _linear(ground)
        assert min(contrast(seen["ground"], ink) for ink in seen["inks"]) >= 7, (verdict, seen["inks"])
        icons.add(seen["icon"])
        page.mouse.wheel(0, 1)
        page.wait_for_timeout(1200)  # longer than what is kept of the page afterwards takes
        assert page.evaluate(_SEEN)["word"] == seen["word"]  # it stays until the next scan
    assert len(icons - {None}) == 4


def test_a_verdict_that_the_page_gives_by_itself_looks_like_any_other(
    cast: Cast, do: Do, open_page: OpenPage, signed_in: SignedIn
) -> None:
    page = signed_in(open_page(service_workers="block"), cast.nora)
    kit, tubes = do(open_kit, cast, 2)
    icons = {verdict: page.evaluate(_SEEN)["icon"] for verdict in _each_verdict(page, kit, tubes)}
    page.locator("button[data-acknowledge]").click()
    page.route("**/scan", lambda route: route.abort())
    scanner = Scanner(page)
    for verdict, code in (
        ("check", tubes[1]),
        ("stop", next(iter(CHOICES))),
    ):  # an answer to the server never waits
        scanner.type(code)
        expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", verdict)
        seen = page.evaluate(_SEEN)
        assert (seen["word"], seen["icon"]) == (VERDICTS[verdict][1], icons[verdict])
        assert seen["px"] >= 104 and seen["share"] >= 0.4


def test_the_four_colours_are_told_apart_by_eyes_that_lack_one_kind_of_cone() -> None:
    grounds = [ground for ground, *_ in VERDICTS.values()]
    least = min(
        _apart(one, other, eyes) for eyes in _EYES.values() for one, other in combinations(grounds, 2)
    )
    assert least >= 56


def test_each_verdict_has_its_tones_once_the_sound_is_on_and_none_before(
    cast: Cast, do: Do, open_page: OpenPage, signed_in: SignedIn
) -> None:
    page = signed_in(open_page(), cast.nora)
    page.add_init_script(_DEAF)
    kit, tubes = do(open_kit, cast, 3)
    page.goto(f"/kits/{kit}/collect")
    Scanner(page).type(tubes[1])
    expect(page.locator(".verdict-code")).to_have_text(printed(tubes[1]))
    assert page.evaluate("tones") == []  # off is what it begins with: patients lie awake
    page.get_by_role("button", name="Sound: off").click()
    expect(page.get_by_role("button", name="Sound: on")).to_be_visible()
    heard: dict[str, list[float]] = {}
    for verdict in _each_verdict(page, kit, tubes):
        tones = page.evaluate("tones.splice(0)")
        assert sorted(at for _, at in tones) == [at for _, at in tones]
        heard[verdict] = [hertz for hertz, _ in tones]
    high, middle, rising, low = heard["ok"], heard["already"], heard["check"], heard["stop"]
    assert (len(high), len(middle), len(rising), len(low)) == (1, 2, 2, 3)
    assert len(set(middle)) == len(set(low)) == 1 and rising[0] < rising[1]
    assert high[0] > middle[0] > low[0]
    Scanner(page).type(tubes[2])  # STOP stands: the scan is refused aloud
    expect(page.locator("[data-held-count]")).to_be_visible()
    assert [hertz for hertz, _ in page.evaluate("tones")] == low


#: Buttons, fields and links, but for those in a line of text, which WCAG 2.5.8 leaves out: [what, x, y, width, height].
_TARGETS = """() => {
  const inline = (each) => each.tagName === "A" && getComputedStyle(each).display === "inline";
  const asked = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const seen = [...document.querySelectorAll(asked)].filter((each) => each.checkVisibility() && !inline(each)
    && !each.closest(".skip, .kept"));
  return seen.map((each) => {
    const part = each.closest(".choice") || each, at = part.getBoundingClientRect();
    return [(each.textContent || each.name).trim().slice(0, 40), at.x, at.y, at.width, at.height];
  });
}"""


def _too_near(targets: list[tuple[str, float, float, float, float]]) -> list[str]:
    found = []
    for (one, x, y, width, height), (other, x2, y2, width2, height2) in combinations(targets, 2):
        across, down = max(x, x2) - min(x + width, x2 + width2), max(y, y2) - min(y + height, y2 + height2)
        if (x, y) != (x2, y2) and max(across, down) < 7.5:
            found.append(f"{one} and {other}: {max(across, down):.0f} px")
    return found


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_on_scan_pages_every_target_is_64_px_high_and_wide_with_8_px_between(
    window: tuple[int, int], cast: Cast, do: Do, open_page: OpenPage, signed_in: SignedIn
) -> None:
    bag, _ = do(released, cast, 3)
    other, _ = do(released, cast, 3)
    do(receipt.open_receipt, cast.mei, bag.code, condition="intact", temperature_tenths_c=210)
    box = do(unit)
    kit, _ = do(open_kit, cast, 3)
    wrong = []
    for login, addresses in {
        "nora": f"/ /kits/{kit}/collect",
        "mei": f"/transfers/{bag.code}/receipt /transfers/{other.code}/receipt /boxes/{box} /receive",
    }.items():
        page = signed_in(open_page(viewport={"width": window[0], "height": window[1]}), getattr(cast, login))
        for address in addresses.split():
            page.goto(address)
            assert page.locator("body.scan").count() == 1, address
            targets = page.evaluate(_TARGETS)
            assert len(targets) > 8
            small = [f"{each[0]} {each[3]:.0f}×{each[4]:.0f}" for each in targets if min(each[3:]) < 63.5]
            wrong += [f"{address}: {each}" for each in [*small, *_too_near(targets)]]
    assert not wrong, "\n".join(wrong)


def test_the_summary_of_errors_has_the_focus_and_leads_to_its_field(
    either_page: Page, cast: Cast, signed_in: SignedIn
) -> None:
    page = signed_in(either_page, cast.nora)
    page.goto("/participants/new")
    page.get_by_role("button", name="Register").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".errors")).to_be_focused()
    assert page.title().startswith("Error:")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#subject_number")).to_be_focused()
    assert page.locator("#subject_number").get_attribute("aria-invalid") == "true"
