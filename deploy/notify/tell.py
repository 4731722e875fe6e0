#!/usr/bin/env python3
"""Tells a group chat or a mailbox of a run; `[notify] command` begins it, with the run as JSON on standard input.

tell.py wecom|dingtalk|feishu FILE    a robot of the group; the file has the address of its webhook
tell.py mail TO FROM HOST[:PORT]      by the mail server of the company, without a login

It needs Python 3.9 and nothing else. Where it fails it says why and ends with 1: the next run tells of it again.
"""

import json
import os
import smtplib
import sys
import urllib.request
from email.message import EmailMessage
from pathlib import Path

SECONDS = 20
HEADLINES = {
    "held": "等待人工确认 / waiting for a person",
    "failed": "出现失败 / something failed",
    "recovered": "已恢复正常 / works again",
    "done": "已完成 / done",
    "leaving": "有人即将移除 / people in grace",
    "audit": "有人作出决定 / somebody decided",
}


def bodies(text: str) -> dict[str, dict[str, object]]:
    """Return what the robot of each chat takes for a text."""
    return {
        "wecom": {"msgtype": "text", "text": {"content": text}},
        "dingtalk": {"msgtype": "text", "text": {"content": text}},
        "feishu": {"msg_type": "text", "content": {"text": text}},
    }


def post(file: str, body: dict[str, object]) -> None:
    """Post a message; a robot answers 200 also where it refuses one, with a code that is not 0."""
    url = Path(file).read_text(encoding="utf-8").strip()
    if not url.startswith(("https://", "http://127.0.0.1:")):
        sys.exit(f"{file} has no address that begins with https://")
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310 - looked at above
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - likewise
        said = json.load(answer)
    if said.get("errcode", said.get("code", 0)):
        sys.exit(f"the robot refused: {said}")


def mail(subject: str, text: str, where: list[str]) -> None:
    """Send a mail."""
    to, sender, host = where
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, sender, to
    message.set_content(text)
    name, _, port = host.partition(":")
    with smtplib.SMTP(name, int(port or 25), timeout=SECONDS) as server:
        server.send_message(message)


def main(way: str, *where: str) -> None:
    """Tell of what stands on standard input."""
    news = json.load(sys.stdin)
    headline = HEADLINES.get(os.environ.get("SYNCD_EVENT", ""), "")
    text = f"syncd: {headline}\n{news['message']}\n{news['command']}"
    if way == "mail":
        mail(f"syncd: {headline}", f"{news['message']}\n\n{news['command']}\n", list(where))
    else:
        post(where[0], bodies(text)[way])


if __name__ == "__main__":
    if len(sys.argv) != (5 if sys.argv[1:2] == ["mail"] else 3) or sys.argv[1] not in ("mail", *bodies("")):
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError, smtplib.SMTPException) as error:
        sys.exit(f"nobody was told: {type(error).__name__}")
