"""The report of a study opens in a browser: nothing complained of, every picture loaded, nothing overflowing.

    python report_opens.py REPORT.html
"""

import pathlib
import sys

from selenium import webdriver

options = webdriver.ChromeOptions()
for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]:
    options.add_argument(argument)
# Without a network: the page needs nothing else.
options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND")
options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
browser = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
failures = []
try:
    for width in [380, 1280]:
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
        browser.get(pathlib.Path(sys.argv[1]).resolve().as_uri())
        images = browser.execute_script("return [...document.images].map(i => i.complete && i.naturalWidth > 0)")
        inner, outer = browser.execute_script(
            "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        # Tables scroll in a box of their own.
        escaped = browser.execute_script("""
            return [...document.querySelectorAll('body *')]
              .filter(e => !e.closest('.wide, pre') && e.getBoundingClientRect().right > innerWidth + 1)
              .map(e => e.tagName + ' ' + e.textContent.slice(0, 40))""")
        log = [entry["message"] for entry in browser.get_log("browser")]
        print(f"{width} px: {len(images)} pictures, page {inner} of {outer} px wide, {len(log)} messages")
        if not images or not all(images):
            failures.append(f"{width} px: a picture is missing: {images}")
        if inner > outer or escaped:
            failures.append(f"{width} px: wider than the window: {escaped}")
        failures += [f"{width} px: console: {message}" for message in log]
finally:
    browser.quit()
for failure in failures:
    print(failure, file=sys.stderr)
sys.exit(1 if failures else 0)
