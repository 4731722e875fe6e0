"""What ldapsearch writes into a file beside entries: how its searches ended, and where they referred to.

The form is that of OpenLDAP's ldapsearch without `-L` ("extended LDIF"), with comments as `-L` and `-LLL` leave them.
"""

from collections.abc import Sequence

from syncd.errors import SourceBroken

SUCCESS = "0"
HEADER = b"# extended LDIF"
PAGES = b"# pagedresults:"
COOKIE = "cookie="
Line = tuple[int, bytes]
Field = tuple[str, str]


class Searches:
    """What a file has said so far of the searches that wrote it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._begun_line = 0
        self._more_pages_line = 0
        self.ended = 0
        self.references: list[str] = []

    def hear_comment(self, line: Line) -> None:
        """Take in a comment that says where a search began, or that more pages follow."""
        number, text = line
        if text.rstrip() == HEADER:
            self._begun_line = number
        elif text.startswith(PAGES):
            self._take_cookie(number, text.decode(errors="replace"))

    def takes(self, number: int, fields: Sequence[Field]) -> bool:
        """Take in a block that is no entry; return whether it is one of ldapsearch's.

        Raises `SourceBroken` where a search did not end with success.
        """
        if fields[0][0] == "ref" and all(attribute == "ref" for attribute, _ in fields):
            self.references += (url for _, url in fields)
            return True
        said = dict(fields)
        if fields[0][0] not in ("search", "result") or "result" not in said or said.keys() & {"dn", "changetype"}:
            return False
        self._take_end(number, said)
        return True

    def _take_end(self, number: int, said: dict[str, str]) -> None:
        result = said["result"].strip()
        if result.split(" ", 1)[0] != SUCCESS:
            why = f" ({said['text']})" if said.get("text") else ""
            raise SourceBroken(
                f"{self._name}:{number}: the search that wrote this file ended with {result}{why}, so entries are "
                "missing; export it again, with pages (ldapsearch -E pr=1000/noprompt) where there is a size limit"
            )
        self._begun_line = self._more_pages_line = 0
        self.ended += 1
        if "pagedresults" in said:
            self._take_cookie(number, said["pagedresults"])

    def _take_cookie(self, number: int, text: str) -> None:
        cookie = text.partition(COOKIE)[2].strip()
        self._more_pages_line = number if cookie else 0

    def check_end(self) -> None:
        """Raise `SourceBroken` where the file ends and a search had more pages to come."""
        if self._more_pages_line:
            raise SourceBroken(
                f"{self._name}:{self._more_pages_line}: the file ends before the last page of the search that wrote "
                "it; export it again to the last page (ldapsearch -E pr=1000/noprompt)"
            )

    @property
    def doubt(self) -> str:
        """Return what speaks against the file once it was read to its end, if anything."""
        if not self._begun_line:
            return ""
        return (
            f"{self._name}:{self._begun_line}: ldapsearch began to write here, and the file does not say how the "
            "search ended; it was cut off, or its last lines were taken out (ldapsearch -LLL writes none)"
        )
