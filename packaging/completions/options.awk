# Reads texts of --help, for the awk programs beside it.  A file's name is
# "ferry", "ferryd" or "ferry-COMMAND"; below, who is "", "ferryd" or COMMAND.
#
#	whose[1 … whose_n]		who has options, in the order of the files
#	option[who, 1 … options[who]]	--LIKE-THIS
#	value[who, option]		what follows it, or ""
#	saying[who, option]		the first line of what is said of it
#	word[who, 1 … words[who]]	what may stand first: commands, actions
#	word_saying[who, word]

function add_option(who, name) {
	if ((who, name) in value)
		return
	option[who, ++options[who]] = name
	value[who, name] = saying[who, name] = ""
}

function add_word(who, name) {
	if ((who, name) in word_saying)
		return
	word[who, ++words[who]] = name
	word_saying[who, name] = ""
}

# Options in a line, each with a value if a word in capitals, or a choice of
# words, follows it.
function read_options(who, line,    name) {
	while (match(line, /--[a-z][a-z-]*/)) {
		name = substr(line, RSTART, RLENGTH)
		line = substr(line, RSTART + RLENGTH)
		add_option(who, name)
		# "--bundle DIR|FILE…": a flag, and operands.
		if (line ~ /^ [A-Z]+(\|[A-Z]+)*…/)
			continue
		if (match(line, /^ ([A-Z]+|[a-z]+\|[a-z|]+)/) &&
		    value[who, name] == "")
			value[who, name] = substr(line, 2, RLENGTH - 1)
	}
}

# No quotes and no brackets: each shell has its own for them.
function plain(s) {
	gsub(/['"`\[\]:\\$]/, "", s)
	sub(/[;.,]$/, "", s)
	return s
}

FNR == 1 {
	who = FILENAME
	sub(/.*\//, "", who)
	sub(/^ferry-/, "", who)
	if (who == "ferry")
		who = ""
	whose[++whose_n] = who
	usage = 1
}
/^$/ { usage = 0; commands = 0 }
/^commands:/ { commands = 1; next }
usage {
	if (split($0, part, " ") > 0) {
		at = part[1] == "usage:" ? 4 : 3
		if (part[at - 1] == who && part[at] ~ /^\[?[a-z][a-z-]*\]?$/) {
			gsub(/[\[\]]/, "", part[at])
			add_word(who, part[at])
		}
	}
	read_options(who, $0)
}
commands && /^  [a-z]/ {
	text = $0
	sub(/^  [a-z-]+ +/, "", text)
	add_word(who, $1)
	word_saying[who, $1] = plain(text)
	next
}
!usage && /^  --/ {
	text = substr($0, 3)
	gap = match(text, /  +/)
	read_options(who, gap ? substr(text, 1, gap - 1) : text)
	if (gap && saying[who, $1] == "")
		saying[who, $1] = plain(substr(text, RSTART + RLENGTH))
}
!usage && /^  [a-z]/ {
	text = $0
	sub(/^  /, "", text)
	gap = match(text, /  +/)
	name = gap ? substr(text, 1, gap - 1) : text
	sub("^" who " ", "", name)
	if (gap && (who, name) in word_saying)
		word_saying[who, name] = plain(substr(text, RSTART + RLENGTH))
}

function is_file(what) {
	return what == "FILE" || what == "DIR" || what == "KEY"
}

# "read|write" as "read write".
function choices(what) {
	gsub(/\|/, " ", what)
	return what ~ /^[a-z ]+$/ ? what : ""
}
