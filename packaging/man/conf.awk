# A manual page in mdoc from a configuration that explains itself, etc/NAME:
#
#	awk -f text.awk -f conf.awk -v sample=FILE -v date=… -v conf=… TEMPLATE
#
# In the sample "# words" explains what comes next; what else stands behind '#'
# is an option that is commented out, with its explanations.  The template's line
# @OPTIONS@ stands for all of it: words as paragraphs, options as they are
# written, and a heading for each group.

# One line of the sample: kind[i] is "word", "code" or "" for an empty one.
function add(line,    s) {
	s = line
	n++
	# The file's own '#' has no blank behind it, or two and more.
	if (s ~ /^#[^ ]/ || s ~ /^#  /)
		s = substr(s, 2)
	if (s ~ /^ *# /) {
		kind[n] = "word"
		sub(/^ *# /, "", s)
	} else if (s !~ /^ *#?$/) {
		kind[n] = "code"
		if (s ~ /^ *#/)
			sub(/#/, "", s)
	} else if (s ~ /#/ && kind[n - 1] == "word") {
		kind[n] = "word" # a new paragraph of one explanation
		s = ""
	}
	text[n] = s
}

# What the group that is opened in line i is.
function heading(i,    k, s) {
	s = text[i]
	if (s ~ /^[a-z_]+ = [{(]$/) {
		sub(/ = .*/, "", s)
		return (text[i] ~ /{$/ ? "The group " : "The list ") s
	}
	for (k = i + 1; s ~ /^ *{$/ && k <= n && text[k] !~ /^ *}/; k++)
		if (kind[k] == "code" && text[k] ~ /^ *format = /) {
			s = text[k]
			gsub(/^ *format = |[";]/, "", s)
			return "Upstreams of format " s
		}
	return ""
}

function set_mode(new) {
	if (mode == "code")
		print ".Ed"
	if (new == "code")
		print ".Bd -literal -offset indent"
	else if (new == "word")
		print ".Pp"
	mode = new
}

function print_sample(    i, s) {
	for (i = 1; i <= n; i++) {
		s = heading(i)
		if (s != "") {
			set_mode("")
			print ".Ss " s
		}
		if (kind[i] != mode)
			set_mode(kind[i])
		s = text[i]
		if (kind[i] == "word" && s == "")
			print ".Pp"
		else if (kind[i] != "")
			print escape(s)
	}
	set_mode("")
}

BEGIN {
	while ((getline line < sample) > 0)
		add(line)
	close(sample)
}
$0 == "@OPTIONS@" { print_sample(); next }
{
	gsub(/@DATE@/, date)
	gsub(/@CONF@/, conf)
	print
}
