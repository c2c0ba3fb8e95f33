"""A page in a real browser: axe's verdict, whether it is too wide, whether it fetched anything."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PROBE = """
<script>%s</script>
<script>
document.querySelectorAll('details').forEach(d => { d.open = true; });
const told = {
    dark: matchMedia('(prefers-color-scheme: dark)').matches,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    fetched: performance.getEntriesByType('resource').length,
};
axe.run().then(found => {
    told.violations = found.violations.map(v => [v.id, v.impact, v.nodes[0].html]);
    told.rules = found.passes.length;
    const out = document.createElement('pre');
    out.id = 'told';
    out.textContent = JSON.stringify(told);
    document.body.append(out);
});
</script>
"""


def audit(html: str, folder: Path, *, size: str, flags: Sequence[str] = ()) -> dict[str, Any]:
    """What axe and the browser say of a page; skips where there is no browser.

    Keys: `violations`, `rules` (how many passed), `dark`, `wide` (pixels beyond the window) and
    `fetched`.
    """
    program = next((p for name in BROWSERS if (p := shutil.which(name))), None)
    if program is None:
        pytest.skip("apt-get install chromium")
    axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    html = re.sub(r"<meta http-equiv=[^>]+>", "", html)
    file = folder / "report.html"
    file.write_text(html.replace("</body>", PROBE % axe + "</body>"), encoding="utf-8")
    done = subprocess.run(
        [
            program,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={size}",
            "--virtual-time-budget=20000",
            "--dump-dom",
            *flags,
            file.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
    )
    found = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.S)
    assert found, done.stderr[-2000:]
    told = found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return dict(json.loads(told))
