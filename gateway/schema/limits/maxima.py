"""The figures: what operators set, and what follows from the cost of graphql-core's work.

Each guards the event loop, which all callers share. Costs were measured on one 2 GHz core with Python 3.11 and
graphql-core 3.3.2, over this schema.
"""

from typing import NamedTuple

from graphql.language.parser import MAX_NESTING_DEPTH


class DocumentLimits(NamedTuple):
    """What operators set.

    Attributes:
        depth: levels of fields, the innermost included; those below `__schema` and `__type` do not count.
        aliases: of one operation; those of a fragment count as often as it is spread.
        tokens: as the lexer reads them, comments included.
        document_bytes: of the document's text in UTF-8.
    """

    depth: int = 15
    aliases: int = 250
    tokens: int = 6000
    document_bytes: int = 64 * 1024


# Selection sets within each other, through fragments too, and lists within lists. graphql-core gives up beyond it, so
# as not to run out of stack.
NESTING = MAX_NESTING_DEPTH

# Operations of a document. Each is validated with all that it spreads: 1,190 short ones took 290 ms. Clients send one;
# a file of examples in GraphiQL has some.
OPERATIONS = 50

# Values in one literal of a list or an object. An error about any of them prints the whole literal: 1,900 unknown
# members took 3.6 s. The longest that is of use has 100 ids; programs send variables.
LITERAL_VALUES = 250

# Values in all variables of a request, lists and objects included. Ten lists of 100 ids.
VARIABLE_VALUES = 1000

# Units of work in comparing fields of the same response name, as graphql-core counts them: two for each pair of
# fields or fragments. It allows 500,000, which took from 1.2 to 2 s; 30,000 took 60 to 260 ms. Clients come nowhere
# near: names that occur once are not compared, and 40 fragments side by side, each with the same three fields, take
# 9,000.
OVERLAP_UNITS = 12_000

# Values of an answer, estimated before anything runs. Each takes 5 to 10 µs to complete, without a pause where
# invoices are kept already. A page of 100 invoices with every member is estimated at 6,000, the whole introspection
# of GraphiQL at 23,000.
ANSWER_VALUES = 50_000

# What looking through the whole collection counts as, for a filter or for totals: 20,000 invoices take 60 ms. Twelve
# months with their totals count as 24,000.
SCAN_VALUES = 1000

# Errors told about one document. Each may search for names that were meant (3 ms) or print a literal (5 ms).
ERRORS = 20

# Documents kept, parsed and validated; clients send a few dozen.
KEPT_DOCUMENTS = 256

# Characters of all documents kept. A character takes up to 220 bytes, parsed (most in documents of one-letter names),
# so no more than 30 MB are taken.
KEPT_CHARACTERS = 128 * 1024
