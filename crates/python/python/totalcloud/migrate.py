"""Moves scripts and notebooks from `qualysdk` to `totalcloud.qualysdk`.

    python -m totalcloud.migrate FILE…            shows what would change, and what needs a look
    python -m totalcloud.migrate --write FILE…    changes the files
    python -m totalcloud.migrate --check FILE…    only says which files would change, and ends with 1 if any would

Only imports are rewritten, so that comments and the form of the code stay. Modules of `qualysdk` that this package does
not replace keep their imports; sign-ins of this package work with them too.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import io
import json
import re
import sys
import tokenize
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

OLD, NEW = "qualysdk", "totalcloud.qualysdk"

DATA = "totalcloud.data_classes"
#: Modules that are replaced, below `qualysdk`, and what stands for them.
MODULES: Dict[str, str] = {
    "auth": "auth",
    "auth.base": "auth.base",
    "auth.basic": "auth.basic",
    "auth.token": "auth.token",
    "base": "base",
    "base.base_class": "base.base_class",
    "base.base_list": "base.base_list",
    "base.csv_export": "base.csv_export",
    "base.json_export": "base.json_export",
    "exceptions": "exceptions",
    "exceptions.Exceptions": "exceptions.Exceptions",
    "totalcloud": "totalcloud",
    "totalcloud.evaluations": "totalcloud",
    "totalcloud.get_connectors": "totalcloud",
    "totalcloud.get_inventory": "totalcloud",
    "totalcloud.get_metadata": "totalcloud",
    "totalcloud.get_resource_details": "totalcloud",
    "totalcloud.remediation_log": "totalcloud",
    DATA: DATA,
    **{
        f"{DATA}.{name}": f"{DATA}.{name}"
        for name in (
            "AWSResources",
            "AzureResources",
            "Connectors",
            "Controls",
            "Evaluation",
            "QID",
            "RemediationActivity",
            "resource_mappings",
        )
    },
}
#: Names of the package itself that are replaced.
NAMES = frozenset(
    ("BaseList", "BasicAuth", "DONT_EXPAND", "TokenAuth", "auth", "base", "exceptions", "totalcloud")
    + ("write_csv", "write_excel", "write_json")
)
#: Names in replaced modules that are not there any more.
GONE = {"PlatformPicker": "sign-ins take platform=… or override_platform=…"}

ACCOUNT = "account ids are text and keep the zeros they begin with; compare them with text"
AWARE = "it has its zone (UTC) now; compare it with datetime.now(timezone.utc)"
#: Attributes that differ, and how.
ATTRIBUTES: Dict[str, str] = {
    "awsAccountId": ACCOUNT,
    "baseAccountId": ACCOUNT,
    "cloudAccountId": ACCOUNT,
    "lastSyncedOn": AWARE,
    "nextSyncedOn": AWARE,
    "defaultPolicyVersion_CreateDate": AWARE,
    "defaultPolicyVersion_Document_Statement": "it has all statements now, also where there are several",
    "trustedEntities": "it has all entities now, not the last one alone",
    "assiciations_resourcesVpcConfig_securityGroupIds": "the misspelt name is filled now; it is associations_…",
    "resporcesVpcConfig_endpointPublicAccess": "the misspelt name is filled now; it is resourcesVpcConfig_…",
    "geoRestriction_RestrictionType": "it is a text now",
    "vulnerabilityStats": "of an Azure machine it is the counts now, a dictionary",
}
STDOUT = "nothing is printed any more; the functions return what they used to tell"
#: Calls and names that need a look.
USES: Dict[str, str] = {
    "redirect_stdout": STDOUT,
    "capsys": STDOUT,
    "enable_stdout": STDOUT,
    "disable_stdout": STDOUT,
    "excepthook": "a page that fails is an exception of the call now, not one of a thread",
    "utcnow": "it has no zone and cannot be compared with the times of objects; use datetime.now(timezone.utc)",
}


class Note(NamedTuple):
    """Something that needs a look."""

    line: int
    text: str


class Edit(NamedTuple):
    """A piece of text in another one's place; places are of characters."""

    start: int
    end: int
    text: str


