"""What a browser calls itself, in words that its owner recognises."""

import re

# the first that fits: most browsers also claim to be the ones below them
BROWSERS = (
    (re.compile(r"\bEdg[A-Za-z]*/\d"), "Edge"),
    (re.compile(r"\bOPR/\d"), "Opera"),
    (re.compile(r"\bFirefox/\d"), "Firefox"),
    (re.compile(r"\bChrome/\d"), "Chrome"),
    (re.compile(r"\bSafari/\d"), "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> str:
    """Give `Edge / Windows` for what a browser sent; what is not known stays as it came, "" included."""
    browser = next((name for pattern, name in BROWSERS if pattern.search(agent)), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    return " / ".join(filter(None, (browser, system))) or agent
