# A manual page in mdoc from a template and the text of --help, so that the two
# say the same:
#
#	awk -f text.awk -f page.awk -v help=FILE -v name=… -v summary=… -v date=… TEMPLATE
#
# A help text is a usage, then paragraphs.  Lines that begin with two blanks are
# a list: what is explained, two blanks or more, the explanation, which goes on
# in lines that are further in.  A paragraph that begins "Exit status:" is a
# section of its own.
#
# In the template @NAME@, @TITLE@, @SUMMARY@, @DATE@ and @CONF@ (the
# configuration that is compiled in) stand for words, and the lines @USAGE@,
# @TEXT@, @STATUS@, @COMMANDS@ and @OPTIONS@ for parts of the help.

function read_help(    line, k) {
	while ((getline line < help) > 0)
		lines[++count] = line
	close(help)
	if (lines[1] !~ /^usage: /) {
		print "page.awk: " help " does not begin with a usage" > "/dev/stderr"
		exit failed = 1
	}
	for (k = 1; k <= count && lines[k] != ""; k++)
		usage_end = k
}

function print_usage(    k) {
	print ".Bd -literal"
	for (k = 1; k <= usage_end; k++)
		print escape(substr(lines[k], 8))
	print ".Ed"
}

# The list that begins at lines[k]; returns the first line after it.
function print_list(k,    rest, gap) {
	print ".Bl -tag -width Ds"
	for (; k <= count && lines[k] ~ /^  /; k++) {
		rest = substr(lines[k], 3)
		if (rest ~ /^ /) {
			sub(/^ +/, "", rest)
			print escape(rest)
			continue
		}
		gap = match(rest, /  +/)
		print ".It Sy \"\\&" escape(gap ? substr(rest, 1, gap - 1) : rest) "\""
		if (gap)
			print escape(substr(rest, RSTART + RLENGTH))
	}
	print ".El"
	return k
}

function is_status(line) {
	return line ~ /^[Ee]xit status: /
}

# Paragraphs and lists; of statuses only those, or none.
function print_text(status,    k, skip, first, line) {
	first = 1
	for (k = usage_end + 1; k <= count; ) {
		line = lines[k]
		if (line == "") {
			skip = 0
			k++
			continue
		}
		if (lines[k - 1] == "") {
			skip = is_status(line) != status
			if (!skip && !first && line !~ /^  /)
				print ".Pp"
			if (!skip)
				first = 0
		}
		if (skip) {
			k++
		} else if (line ~ /^  /) {
			k = print_list(k)
		} else {
			if (is_status(line)) {
				sub(/^[Ee]xit status: /, "", line)
				line = toupper(substr(line, 1, 1)) substr(line, 2)
			}
			print escape(line)
			k++
		}
	}
}

# The list below the line that begins with a word.
function print_part(word,    k) {
	for (k = usage_end; k <= count; k++)
		if (index(lines[k], word) == 1) {
			print_list(k + 1)
			return
		}
	print "page.awk: " help " has no " word > "/dev/stderr"
	exit failed = 1
}

# Without a page for each, the list would be of no use.
function print_commands(    k, rest, gap) {
	print ".Bl -tag -width Ds"
	for (k = usage_end; k <= count && lines[k] != "commands:"; k++)
		;
	for (k++; lines[k] ~ /^  /; k++) {
		rest = substr(lines[k], 3)
		gap = match(rest, / +/)
		print ".It Xr ferry\\-" substr(rest, 1, gap - 1) " 1"
		print escape(substr(rest, RSTART + RLENGTH))
	}
	print ".El"
}

function has_status(    k) {
	for (k = 1; k <= count; k++)
		if (is_status(lines[k]))
			return 1
	return 0
}

BEGIN { read_help() }
$0 == "@USAGE@" { print_usage(); next }
$0 == "@TEXT@" { print_text(0); next }
$0 == "@COMMANDS@" { print_commands(); next }
$0 == "@OPTIONS@" { print_part(options); next }
$0 == "@STATUS@" {
	if (has_status()) {
		print ".Sh EXIT STATUS"
		print_text(1)
	}
	next
}
{
	gsub(/@NAME@/, name)
	gsub(/@TITLE@/, toupper(name))
	gsub(/@SUMMARY@/, summary)
	gsub(/@DATE@/, date)
	gsub(/@CONF@/, conf)
	print
}
