"""Pictures of the page in each of its states: ``python -m tests.screenshots FOLDER``. Needs Debian's chromium."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from retrieval import default_index
from tests.serving import serve

QUESTIONS = {"answer": "What is the drug trade worth?", "refusal": "Which team won the world cup?", "error": "?"}
UPLOADS = {
    "tram.md": "# Harbour Tram\n\nThe harbour tram opened in 1903. It runs all day.\n\n# Tickets\n\nTwo euros.",
    "garden.html": """<h1>Garden</h1><p>The roses bloom in June. The garden closes at eight. Dogs stay outside.</p>
        <h2>Pond</h2><p>It was dug in 1870. It holds forty carp. Feeding them is forbidden.</p>
        <h2>Rules</h2><ul><li>Stay on the paths.</li><li>Take your litter home.</li><li>No ball games.</li></ul>
        <h2>Fees</h2><table><tr><th>Ticket</th><th>Fee</th></tr><tr><td>Adults</td><td>4 euros</td></tr>
        <tr><td>Children</td><td>1 euro</td></tr></table>""",
}
BAD = {"empty.txt": "", "photo.png": "x"}
VIEWS = {"wide": (1280, 800, "light"), "dark": (1280, 800, "dark"), "phone": (390, 844, "light")}


def shoot(page: Page, url: str, stem: Path) -> None:
    """Every state of one view, each as a PNG beside the others."""
    page.goto(url)
    page.wait_for_selector("#welcome .chips", state="attached")
    page.screenshot(path=f"{stem}-start.png")
    for number, (state, question) in enumerate(QUESTIONS.items(), 1):
        page.fill("#box textarea", question)
        page.keyboard.press("Enter")
        page.wait_for_selector(f".turn:not(.pending):nth-child({number})")
        page.wait_for_timeout(500)  # the pane scrolls softly
        page.screenshot(path=f"{stem}-{state}.png")
        if state == "answer":
            page.locator(".cite").first.click()
            page.wait_for_timeout(500)
            page.screenshot(path=f"{stem}-citation.png")
            page.keyboard.press("Escape")
    shoot_uploads(page, stem)


def shoot_uploads(page: Page, stem: Path) -> None:
    """A visitor's own documents: held, with others refused, and asked."""
    upload(page, UPLOADS)
    page.wait_for_selector("#welcome .lead", state="visible")
    page.screenshot(path=f"{stem}-upload.png")
    upload(page, BAD)
    page.wait_for_selector(".problems p")
    page.screenshot(path=f"{stem}-upload-error.png")
    page.fill("#box textarea", "How many carp are in the pond?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn:not(.pending)")
    page.wait_for_timeout(500)
    page.screenshot(path=f"{stem}-upload-answer.png")


def upload(page: Page, files: dict[str, str]) -> None:
    """Choose files and wait until all are read."""
    sent = [{"name": name, "mimeType": "text/plain", "buffer": text.encode()} for name, text in files.items()]
    page.locator("#shelf input").set_input_files(sent)  # type: ignore[arg-type]
    page.wait_for_function("document.querySelector('#shelf [role=status]').textContent.includes('added')")


def main(folder: Path) -> None:
    """All views of the page over seeds/."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for url in serve(default_index()):
            for view, (width, height, scheme) in VIEWS.items():
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                shoot(page, url, folder / view)
                page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
