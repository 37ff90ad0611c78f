# Prints the command of README.md's test section: the one line of the first ```sh block under "## Test".
# Fails where the block is missing, empty or longer. Used by .ci/run and by tests/repository/test_readme.py.

/^```/ {
    fenced = !fenced
    wanted = fenced && in_section && !seen && $0 == "```sh"
    if (wanted) seen = 1
    next
}
!fenced && /^##? / { in_section = ($0 == "## Test") }
wanted { print; lines++ }
END { exit lines == 1 ? 0 : 1 }