class Source:
    """A piece of code: a script, or a cell of a notebook."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        # Commands of notebooks are no Python; they are hidden while the rest is read.
        hidden = [
            re.sub(r"^(\s*)[%!?].*?(?=[\r\n]*$)", r"\1pass", line, flags=re.DOTALL)
            if line.lstrip()[:1] in "%!?" and line.strip()
            else line
            for line in self.lines
        ]
        self.tree = ast.parse("".join(hidden))

    def place(self, line: int, column: int) -> int:
        """The place of a column, which counts bytes."""
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode(errors="ignore"))

    def span(self, node: ast.stmt) -> Tuple[int, int]:
        """Where a statement begins and ends."""
        return self.place(node.lineno, node.col_offset), self.place(node.end_lineno or 0, node.end_col_offset or 0)


def migrate(texts: Sequence[str]) -> Tuple[List[str], List[List[Note]]]:
    """Pieces of code that belong together, moved; and what needs a look in each."""
    sources = [Source(text) for text in texts]
    trees = [source.tree for source in sources]
    bound = _bound(trees)
    kept_whole = {name for name in bound if not _replaceable(name, trees)}
    out, notes = [], []
    for source in sources:
        found: List[Note] = []
        edits = list(_edits(source, kept_whole, found))
        text = source.text
        for edit in sorted(edits, reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        out.append(text)
        notes.append(found)
    if any(new != old for new, old in zip(out, texts)) or any(NEW in text for text in texts):
        for source, found in zip(sources, notes):
            found.extend(_uses(source.tree))
    return out, [sorted(set(found)) for found in notes]


def _module(name: Optional[str]) -> Optional[str]:
    """The module that stands for one of the older package, if one does."""
    if name == OLD:
        return NEW
    below = (name or "")[len(OLD) + 1 :]
    return f"{NEW}.{MODULES[below]}" if (name or "").startswith(OLD + ".") and below in MODULES else None


def _of_old(name: Optional[str]) -> bool:
    return name == OLD or (name or "").startswith(OLD + ".")


def _bound(trees: Sequence[ast.AST]) -> Set[str]:
    """The names under which the package itself is imported."""
    out = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if _of_old(alias.name) and (alias.asname is None or alias.name == OLD):
                        out.add(alias.asname or OLD)
    return out


def _replaceable(name: str, trees: Sequence[ast.AST]) -> bool:
    """Whether all that is used of the package under this name is replaced."""
    parents = {child: node for tree in trees for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                plain = [alias.name for alias in node.names if alias.asname is None and _of_old(alias.name)]
                if name == OLD and any(_module(module) is None for module in plain):
                    return False
            if isinstance(node, ast.Name) and node.id == name:
                above = parents.get(node)
                if not isinstance(above, ast.Attribute) or above.attr not in NAMES:
                    return False
    return True


def _edits(source: Source, kept: Set[str], notes: List[Note]) -> Iterator[Edit]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and _of_old(node.module):
            yield from _from(source, node, notes)
        elif isinstance(node, ast.Import) and any(_of_old(alias.name) for alias in node.names):
            yield from _import(source, node, kept, notes)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.match(r"qualysdk(\.\w+)+$", node.value)
        ):
            notes.append(Note(node.lineno, f"the text {node.value!r} names a module of {OLD}"))


def _from(source: Source, node: ast.ImportFrom, notes: List[Note]) -> Iterator[Edit]:
    module = _module(node.module)
    if module is None:
        notes.append(Note(node.lineno, f"{node.module} is not replaced; its import stays"))
        return
    stay = [alias for alias in node.names if alias.name in GONE]
    if node.module == OLD:
        stay = [alias for alias in node.names if alias.name not in NAMES]
        if any(alias.name == "*" for alias in node.names):
            notes.append(Note(node.lineno, f"import the names that are used from {OLD}, so that they can be moved"))
            return
    for alias in stay:
        why = GONE.get(alias.name, "its import stays")
        notes.append(Note(node.lineno, f"{node.module}.{alias.name} is not replaced; {why}"))
    go = [alias for alias in node.names if alias not in stay]
    if not go:
        return
    start, end = source.span(node)
    if not stay:
        first, last = _dotted(source.text[start:end])
        yield Edit(start + first, start + last, module)
        return
    both = [f"from {module} import {_names(go)}", f"from {node.module} import {_names(stay)}"]
    yield _statements(source, node, both)


def _import(source: Source, node: ast.Import, kept: Set[str], notes: List[Note]) -> Iterator[Edit]:
    statements, changed = [], False
    for alias in node.names:
        said = alias.name + (f" as {alias.asname}" if alias.asname else "")
        module = _module(alias.name)
        name = alias.asname or OLD
        whole = alias.asname is None or alias.name == OLD
        if not _of_old(alias.name):
            pass
        elif module is None:
            notes.append(Note(node.lineno, f"{alias.name} is not replaced; its import stays"))
        elif whole and name in kept:
            notes.append(
                Note(
                    node.lineno, f"{name} is used for modules that are not replaced; import the rest from {NEW} by name"
                )
            )
        else:
            # `import qualysdk.totalcloud` binds the package, and so does what stands for it.
            said = f"{NEW} as {name}" if whole else f"{module} as {alias.asname}"
            changed = True
        line = f"import {said}"
        if line not in statements:
            statements.append(line)
    if changed:
        yield _statements(source, node, statements)


def _names(aliases: Sequence[ast.alias]) -> str:
    return ", ".join(alias.name + (f" as {alias.asname}" if alias.asname else "") for alias in aliases)


def _statements(source: Source, node: ast.stmt, lines: List[str]) -> Edit:
    """The statements in the place of one: each on a line, if that one had its lines for itself."""
    start, end = source.span(node)
    before = source.lines[node.lineno - 1][: start - source.starts[node.lineno - 1]]
    behind = source.text[end : source.starts[node.end_lineno or 0]]
    if before.strip() or behind.strip()[:1] not in ("", "#"):
        return Edit(start, end, "; ".join(lines))
    ending = "\r\n" if source.lines[node.lineno - 1].endswith("\r\n") else "\n"
    # Comments inside the statement are put before it.
    tokens = tokenize.generate_tokens(io.StringIO(source.text[start:end] + "\n").readline)
    lines = [token.string for token in tokens if token.type == tokenize.COMMENT] + lines
    return Edit(start, end, (ending + before).join(lines))


def _dotted(statement: str) -> Tuple[int, int]:
    """Where the module stands in `from MODULE import …`."""
    found = re.match(r"from\s+(?:\\\s*)?([\w.\s\\]+?)\s*(?:\\\s*)?\bimport\b", statement)
    if found is None:
        raise ValueError(statement)
    return found.span(1)


def _uses(tree: ast.AST) -> Iterator[Note]:
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Attribute):
            if node.attr in ATTRIBUTES:
                yield Note(line, f"{node.attr}: {ATTRIBUTES[node.attr]}")
            elif node.attr in USES:
                yield Note(line, f"{node.attr}: {USES[node.attr]}")
            elif node.attr == "stdout" and isinstance(node.ctx, ast.Store):
                yield Note(line, f"stdout: {STDOUT}")
        elif isinstance(node, ast.Name) and node.id in USES:
            yield Note(line, f"{node.id}: {USES[node.id]}")
        elif isinstance(node, ast.arg) and node.arg in USES:
            yield Note(line, f"{node.arg}: {USES[node.arg]}")
        elif isinstance(node, ast.Subscript):
            key = getattr(node.slice, "value", None)
            key = getattr(key, "value", key)
            if isinstance(key, str) and key in ATTRIBUTES:
                yield Note(line, f"{key}: {ATTRIBUTES[key]}")
        elif isinstance(node, ast.Call):
            yield from _call(node)


def _call(node: ast.Call) -> Iterator[Note]:
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name == "now" and not node.args and not node.keywords:
        yield Note(
            node.lineno, "now(): a time without a zone cannot be compared with those of objects; give it timezone.utc"
        )
    if name in ("BasicAuth", "TokenAuth") and any(each.arg == "token" for each in node.keywords):
        yield Note(node.lineno, "token=: a token that you have already goes to BearerAuth")
    if name in ("import_module", "__import__"):
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and _of_old(str(first.value)):
            yield Note(node.lineno, f"{first.value!s} is imported at run time; its name is not rewritten")
    if name == "get_inventory" and any(
        each.arg == "filter" and "account.id" in ast.dump(each.value) for each in node.keywords
    ):
        yield Note(
            node.lineno, "get_inventory: one call reads all rows, also past 10,000; a loop over accounts is not needed"
        )


class File:
    """A script or a notebook."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.raw = path.read_bytes()
        self.notebook = path.suffix == ".ipynb"
        if self.notebook:
            self.encoding = "utf-8"
            self.book = json.loads(self.raw)
            cells = self.book.get("cells", [])
            self.cells = [
                n for n, cell in enumerate(cells) if cell.get("cell_type") == "code" and not _foreign(_joined(cell))
            ]
            self.texts = [_joined(cells[n]) for n in self.cells]
        else:
            self.encoding, _ = tokenize.detect_encoding(io.BytesIO(self.raw).readline)
            self.texts = [self.raw.decode(self.encoding)]
        self.new, self.notes = migrate(self.texts)

    @property
    def changed(self) -> bool:
        return self.new != self.texts

    def said(self) -> Iterator[str]:
        """What needs a look."""
        for index, notes in enumerate(self.notes):
            place = f"{self.path}:cell {self.cells[index] + 1}:" if self.notebook else f"{self.path}:"
            for note in notes:
                yield f"{place}{note.line}: {note.text}"

    def diff(self) -> str:
        out: List[str] = []
        for index, (old, new) in enumerate(zip(self.texts, self.new)):
            name = f"{self.path}:cell {self.cells[index] + 1}" if self.notebook else str(self.path)
            lines = difflib.unified_diff(old.splitlines(True), new.splitlines(True), name, name)
            out.extend(line if line.endswith("\n") else line + "\n" for line in lines)
        return "".join(out)

    def write(self, backup: Optional[str]) -> None:
        if backup:
            self.path.with_name(self.path.name + backup).write_bytes(self.raw)
        if self.notebook:
            for cell, text in zip(self.cells, self.new):
                held = self.book["cells"][cell]
                held["source"] = text.splitlines(True) if isinstance(held["source"], list) else text
            raw = (json.dumps(self.book, indent=1, ensure_ascii=False) + "\n").encode()
        else:
            raw = self.new[0].encode(self.encoding)
        self.path.write_bytes(raw)


