"""The oldest browsers that the book is made for, and what they do not have."""

import json

OLDEST = {"Chrome": "111", "Firefox": "113", "Safari": "16.4"}
"""The README names them."""

NEWER = {
    "Array": ["fromAsync"],
    "Array.prototype": ["toReversed", "toSorted", "toSpliced", "with"],
    "Uint8Array.__proto__.prototype": ["toReversed", "toSorted", "with"],
    "Uint8Array": ["fromBase64", "fromHex"],
    "Uint8Array.prototype": ["setFromBase64", "setFromHex", "toBase64", "toHex"],
    "ArrayBuffer.prototype": ["resize", "transfer", "transferToFixedLength"],
    "Atomics": ["pause", "waitAsync"],
    "Error": ["isError"],
    "Intl": ["DurationFormat", "Segmenter"],
    "Iterator": ["concat", "from", "zip"],
    "Iterator.prototype": [
        *("drop", "every", "filter", "find", "flatMap"),
        *("forEach", "map", "reduce", "some", "take", "toArray"),
    ],
    "JSON": ["isRawJSON", "rawJSON"],
    "Map": ["groupBy"],
    "Map.prototype": ["getOrInsert", "getOrInsertComputed"],
    "Math": ["f16round", "sumPrecise"],
    "Object": ["groupBy"],
    "Promise": ["try", "withResolvers"],
    "RegExp": ["escape"],
    "Set.prototype": [
        *("difference", "intersection", "isDisjointFrom", "isSubsetOf", "isSupersetOf"),
        *("symmetricDifference", "union"),
    ],
    "String.prototype": ["isWellFormed", "toWellFormed"],
    "AbortSignal": ["any"],
    "Blob.prototype": ["bytes"],
    "Response.prototype": ["bytes"],
    "URL": ["canParse", "parse"],
    "Document": ["parseHTMLUnsafe"],
    "Document.prototype": ["caretPositionFromPoint", "startViewTransition"],
    "Element.prototype": [
        *("computedStyleMap", "getHTML", "moveBefore", "scrollIntoViewIfNeeded"),
        *("setHTML", "setHTMLUnsafe"),
    ],
    "HTMLDialogElement.prototype": ["requestClose"],
    "HTMLElement.prototype": ["hidePopover", "showPopover", "togglePopover"],
    "HTMLSelectElement.prototype": ["showPicker"],
    "globalThis": [
        *("CloseWatcher", "Float16Array", "Highlight", "Iterator", "Sanitizer", "cookieStore"),
        *("navigation", "requestIdleCallback", "scheduler", "trustedTypes"),
    ],
}
"""What at least one of them lacks, by what has it in newer ones.

The tests themselves use ``checkVisibility``, which belongs here too.
"""

_TAKE = f"""
    for (const [path, names] of Object.entries({json.dumps(NEWER)})) {{
        const owner = path === "globalThis" ? globalThis
            : path.split(".").reduce((found, name) => found?.[name], globalThis);
        for (const name of names) if (owner) delete owner[name];
    }}
"""


def in_workers(script: str) -> str:
    """Return a script for a page: its workers, which start from a text, begin with `script`."""
    return f"""
        globalThis.Blob = class extends Blob {{
            constructor(parts, options) {{
                const code = options?.type === "text/javascript";
                super(code ? [{json.dumps(script)}, ...parts] : parts, options);
            }}
        }};
    """


TAKE_AWAY = _TAKE + in_workers(_TAKE)
"""A script that takes it away from a page and its workers."""
