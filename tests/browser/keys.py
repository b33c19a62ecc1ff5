"""What a scanner types: real key events, as a keyboard of that layout would make them of the keys of a US keyboard."""

from collections.abc import Iterable

from playwright.sync_api import CDPSession, Page

#: What the keys of the digits 0 to 9 type without Shift; letters stay, for none of the identifier's moves.
DIGITS = {
    "US": "0123456789",
    "US-International": "0123456789",
    "NL": "0123456789",
    "FR": "à&é\"'(-è_ç",
    "DE": "0123456789",
}
#: What the key right of P types: the scanner's `]`.
BRACKET = {"US": "]", "US-International": "]", "NL": "*", "FR": "$", "DE": "+"}


class Scanner:
    """A keyboard-wedge scanner that is set to a US keyboard, at a computer that is set to *layout*."""

    def __init__(self, page: Page, layout: str = "US", *, caps: bool = False) -> None:
        self.page = page
        self.layout = layout
        self.caps = caps
        self._cdp: CDPSession = page.context.new_cdp_session(page)

    def type(self, text: str, end: str = "Enter", wait_ms: int = 0) -> None:
        """Type *text* and the key that ends it (`Enter`, `Tab`, `` for none), with *wait_ms* between keys."""
        for symbol in text:
            self._key(*self._made(symbol))
            if wait_ms:
                self.page.wait_for_timeout(wait_ms)
        for key in filter(None, end.split("+")):
            self._key(key, key, "\r" if key == "Enter" else "")

    def _made(self, symbol: str) -> tuple[str, str, str]:
        """Return key, code and text of one key."""
        if symbol.isdigit():
            typed = DIGITS[self.layout][int(symbol)]
            return (
                (typed.upper() if self.caps else typed),
                f"Digit{symbol}",
                typed.upper() if self.caps else typed,
            )
        if symbol == "]":
            return BRACKET[self.layout], "BracketRight", BRACKET[self.layout]
        if symbol == " ":
            return " ", "Space", " "
        typed = symbol.lower() if symbol.isupper() == self.caps else symbol.upper()
        return typed, f"Key{symbol.upper()}", typed

    def _key(self, key: str, code: str, text: str) -> None:
        codes = {"Enter": 13, "Tab": 9}
        told = {"key": key, "code": code, "windowsVirtualKeyCode": codes.get(key, ord(code[-1]))}
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        self._cdp.send("Input.dispatchKeyEvent", {**told, **down})
        self._cdp.send("Input.dispatchKeyEvent", {"type": "keyUp", **told})

    def press(self, keys: Iterable[tuple[str, str]], modifiers: int = 0) -> None:
        """Press keys (key, code) that type nothing, such as Ctrl+] with *modifiers* 2."""
        for key, code in keys:
            told = {"key": key, "code": code, "modifiers": modifiers, "windowsVirtualKeyCode": ord(code[-1])}
            self._cdp.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **told})
            self._cdp.send("Input.dispatchKeyEvent", {"type": "keyUp", **told})

    def tablet(self, text: str) -> None:
        """Type as an Android keyboard does: the keys do not say which they are, the text comes by itself."""
        for symbol in text:
            told = {"key": "Unidentified", "code": "", "windowsVirtualKeyCode": 229}
            self._cdp.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **told})
            self._cdp.send("Input.insertText", {"text": symbol})
            self._cdp.send("Input.dispatchKeyEvent", {"type": "keyUp", **told})
