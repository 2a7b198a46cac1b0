"""`python -m retrieval "question"`: one question at the command line, `--json` for programs."""

import argparse
import json
import sys

from index import AskError, PassageIndex, read_documents
from retrieval.answer import MAX_CITATIONS, ask
from retrieval.render import to_terminal


def main(arguments: list[str] | None = None) -> int:
    """Print the answer; 0 when it was found, 1 when the documents do not say, 2 on an error."""
    parser = argparse.ArgumentParser(prog="python -m retrieval", description="Ask the documents one question.")
    parser.add_argument("question")
    parser.add_argument("--documents", metavar="PATH", help="a file or folder to ask instead of seeds/")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.add_argument("-k", type=int, default=3, help=f"citations at most, up to {MAX_CITATIONS} (default 3)")
    options = parser.parse_args(arguments)
    try:
        passage_index = PassageIndex.build(read_documents(options.documents)) if options.documents else None
        answer = ask(options.question, passage_index=passage_index, k=options.k)
    except AskError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(answer.to_dict(), ensure_ascii=False) if options.json else to_terminal(answer, color=sys.stdout.isatty()))
    return 0 if answer.found else 1


if __name__ == "__main__":
    sys.exit(main())