def _joined(cell: Dict[str, object]) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)


def _foreign(text: str) -> bool:
    """Whether a cell is of another language."""
    return text.lstrip().startswith("%%")


def _files(paths: Sequence[str]) -> Iterator[Path]:
    for each in paths:
        path = Path(each)
        if path.is_dir():
            yield from sorted(
                p for p in path.rglob("*") if p.suffix in (".py", ".ipynb") and ".ipynb_checkpoints" not in p.parts
            )
        else:
            yield path


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m totalcloud.migrate", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("files", nargs="+", metavar="FILE", help="scripts, notebooks, or folders of them")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--diff", action="store_true", help="show what would change (the default)")
    how.add_argument("--check", action="store_true", help="say which files would change, and end with 1 if any would")
    how.add_argument("--write", action="store_true", help="change the files")
    parser.add_argument("--backup", nargs="?", const=".bak", metavar="ENDING", help="keep a copy of what is changed")
    given = parser.parse_args(arguments)
    changed = failed = False
    for path in _files(given.files):
        try:
            file = File(path)
        except (OSError, SyntaxError, ValueError) as error:
            print(f"{path}: cannot be read: {error}", file=sys.stderr)
            failed = True
            continue
        changed = changed or file.changed
        if file.changed and given.check:
            print(f"{path}: would change")
        elif file.changed and given.write:
            file.write(given.backup)
            print(f"{path}: changed")
        elif file.changed:
            sys.stdout.write(file.diff())
        for line in file.said():
            print(line)
    if failed:
        return 2
    return 1 if changed and given.check else 0


if __name__ == "__main__":
    sys.exit(main())
